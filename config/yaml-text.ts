/** YAML 1.2 (only importer of yaml). Tags that the core schema does not know are faults, and aliases are bounded. */
import { isMap, isNode, isScalar, isSeq, Lexer, LineCounter, type Node, parseDocument } from "yaml";
import type { Json } from "../core/contract/messages.ts";
import type { KeyPath } from "./fragment.ts";
import type { Fault, ParsedFile } from "./parsed-file.ts";

export function parseYaml(text: string): ParsedFile {
  const tooDeep = findTooDeep(text);
  if (tooDeep) return { data: undefined, faults: [tooDeep], lineOf: () => undefined };
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: "1.2", uniqueKeys: true });
  const faults: Fault[] = [...document.errors, ...document.warnings].map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { message: error.message, line, column: col };
  });
  let data: Json | undefined;
  if (faults.length === 0) {
    try {
      // Through JSON, so that what JSON cannot say (.nan, big integers) is null and then refused by the schema.
      data = JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: 100 }) ?? {})) as Json;
    } catch (error) {
      faults.push({ message: error instanceof Error ? error.message : String(error), line: 1, column: 1 });
    }
  }
  return { data, faults, lineOf: (path) => lineOf(document.contents, path, lines) };
}

/** Many times what a config needs. The parser calls itself for each level: it would end in a full stack and a fault for each. */
const deepest = 64;

/** Where a level too many begins: of brackets, or of block entries, told by their columns. Stops there. */
function findTooDeep(text: string): Fault | undefined {
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
    if (brackets + columns.length > deepest)
      return { message: `more than ${deepest} levels inside each other`, line, column: column + 1 };
    const end = token.lastIndexOf("\n");
    column = end === -1 ? column + token.length : token.length - end - 1;
    if (end !== -1) line += token.split("\n").length - 1;
  }
  return undefined;
}

function lineOf(root: Node | null, path: KeyPath, lines: LineCounter): number | undefined {
  let node: unknown = root;
  let offset = root?.range?.[0];
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part);
      if (pair === undefined) break;
      offset = isScalar(pair.key) ? pair.key.range?.[0] : offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      offset = isNode(node) ? node.range?.[0] : offset;
    } else break;
  }
  return offset === undefined ? undefined : lines.linePos(offset).line;
}
