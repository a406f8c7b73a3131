/** YAML 1.2 (only importer of yaml). Tags that the core schema does not know are faults, and aliases are bounded. */
import { isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { Json } from "../core/contract/messages.ts";
import type { KeyPath } from "./fragment.ts";
import type { Fault, ParsedFile } from "./parsed-file.ts";

export function parseYaml(text: string): ParsedFile {
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
