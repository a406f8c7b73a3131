/** Which entries of `mcpServers` stand for themselves. */
import type { Json } from "../core/contract/messages.ts";
import { isObject } from "./data.ts";

/** Whether it says what to start or where to go; else it changes settings of a lower layer's. */
export function isWhole(entry: Json): boolean {
  return isObject(entry) && (Object.hasOwn(entry, "command") || Object.hasOwn(entry, "url"));
}
