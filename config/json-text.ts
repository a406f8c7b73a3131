/** JSON with comments and trailing commas (only importer of jsonc-parser for reading). */
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import type { Json } from "../core/contract/messages.ts";
import { deepest, type KeyPath } from "./data.ts";
import type { Fault, ParsedFile } from "./parsed-file.ts";

export function parseJson(text: string): ParsedFile {
  const body = text.startsWith("\uFEFF") ? ` ${text.slice(1)}` : text;
  const tooDeep = findTooDeep(body);
  if (tooDeep) return { data: undefined, faults: [tooDeep], lineOf: () => undefined };
  const errors: ParseError[] = [];
  const root = parseTree(body, errors, { allowTrailingComma: true });
  const faults = errors.map(({ error, offset }) => faultAt(body, offset, sentence(printParseErrorCode(error))));
  const data = root === undefined ? undefined : jsonOf(root, body, faults);
  const starts = lineStarts(body);
  if (data === undefined && faults.length === 0) faults.push(faultAt(body, 0, "there is no value in it"));
  return {
    data: faults.length > 0 ? undefined : data,
    faults,
    lineOf: (path) => (root === undefined ? undefined : lineOf(root, starts, path)),
  };
}

/** Strings and comments, also unfinished ones, so that none is looked through twice; and brackets. */
const tokens = /"(?:[^"\\\n]|\\.)*"?|\/\/.*|\/\*[\s\S]*?(?:\*\/|$)|[[\]{}]/g;

function findTooDeep(text: string): Fault | undefined {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth--;
    if (depth > deepest) return faultAt(text, index, `more than ${deepest} levels inside each other`);
  }
  return undefined;
}

/** Not the parser's own: that one lets a second key of the same name hide the first, and `__proto__` change the object. */
function jsonOf(node: Node, text: string, faults: Fault[]): Json {
  if (node.type === "array") return (node.children ?? []).map((child) => jsonOf(child, text, faults));
  if (node.type !== "object") return node.value as Json;
  const entries: [string, Json][] = [];
  const seen = new Set<string>();
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) continue;
    const name = String(key.value);
    if (seen.has(name)) faults.push(faultAt(text, key.offset, `${JSON.stringify(name)} is written twice`));
    seen.add(name);
    entries.push([name, jsonOf(value, text, faults)]);
  }
  return Object.fromEntries(entries);
}

function lineOf(root: Node, starts: readonly number[], path: KeyPath): number {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(root, path.slice(0, length));
    if (node === undefined) continue;
    return lineAt(starts, node.parent?.type === "property" ? node.parent.offset : node.offset);
  }
  return lineAt(starts, root.offset);
}

/** Every element of a config is asked for its line: the lines are counted once. */
function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function lineAt(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function faultAt(text: string, offset: number, message: string): Fault {
  const before = text.slice(0, offset).split("\n");
  return { message, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** `CloseBraceExpected` → `close brace expected`. */
function sentence(code: string): string {
  return code
    .replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/^[A-Z]/, (letter) => letter.toLowerCase());
}
