/**
 * JSON without comments, read without the parser that takes them and costs a start 8 ms. What this does not take for certain is
 * that parser's to judge, and to tell the faults of.
 */
import type { Json } from "../core/contract/messages.ts";
import { deepest, type KeyPath } from "./data.ts";
import type { ParsedFile } from "./parsed-file.ts";

/** Undefined: it is no plain JSON, a key is written twice, or it is nested too deeply. */
export function parsePlainJson(text: string): ParsedFile | undefined {
  let data: Json;
  try {
    data = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  const lines = linesOfKeys(text);
  if (lines === undefined) return undefined;
  const lineOf = (path: KeyPath): number | undefined => {
    const keys = path.map(String);
    while (keys.length > 0 && !lines.has(JSON.stringify(keys))) keys.pop();
    return lines.get(JSON.stringify(keys));
  };
  return { data, faults: [], lineOf };
}

/** Strings, brackets and commas: all that decides where a key stands in a text that JSON.parse has taken. */
const tokens = /"(?:[^"\\]|\\.)*"|[[\]{},\n]/g;

interface Level {
  isObject: boolean;
  /** Of what is next: the key or place that was read last. */
  at: string;
  place: number;
  isKeyNext: boolean;
}

/** By the path of the key, as JSON; the whole has the empty path. */
function linesOfKeys(text: string): ReadonlyMap<string, number> | undefined {
  const lines = new Map<string, number>();
  const levels: Level[] = [];
  const pathNow = (): string => JSON.stringify(levels.map(({ at }) => at));
  let line = 1;
  for (const [token] of text.matchAll(tokens)) {
    const level = levels.at(-1);
    if (token === "\n") line++;
    else if (token === "{" || token === "[") {
      if (levels.length === 0) lines.set("[]", line);
      if (levels.length === deepest) return undefined;
      levels.push({ isObject: token === "{", at: "0", place: 0, isKeyNext: token === "{" });
    } else if (token === "}" || token === "]") levels.pop();
    else if (level === undefined) continue;
    else if (token === ",") {
      level.isKeyNext = level.isObject;
      if (!level.isObject) level.at = String(++level.place);
    } else if (level.isKeyNext) {
      level.isKeyNext = false;
      level.at = JSON.parse(token) as string;
      if (lines.has(pathNow())) return undefined;
      lines.set(pathNow(), line);
    }
  }
  return lines;
}
