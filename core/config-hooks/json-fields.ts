/** Reading fields of a hook's JSON: what is of the wrong type is said, never passed over. */
import type { Json, JsonObject } from "../contract/messages.ts";
import { didYouMean } from "../contract/nearest.ts";
import type { HookReply } from "./hook-reply.ts";
import { saidText } from "./said-text.ts";

export interface Spoken {
  reply: Omit<HookReply, "failed" | "undecided">;
  violations: string[];
  /** A decision was meant that the format does not have. */
  unreadable?: string;
  /** At least one field of the format is there. */
  known: boolean;
}

export function unreadable(spoken: Spoken, what: string): void {
  spoken.violations.push(what);
  spoken.unreadable ??= what;
}

export function unknownKeys(object: JsonObject, known: readonly string[], where: string, violations: string[]): void {
  for (const key of Object.keys(object)) {
    if (!known.includes(key)) violations.push(`${where} has no field ${saidText(key).slice(0, 80)}.${didYouMean(key, known)}`);
  }
}

export function textAt(object: JsonObject, key: string, violations: string[]): string | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value === "" ? undefined : saidText(value);
  violations.push(`${key} is ${shown(value)}; it must be a string`);
  return undefined;
}

export function flagAt(object: JsonObject, key: string, violations: string[]): boolean {
  const value = object[key];
  if (value !== undefined && typeof value !== "boolean") violations.push(`${key} is ${shown(value)}; it must be true or false`);
  return value === true;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function shown(value: Json): string {
  const text = saidText(JSON.stringify(value));
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
