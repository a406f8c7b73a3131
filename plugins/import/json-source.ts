/** JSON of others as data with lines. Of a key that is written twice the last counts, as it does where the file is from. */

import type { Json } from "gantry/plugin";
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { lineIndex } from "./line-index.ts";
import type { Fault, ParsedSource } from "./source-file.ts";

const deepest = 100;

/** `relaxed`: comments and trailing commas are part of the format. */
export function parseJsonSource(text: string, format: "strict" | "relaxed" = "strict"): ParsedSource | Fault {
  const body = text.startsWith("\uFEFF") ? ` ${text.slice(1)}` : text;
  if (body.trim() === "") return { data: {}, lineOf: () => 1 };
  const deep = tooDeepAt(body);
  if (deep !== undefined) return { line: lineIndex(body)(deep), message: `more than ${deepest} levels inside each other` };
  const errors: ParseError[] = [];
  const isRelaxed = format === "relaxed";
  const root = parseTree(body, errors, { allowTrailingComma: isRelaxed, disallowComments: !isRelaxed });
  const [error] = errors;
  if (error !== undefined || root === undefined) return { line: lineIndex(body)(error?.offset ?? 0), message: words(error) };
  const lineAt = lineIndex(body);
  const latest = (path: readonly (string | number)[]): Node => nearestNode(root, path);
  return { data: jsonOf(root), lineOf: (path) => lineAt(latest(path).offset) };
}

/** Not the parser's own: there `__proto__` changes the object. */
function jsonOf(node: Node): Json {
  if (node.type === "array") return (node.children ?? []).map(jsonOf);
  if (node.type !== "object") return node.value as Json;
  return Object.fromEntries(
    (node.children ?? []).flatMap(({ children: [key, value] = [] }) =>
      key === undefined || value === undefined ? [] : [[String(key.value), jsonOf(value)] as const],
    ),
  );
}

/** The key's own place, where it is one of an object; the last of several. */
function nearestNode(root: Node, path: readonly (string | number)[]): Node {
  let node = root;
  let place = root;
  for (const part of path) {
    const property =
      typeof part === "string" && node.type === "object"
        ? node.children?.findLast((child) => child.children?.[0]?.value === part)
        : undefined;
    const inner = typeof part === "number" ? findNodeAtLocation(node, [part]) : property?.children?.[1];
    if (inner === undefined) break;
    place = property ?? inner;
    node = inner;
  }
  return place;
}

/** Strings, also unfinished ones, and brackets. */
const tokens = /"(?:[^"\\\n]|\\.)*"?|[[\]{}]/g;

function tooDeepAt(text: string): number | undefined {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth--;
    if (depth > deepest) return index;
  }
  return undefined;
}

function words(error: ParseError | undefined): string {
  if (error === undefined) return "there is no value in it";
  const code = printParseErrorCode(error.error);
  if (code === "InvalidCommentToken") return "it holds a comment, which this format has not: the agent itself does not read it";
  return code
    .replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/^[A-Z]/, (letter) => letter.toLowerCase());
}
