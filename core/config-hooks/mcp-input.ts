/** The input of an mcp_tool hook's call: `${tool_input.x}` in its texts stands for what the event's input has there. */
import { isObject, type Json, type JsonObject } from "../contract/messages.ts";

const placeholder = /\$\{([\w-]+(?:\.[\w-]+)*)\}/g;
const maxDepth = 32;

/** A text that is one placeholder becomes the value itself, of whatever kind; inside a text what is no text is its JSON. */
export function expandInput(input: JsonObject, about: JsonObject): { input: JsonObject; problems: string[] } {
  const problems = new Set<string>();
  const valueAt = (path: string): Json => {
    const value = path.split(".").reduce<Json | undefined>(stepInto, about);
    if (value === undefined) problems.add(`the event's input has no ${path}: it is empty`);
    return value ?? "";
  };
  const expand = (value: Json, depth: number): Json => {
    if (typeof value === "string") return expandText(value, valueAt);
    if (depth > maxDepth) return value;
    if (Array.isArray(value)) return value.map((each) => expand(each, depth + 1));
    return isObject(value) ? expandTable(value, (each) => expand(each, depth + 1)) : value;
  };
  return { input: expandTable(input, (each) => expand(each, 1)), problems: [...problems] };
}

function expandTable(table: JsonObject, expand: (value: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, expand(value)]));
}

function expandText(text: string, valueAt: (path: string) => Json): Json {
  const [whole, path] = new RegExp(`^${placeholder.source}$`).exec(text) ?? [];
  if (whole !== undefined && path !== undefined) return valueAt(path);
  return text.replace(placeholder, (_whole, inner: string) => {
    const value = valueAt(inner);
    return typeof value === "string" ? value : JSON.stringify(value);
  });
}

function stepInto(value: Json | undefined, key: string): Json | undefined {
  if (Array.isArray(value)) return /^\d+$/.test(key) ? value[Number(key)] : undefined;
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
