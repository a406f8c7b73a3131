/** YAML 1.2 as data with the line of every value (only importer of yaml in this plugin). */
import { isAlias, isMap, isNode, isScalar, isSeq, Lexer, LineCounter, type Node, parseDocument, visit } from "yaml";
import type { Json } from "../../../core/contract/messages.ts";
import { printed } from "../plain-text.ts";

export type DataPath = readonly (string | number)[];

export interface TextFault {
  line: number;
  message: string;
}

export interface ParsedText {
  /** Undefined where there are faults. */
  data: Json | undefined;
  faults: TextFault[];
  /** 1-based. */
  lineOf(path: DataPath): number;
}

export function parseText(text: string): ParsedText {
  const tooDeep = findTooDeep(text);
  if (tooDeep) return { data: undefined, faults: [tooDeep], lineOf: () => 1 };
  const lines = new LineCounter();
  // Keys given twice are found below: the parser compares each key of a map with each.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    version: "1.2",
    schema: "core",
    strict: true,
    uniqueKeys: false,
  });
  const lineAt: LineAt = (offset) => (offset === undefined ? 1 : Math.max(1, lines.linePos(offset).line));
  const faults = [...document.errors, ...document.warnings].map(
    ({ pos, message }): TextFault => ({ line: lineAt(pos[0]), message: message.split("\n")[0] ?? "" }),
  );
  faults.push(...refused(document, lineAt));
  if (faults.length === 0 && document.contents === null) faults.push({ line: 1, message: "the file is empty" });
  // Through JSON, so that what JSON cannot say (.nan, .inf) is null and then refused by the schema.
  const data = faults.length > 0 ? undefined : (JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: 0 }))) as Json);
  return { data, faults, lineOf: (path) => lineAt(offsetOf(document.contents, path)) };
}

type LineAt = (offset: number | undefined) => number;

/** What is YAML and means something that a reader of the line does not see. */
function refused(document: ReturnType<typeof parseDocument>, lineAt: LineAt): TextFault[] {
  const faults: TextFault[] = [];
  visit(document, {
    Alias: (_, { range }) => void faults.push({ line: lineAt(range?.[0]), message: "aliases (*name) are not followed" }),
    Map: (_, { items }) => void faults.push(...wrongKeys(items, lineAt)),
  });
  return faults;
}

function wrongKeys(items: readonly { key: unknown }[], lineAt: LineAt): TextFault[] {
  const first = new Map<string, number>();
  return items.flatMap(({ key }): TextFault[] => {
    if (!isScalar(key))
      return isNode(key) && !isAlias(key) ? [{ line: lineAt(key.range?.[0]), message: "a key is a plain text" }] : [];
    const line = lineAt(key.range?.[0]);
    const name = String(key.value);
    // As a key of an object it is set and not kept: what stands below it would be lost unseen.
    if (name === "__proto__") return [{ line, message: "the key __proto__ cannot be kept; use another name" }];
    const before = first.get(name);
    if (before === undefined) first.set(name, line);
    return before === undefined ? [] : [{ line, message: `the key ${printed(name)} is there twice, first in line ${before}` }];
  });
}

/** Many times what such a file needs. The parser calls itself for each level: it would end in a full stack and a fault for each. */
const deepest = 64;

/** Where a level too many begins: of brackets, or of block entries, told by their columns. Stops there. */
function findTooDeep(text: string): TextFault | undefined {
  const columns: number[] = [];
  let brackets = 0;
  let line = 1;
  let column = 0;
  for (const token of new Lexer().lex(text)) {
    if (/^[\u0002\u0018\u001f]$/.test(token)) continue;
    if (token === "[" || token === "{") brackets++;
    else if (token === "]" || token === "}") brackets = Math.max(0, brackets - 1);
    else if (brackets === 0 && token.trim() !== "" && !token.startsWith("#")) {
      while ((columns.at(-1) ?? -1) > column) columns.pop();
      if ((columns.at(-1) ?? -1) < column) columns.push(column);
    }
    if (brackets + columns.length > deepest) return { message: `more than ${deepest} levels inside each other`, line };
    const end = token.lastIndexOf("\n");
    column = end === -1 ? column + token.length : token.length - end - 1;
    if (end !== -1) line += token.split("\n").length - 1;
  }
  return undefined;
}

function offsetOf(root: Node | null, path: DataPath): number | undefined {
  let node: unknown = root;
  let offset = root?.range?.[0];
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (pair === undefined) break;
      offset = isScalar(pair.key) ? pair.key.range?.[0] : offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      offset = isNode(node) ? node.range?.[0] : offset;
    } else break;
  }
  return offset;
}
