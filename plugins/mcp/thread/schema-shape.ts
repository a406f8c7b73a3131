/** A schema of a server, as a plain copy within bounds: what people read in it is cleaned, what machines read is as it was. */
import type { Json, JsonObject } from "../../../core/contract/messages.ts";
import { cleanText } from "./clean-text.ts";

export const maxSchemaBytes = 64 * 1024;
export const maxSchemaLevels = 32;
const maxProse = 2000;

export type Shaped = { ok: true; schema: JsonObject } | { ok: false; why: string };

/** An object schema (`type: "object"`), or why it is none. */
export function shapeObjectSchema(value: unknown): Shaped {
  if (!isObject(value)) return { ok: false, why: "it is not an object" };
  if (value["type"] !== "object") return { ok: false, why: `its type is ${shown(value["type"])}, not "object"` };
  if (isDeeper(value, maxSchemaLevels)) return { ok: false, why: `it has more than ${maxSchemaLevels} levels` };
  const size = Buffer.byteLength(JSON.stringify(value));
  if (size > maxSchemaBytes) return { ok: false, why: `it has ${size} bytes, more than ${maxSchemaBytes}` };
  return { ok: true, schema: copy(value as JsonObject) as JsonObject };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Without recursion: what it is asked about may have a million levels. */
export function isDeeper(value: unknown, levels: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > levels) return true;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
  }
  return false;
}

function copy(value: Json): Json {
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== "object" || value === null) return value;
  // fromEntries, because assigning to a key `__proto__` would not make a key.
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, isProse(key, inner) ? cleanText(inner, maxProse) : copy(inner)]),
  );
}

function isProse(key: string, value: Json): value is string {
  return (key === "description" || key === "title") && typeof value === "string";
}

function shown(value: unknown): string {
  return value === undefined ? "absent" : (JSON.stringify(value)?.slice(0, 60) ?? typeof value);
}
