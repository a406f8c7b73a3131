/**
 * `.mcp.json` at the project root and the files of `--mcp-config`: `{mcpServers: {…}}`, or the bare map that is found in the wild.
 * The format is others', so what is not known in it is said and not read; what is known becomes entries of `mcpServers`.
 */
import { join, resolve } from "node:path";
import { GantryError } from "../core/contract/errors.ts";
import type { ConfigProblem } from "../core/contract/host.ts";
import type { Json, JsonObject } from "../core/contract/messages.ts";
import { printable } from "../core/contract/printable.ts";
import { kindOf, readText } from "./files.ts";
import { type Entry, type Fragment, isObject, type KeyPath } from "./fragment.ts";
import { entryKeys } from "./mcp-entries.ts";
import { isJsonText } from "./parsed-file.ts";
import { parsePlainJson } from "./plain-json.ts";
import { configError } from "./problems.ts";
import { readFiles } from "./read-files.ts";
import { mcpFileName } from "./server-layers.ts";
import { entriesOfAll } from "./sound-entries.ts";
import { readable, type SourceFile, type Sources } from "./sources.ts";

/** The project's own file; of the project layer, below Gantry's own file of it. A home folder is never a project. */
export async function projectMcpEntries(
  { project, home }: Pick<Sources, "project" | "home">,
  problems: ConfigProblem[],
): Promise<Entry[]> {
  const path = join(project.root, mcpFileName);
  const file: SourceFile = { layer: "project", path, base: project.root };
  if (project.isHome) {
    const message = "this file is not read: the home folder, and what is above it, is never a project";
    const hint = "gantry mcp add NAME --scope user adds a server for all your projects.";
    problems.push({ code: "CONFIG_INVALID", severity: "warning", message, file: path, hint });
    return [];
  }
  const found: ConfigProblem[] = [];
  const entries = await entriesIn(await readable(file, found), home, found);
  const isBroken = found.some(({ severity, code }) => severity !== "warning" && code !== requiredCode);
  if (isBroken) {
    // It holds no rules and no guards, and other clients write it: a run does not need it.
    problems.push(...found.map((problem) => leftOut(problem, path)));
    return [];
  }
  problems.push(...found);
  return [...entries, ...requiredIn(found, file)];
}

const requiredCode = "MCP_REQUIRED";

function leftOut(problem: ConfigProblem, file: string): ConfigProblem {
  if (problem.severity === "warning") return problem;
  const hint = "The run goes on without the servers of this file.";
  return {
    ...problem,
    code: "CONFIG_INVALID",
    severity: "warning",
    file,
    message: `${problem.message}; the file is left out`,
    hint,
  };
}

/** Wrong entries that are required: they wait for trust as sound ones do, and what is wrong in them counts when they have it. */
function requiredIn(found: readonly ConfigProblem[], { layer, path, base }: SourceFile): Entry[] {
  return found.flatMap(({ code, key, line }) => {
    if (code !== requiredCode || key === undefined) return [];
    const source = line === undefined ? path : `${path}:${line}`;
    return [{ key, value: { required: true }, from: { layer, source }, base, isElement: false }];
  });
}

/** What is required counts once the project is trusted; until then it is told. */
export function untilTrusted(problems: readonly ConfigProblem[], project: string): ConfigProblem[] {
  const file = join(project, mcpFileName);
  return problems.map((problem) =>
    problem.code === requiredCode && problem.file === file
      ? { ...problem, code: "CONFIG_INVALID", severity: "warning" }
      : problem,
  );
}

/** CONFIG_NOT_FOUND, CONFIG_INVALID where a file is not there or is none: who names a file wants what is in it. */
export async function flagMcpEntries(
  files: readonly string[],
  { cwd, home }: Pick<Sources, "cwd" | "home">,
  problems: ConfigProblem[],
): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const text of files) {
    const path = resolve(cwd, text);
    if ((await kindOf(path)) === undefined)
      throw new GantryError("CONFIG_NOT_FOUND", `--mcp-config ${text}: there is no ${path}`);
    const found: ConfigProblem[] = [];
    const given = await readable({ layer: "flag", path, base: cwd }, found);
    entries.push(...(await entriesIn(given, home, found)));
    const broken = found.filter(({ severity, key }) => severity !== "warning" && key === undefined);
    if (broken.length > 0) throw configError(broken);
    problems.push(...found);
  }
  return entries;
}

async function entriesIn(files: readonly SourceFile[], home: string, problems: ConfigProblem[]): Promise<Entry[]> {
  const fragments = (await Promise.all(files.map(async (file) => await fragmentsOf(file, problems)))).flat();
  return await entriesOfAll(
    fragments.flatMap((fragment) => translated(fragment, problems)),
    home,
    problems,
  );
}

/** Nearly every such file is plain JSON; what is not is read as all config files are. */
async function fragmentsOf(file: SourceFile, problems: ConfigProblem[]): Promise<Fragment[]> {
  const { layer, path, base } = file;
  const text = await readText(path).catch(() => undefined);
  const plain = text !== undefined && isJsonText(path, text) ? parsePlainJson(text) : undefined;
  if (plain?.data === undefined) return await readFiles([file], problems);
  return [{ layer, data: plain.data, name: path, base, lineOf: (at) => plain.lineOf(at) ?? 1 }];
}

function translated(fragment: Fragment, problems: ConfigProblem[]): Fragment[] {
  const { data } = fragment;
  const wrapped = isObject(data) && Object.hasOwn(data, "mcpServers");
  const map = wrapped ? data["mcpServers"] : data;
  const isMap = isObject(map) && (wrapped || Object.values(map).every(isObject));
  if (!isMap) {
    const message = 'this file has no servers: it must be {"mcpServers": {"name": {…}}}';
    problems.push({ code: "CONFIG_INVALID", message, file: fragment.name, line: 1 });
    return [];
  }
  if (wrapped) problems.push(...otherKeys(data, fragment));
  const lineOf = (path: KeyPath): number | undefined => fragment.lineOf(wrapped ? path : path.slice(1));
  const own: Fragment = { ...fragment, lineOf };
  const servers = Object.entries(map).map(([name, entry]) => [
    name,
    isObject(entry) ? ours(name, entry, own, problems) : entry,
  ]);
  return [{ ...own, data: { mcpServers: Object.fromEntries(servers) as JsonObject } }];
}

function otherKeys(data: JsonObject, { name, lineOf }: Fragment): ConfigProblem[] {
  return Object.keys(data)
    .filter((key) => key !== "mcpServers" && key !== "$schema")
    .map((key) => {
      const line = lineOf([key]);
      const message = `${printable(key.slice(0, 80))} is not read: of this file only mcpServers is`;
      return { code: "CONFIG_INVALID", severity: "warning", message, file: name, ...(line === undefined ? {} : { line }) };
    });
}

/** Words of other clients for what we have: the registry's name of a transport, a server that is switched off. */
const types: Readonly<Record<string, string>> = { "streamable-http": "http", streamableHttp: "http", "http-stream": "http" };

function ours(name: string, entry: JsonObject, fragment: Fragment, problems: ConfigProblem[]): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(entry)) {
    if (key === "type" && typeof value === "string") kept[key] = Object.hasOwn(types, value) ? (types[value] ?? value) : value;
    else if (key === "disabled" && typeof value === "boolean") kept["enabled"] ??= !value;
    else if (key === "env" && isObject(value))
      kept[key] = Object.fromEntries(Object.entries(value).map(([each, said]) => [each, asText(said)]));
    else if (entryKeys.includes(key) || key === "headersHelper") kept[key] = value;
    else if (key !== "description") problems.push(notRead(name, key, fragment));
  }
  return kept;
}

function asText(value: Json): Json {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}

function notRead(name: string, key: string, fragment: Fragment): ConfigProblem {
  const line = fragment.lineOf(["mcpServers", name, key]);
  return {
    code: "CONFIG_INVALID",
    severity: "warning",
    message: `MCP server ${printable(name.slice(0, 80))}: ${printable(key.slice(0, 80))} is not read`,
    file: fragment.name,
    ...(line === undefined ? {} : { line }),
    key: `mcpServers.${name}`,
  };
}
