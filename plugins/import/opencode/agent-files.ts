/**
 * Agents as Markdown files: what stands in YAML between two lines of `---` at the beginning is the same as an agent's entry in JSON.
 * Only that of the agent that sessions start with is read; one that cannot be read for certain is broken. Source: docs/agents.
 */
import path from "node:path";
import type { Json } from "gantry/plugin";
import { isAlias, isMap, isScalar, LineCounter, type Node, parseDocument, visit } from "yaml";
import { isObject, objectOf, own } from "../fields.ts";
import type { SourceState } from "../findings.ts";
import { listFiles } from "../folder.ts";
import { type Fault, type ParsedSource, readSource } from "../source-file.ts";
import type { Table } from "../table.ts";

interface Ground {
  within?: string;
  files: SourceState[];
  /** Whether sessions start with the agent of this name. */
  isFirst(name: string): boolean;
}

const folders = ["agent", "agents", "mode", "modes"];

/** Each as a config that holds this agent only. */
export async function agentTables(folder: string, { within, files, isFirst }: Ground): Promise<Table[]> {
  const tables: Table[] = [];
  for (const name of folders) {
    const place = path.join(folder, name);
    const listing = await listFiles(place, { ending: /\.md$/, depth: 3, within });
    if (listing.problem !== undefined) files.push({ path: place, state: "broken", problem: listing.problem });
    for (const file of listing.files) {
      const agent = file.replace(/\.md$/, "");
      if (!isFirst(agent) && !isFirst(path.basename(agent))) continue;
      const source = await readSource(path.join(place, file), parseFrontmatter, within);
      if (source.state === "broken") files.push({ path: source.path, state: "broken", problem: source.problem });
      if (source.state !== "read") continue;
      files.push({ path: source.path, state: "read" });
      const data = { agent: { [firstName(agent, isFirst)]: source.data } };
      tables.push({ path: source.path, data, lineOf: (keys) => source.lineOf(keys.slice(2)) });
    }
  }
  return tables;
}

function firstName(agent: string, isFirst: Ground["isFirst"]): string {
  return isFirst(agent) ? agent : path.basename(agent);
}

const fence = /^---[ \t]*\r?\n([\s\S]*?)^---[ \t]*$/m;

/** Nothing where the file begins with something else. */
export function parseFrontmatter(text: string): ParsedSource | Fault {
  const body = text.startsWith("\uFEFF") ? text.slice(1) : text;
  if (!body.startsWith("---")) return { data: {}, lineOf: () => 1 };
  const found = fence.exec(body);
  if (found === null || found.index !== 0)
    return { line: 1, message: "what begins with --- is not YAML up to a second line of ---" };
  const lines = new LineCounter();
  const document = parseDocument(found[1] ?? "", { lineCounter: lines, prettyErrors: false, version: "1.2", uniqueKeys: true });
  const lineAt = (offset: number): number => lines.linePos(offset).line + 1;
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) return { line: lineAt(fault.pos[0]), message: fault.message.split("\n")[0] ?? "it is no YAML" };
  const unplain = unplainAt(document.contents);
  if (unplain !== undefined)
    return { line: lineAt(unplain), message: "an alias, anchor, tag or key that is no text is not read" };
  const data = (document.toJS({ maxAliasCount: 0 }) ?? {}) as Json;
  if (!isObject(data)) return { line: 2, message: "it holds no keys" };
  return { data, lineOf: (keys) => lineAt(offsetOf(document.contents, keys)) };
}

/** Where something stands that readers of YAML take in different ways. */
function unplainAt(root: Node | null): number | undefined {
  let found: number | undefined;
  if (root === null) return undefined;
  visit(root, {
    Node: (_, node) => {
      const isPlain = !isAlias(node) && node.anchor === undefined && node.tag === undefined;
      if (!isPlain) found ??= node.range?.[0] ?? 0;
    },
    Pair: (_, { key }) => {
      if (!isScalar(key) || typeof key.value !== "string" || key.value === "<<")
        found ??= isScalar(key) ? (key.range?.[0] ?? 0) : 0;
    },
  });
  return found;
}

function offsetOf(root: Node | null, keys: readonly (string | number)[]): number {
  let offset = 0;
  let node: unknown = root;
  for (const key of keys) {
    const pair = isMap(node) ? node.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined;
    if (pair === undefined) break;
    offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
    node = pair.value;
  }
  return offset;
}

/** The agent of the highest file that names one; where no agent is called so, or it may be any, `build` as well. */
export function firstAgent(tables: readonly Table[]): (name: string) => boolean {
  const named = tables.map(({ data }) => own(data, "default_agent")).findLast((value) => value !== undefined);
  if (named === undefined) return (name) => name === "build";
  if (typeof named !== "string" || named.includes("{")) return () => true;
  const isThere = tables.some(({ data }) => Object.hasOwn(objectOf(own(data, "agent")), named));
  return (name) => name === named || (name === "build" && !isThere);
}
