/** Data as a file says it, and the places in it. */
import type { JsonObject } from "../core/contract/messages.ts";

export type KeyPath = readonly (string | number)[];

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
