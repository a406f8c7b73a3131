/**
 * Makes plain data of whatever a plugin hands over, with bounds, before any of it is written: getters, toJSON and proxies
 * run here, once, in the plugin's own time. JSON's rules, but bytes and BigInt are refused where JSON would mangle them.
 */
import { maxValueChars } from "../../../core/contract/frames.ts";
import type { Json } from "../../../core/contract/messages.ts";
import { base64Of, isBytes } from "./bytes.ts";

const maxDepth = 64;

interface Copying {
  /** Names of the members on the way down, for messages. */
  way: string[];
  chars: number;
  allowBytes: boolean;
}

/** Throws TypeError for what cannot cross, naming the place; what a getter throws passes through. */
export function plainCopy(value: unknown, { allowBytes }: { allowBytes: boolean }): Json {
  return copyValue(value, "", { way: [], chars: 0, allowBytes }) ?? null;
}

function copyValue(given: unknown, key: string, copying: Copying): Json | undefined {
  const value = withoutToJson(given, key);
  switch (typeof value) {
    case "string":
      count(copying, value.length + 3);
      return value;
    case "number":
      count(copying, 8);
      return Number.isFinite(value) ? value : null;
    case "boolean":
      count(copying, 5);
      return value;
    case "bigint":
      throw refused("is a BigInt, which JSON does not know; write it as a text", copying);
    case "object":
      return value === null ? null : copyObject(value, copying);
    default:
      return undefined;
  }
}

function withoutToJson(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return value;
  const toJson: unknown = (value as { toJSON?: unknown }).toJSON;
  return typeof toJson === "function" ? Reflect.apply(toJson, value, [key]) : value;
}

function copyObject(value: object, copying: Copying): Json {
  if (isBytes(value)) return copyBytes(value, copying);
  if (copying.way.length >= maxDepth) throw refused(`lies deeper than ${maxDepth} levels, or in a circle`, copying);
  return Array.isArray(value) ? copyArray(value, copying) : copyRecord(value as Record<string, unknown>, copying);
}

function copyBytes(value: ArrayBuffer | ArrayBufferView, copying: Copying): Json {
  if (!copying.allowBytes) throw refused("holds bytes; hand back a text, or base64 in one", copying);
  const text = base64Of(value);
  count(copying, text.length + 14);
  return { $bytes: text };
}

function copyArray(value: readonly unknown[], copying: Copying): Json[] {
  const copy: Json[] = [];
  const { length } = value;
  for (let i = 0; i < length; i++) {
    count(copying, 5);
    copying.way.push(String(i));
    copy[i] = copyValue(value[i], String(i), copying) ?? null;
    copying.way.pop();
  }
  return copy;
}

function copyRecord(value: Record<string, unknown>, copying: Copying): Json {
  const copy: { [key: string]: Json } = {};
  for (const key of Object.keys(value)) {
    if (key === "__proto__") continue;
    copying.way.push(key);
    if (key === "$bytes") throw refused("has a name that is kept for bytes on the channel", copying);
    const member = copyValue(value[key], key, copying);
    copying.way.pop();
    if (member === undefined) continue;
    count(copying, key.length + 4);
    copy[key] = member;
  }
  return copy;
}

function count(copying: Copying, chars: number): void {
  copying.chars += chars;
  if (copying.chars > maxValueChars) throw refused(`makes the value longer than ${maxValueChars} characters`, copying);
}

function refused(problem: string, { way }: Copying): TypeError {
  const place = way.length === 0 ? "The value" : `${way.slice(0, 8).join(".").slice(0, 200)}${way.length > 8 ? "…" : ""}`;
  return new TypeError(`${place} ${problem}.`);
}
