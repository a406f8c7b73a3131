/**
 * TOML of others as data with lines. The parser tells a position only where it fails, so the line of a key is looked for in the
 * text: tables, dotted keys and tables of lists; what stands inside an inline value has the line of its key.
 */

import type { Json } from "gantry/plugin";
import { parse, TomlError } from "smol-toml";
import type { Fault, ParsedSource } from "./source-file.ts";

const deepest = 100;

export function parseTomlSource(text: string): ParsedSource | Fault {
  const body = text.startsWith("\uFEFF") ? ` ${text.slice(1)}` : text;
  try {
    const data = jsonOf(parse(body, { maxDepth: deepest }), 0);
    const lines = linesOf(body);
    return { data, lineOf: (path) => lineIn(lines, path) };
  } catch (error) {
    if (error instanceof TomlError) return { line: error.line, message: error.message.split("\n")[0] ?? "it is no TOML" };
    if (error instanceof RangeError) return { line: 1, message: `more than ${deepest} levels inside each other` };
    throw error;
  }
}

/** Dates as they are written; a table of the parser becomes an own object, whatever its keys are. */
function jsonOf(value: unknown, depth: number): Json {
  if (depth > deepest) throw new RangeError();
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value)) return value.map((each) => jsonOf(each, depth + 1));
  if (typeof value !== "object" || value === null || value instanceof Date) return String(value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, jsonOf(inner, depth + 1)]));
}

// ── Lines ────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Path = readonly (string | number)[];

function lineIn(lines: ReadonlyMap<string, number>, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const line = lines.get(JSON.stringify(path.slice(0, length)));
    if (line !== undefined) return line;
  }
  return 1;
}

const keyPart = /\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*/y;

/** The first line of each table, key and element of a list of tables. */
function linesOf(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  const counts = new Map<string, number>();
  let table: Path = [];
  let open = "";
  const tell = (path: Path, line: number): void => {
    for (let length = 1; length <= path.length; length++) {
      const key = JSON.stringify(path.slice(0, length));
      if (!lines.has(key)) lines.set(key, line);
    }
  };
  for (const [at, line] of text.split("\n").entries()) {
    if (open !== "") {
      open = stillOpen(line, open);
      continue;
    }
    const header = /^\s*(\[\[?)(.*)$/.exec(line);
    const keys = keysIn(header?.[2] ?? line);
    if (header !== null) {
      const inner = insideLists(keys.path, counts);
      table = header[1] === "[[" ? nextOf(inner, counts) : inner;
      tell(table, at + 1);
    } else if (keys.path.length > 0 && keys.rest.startsWith("=")) {
      tell([...table, ...keys.path], at + 1);
      open = stillOpen(keys.rest.slice(1), "");
    }
  }
  return lines;
}

function keysIn(text: string): { path: string[]; rest: string } {
  const path: string[] = [];
  let at = 0;
  for (;;) {
    keyPart.lastIndex = at;
    const found = keyPart.exec(text);
    if (found === null) break;
    path.push(found[1] ?? found[2] ?? found[3] ?? "");
    at = keyPart.lastIndex;
    if (text[at] !== ".") break;
    at++;
  }
  return { path, rest: text.slice(at) };
}

/** `[a.b]` after `[[a]]` is about the last element of `a`. */
function insideLists(names: readonly string[], counts: ReadonlyMap<string, number>): Path {
  let path: Path = [];
  for (const [at, name] of names.entries()) {
    path = [...path, name];
    const count = counts.get(JSON.stringify(path));
    if (count !== undefined && at < names.length - 1) path = [...path, count - 1];
  }
  return path;
}

function nextOf(path: Path, counts: Map<string, number>): Path {
  const key = JSON.stringify(path);
  const count = counts.get(key) ?? 0;
  counts.set(key, count + 1);
  return [...path, count];
}

/** What a line leaves unfinished: a text of several lines, or brackets (one sign for each). */
function stillOpen(line: string, before: string): string {
  let open = before;
  for (let at = 0; at < line.length; at++) {
    const three = line.slice(at, at + 3);
    if (open.endsWith('"""') || open.endsWith("'''")) {
      if (open.endsWith('"""') && line[at] === "\\") at++;
      else if (open.endsWith(three)) {
        open = open.slice(0, -3);
        at += 2;
      }
      continue;
    }
    const letter = line[at] ?? "";
    if (three === '"""' || three === "'''") {
      open += three;
      at += 2;
    } else if (letter === '"' || letter === "'") at = closeOf(line, at, letter);
    else if (letter === "#") break;
    else if (letter === "[" || letter === "{") open += letter;
    else if (letter === "]" || letter === "}") open = open.slice(0, -1);
  }
  return open;
}

function closeOf(line: string, start: number, quote: string): number {
  for (let at = start + 1; at < line.length; at++) {
    if (quote === '"' && line[at] === "\\") at++;
    else if (line[at] === quote) return at;
  }
  return line.length;
}
