/**
 * opencode. Order of work: every file that holds its config, from the lowest, and the two variables that do; then what each says,
 * with what the others hold; then what lies beside them. Sources: docs/config, docs/permissions, docs/mcp-servers of opencode.
 */
import path from "node:path";
import { ended, objectOf, own } from "../fields.ts";
import { type AgentConfig, type Finding, instructionFinding, type Layer, type Place, type SourceState } from "../findings.ts";
import { countedFolder, filesIn } from "../folder.ts";
import { parseJsonSource } from "../json-source.ts";
import { belowWhy, levelsOf, onlyRestricting } from "../levels.ts";
import { readTable, type Table } from "../table.ts";
import { agentTables, firstAgent } from "./agent-files.ts";
import { hasPermissions, settingsFindings } from "./settings.ts";

interface Ground {
  layer: Layer;
  file: string;
  within?: string;
  /** Of a folder below the root, so of a part of the project only. */
  isPart?: boolean;
}

type Folder = Omit<Ground, "file"> & { folder: string };
type Read = Omit<Ground, "file"> & { table: Table };

export async function readOpencode(place: Place): Promise<AgentConfig> {
  const files: SourceState[] = [];
  const { grounds, folders } = groundsOf(place);
  const inScope = ({ layer }: { layer: Layer }): boolean => (place.scope ?? layer) === layer;
  const read: Read[] = [];
  for (const { file, ...ground } of grounds.filter(inScope)) {
    const table = await readTable(file, { parse: relaxed, ...withinOf(ground), files });
    if (table !== undefined) read.push({ ...ground, table });
  }
  if (place.scope !== "project") read.push(...variablesOf(place, files));
  const isFirst = firstAgent(read.map(({ table }) => table));
  for (const { folder, ...ground } of folders.filter(inScope)) {
    const tables = await agentTables(folder, { ...withinOf(ground), files, isFirst });
    read.push(...tables.map((table) => ({ ...ground, table })));
  }
  const findings = settingsOf(read, { isScoped: place.scope !== undefined, isFirst });
  const beside = folders.filter((ground) => inScope(ground) && ground.isPart !== true);
  for (const { folder, layer } of beside) findings.push(...(await besides(folder, layer)));
  return { agent: "opencode", files, findings: ended([...findings, ...(await instructions(place))]) };
}

function settingsOf(
  read: readonly Read[],
  { isScoped, isFirst }: { isScoped: boolean; isFirst(name: string): boolean },
): Finding[] {
  const servers = [...new Set(read.flatMap(({ table }) => Object.keys(objectOf(own(table.data, "mcp")))))];
  // A file out of scope, or one that only opencode's server sends, may be merged in between.
  const isAlone = !isScoped && read.filter(({ table }) => hasPermissions(table)).length === 1;
  const findings: Finding[] = [];
  for (const { layer, table, isPart } of read) {
    const found = settingsFindings(table, { layer, servers, isAlone, isFirst });
    findings.push(...(isPart === true ? onlyRestricting(found, { why: belowWhy, before: findings }) : found));
  }
  return findings;
}

function withinOf({ within }: { within?: string | undefined }): { within?: string } {
  return within === undefined ? {} : { within };
}

const relaxed = (text: string) => parseJsonSource(text, "relaxed");
const names = ["opencode.json", "opencode.jsonc"];

function groundsOf(place: Place): { grounds: Ground[]; folders: Folder[] } {
  const { home, project, env, system = "/etc" } = place;
  const given = (name: string): string | undefined =>
    env[name] === undefined || env[name] === "" ? undefined : path.resolve(env[name]);
  const global = path.join(given("XDG_CONFIG_HOME") ?? path.join(home, ".config"), "opencode");
  const [single, folder] = [given("OPENCODE_CONFIG"), given("OPENCODE_CONFIG_DIR")];
  const levels = project === home ? [] : levelsOf(place);
  const user = { layer: "user" } as const;
  const of = (base: string, ground: Omit<Ground, "file">, files: readonly string[] = names): Ground[] =>
    files.map((name) => ({ ...ground, file: path.join(base, name) }));
  const inProject = (level: string): Omit<Ground, "file"> => ({ layer: "project", within: project, isPart: level !== project });
  const grounds = [
    ...of(global, user, ["config.json", ...names]),
    ...(single === undefined ? [] : [{ ...user, file: single }]),
    ...of(path.join(home, ".opencode"), user),
    ...levels.flatMap((level) => of(level, inProject(level))),
    ...levels.flatMap((level) => of(path.join(level, ".opencode"), inProject(level))),
    ...(folder === undefined ? [] : of(folder, user)),
    ...of(path.join(system, "opencode"), user),
  ];
  const folders: Folder[] = [
    { ...user, folder: global },
    { ...user, folder: path.join(home, ".opencode") },
    ...levels.map((level) => ({ ...inProject(level), folder: path.join(level, ".opencode") })),
    ...(folder === undefined ? [] : [{ ...user, folder }]),
    { ...user, folder: path.join(system, "opencode") },
  ];
  return { grounds, folders };
}

/** A whole config, and permissions alone, as a variable may hold them. */
function variablesOf({ env }: Place, files: SourceState[]): { layer: Layer; table: Table }[] {
  return ["OPENCODE_CONFIG_CONTENT", "OPENCODE_PERMISSION"].flatMap((name) => {
    const text = env[name];
    if (text === undefined || text === "") return [];
    const parsed = relaxed(text);
    if ("message" in parsed) {
      files.push({ path: name, state: "broken", problem: `${name}:${parsed.line}: ${parsed.message}` });
      return [];
    }
    files.push({ path: name, state: "read" });
    const data = name === "OPENCODE_PERMISSION" ? { permission: parsed.data } : objectOf(parsed.data);
    const table: Table = {
      path: name,
      data,
      lineOf: (keys) => parsed.lineOf(name === "OPENCODE_PERMISSION" ? keys.slice(1) : keys),
    };
    return [{ layer: "user" as const, table }];
  });
}

async function besides(folder: string, layer: Layer): Promise<Finding[]> {
  const noAgents =
    "Gantry has no agents of files in this build; of the one that sessions start with, what it denies or asks is taken over";
  const counted = [
    [["agents", "agent"], { kind: "agent", words: "agents", ending: /\.md$/, why: noAgents }],
    [["modes", "mode"], { kind: "agent", words: "modes", ending: /\.md$/, why: noAgents }],
    [
      ["commands", "command"],
      { kind: "command", words: "commands", ending: /\.md$/, why: "Gantry has no commands of files in this build" },
    ],
    [
      ["skills", "skill"],
      { kind: "skill", words: "skills", ending: /(?<=^SKILL)\.md$/, why: "Gantry has no skills in this build" },
    ],
    [
      ["tools", "tool"],
      { kind: "other", words: "tools", ending: /\.[jt]s$/, why: "Gantry takes tools from MCP servers and plugins" },
    ],
    [
      ["plugins", "plugin"],
      {
        kind: "other",
        words: "plugins",
        ending: /\.[jt]s$/,
        why: "Gantry has plugins of its own; a plugin that guards tools guards nothing here",
      },
    ],
  ] as const;
  const found: Finding[] = [];
  for (const [places, kind] of counted)
    for (const name of places) found.push(...(await countedFolder(path.join(folder, name), layer, kind)));
  return found;
}

/** Files that opencode reads without being told. */
async function instructions({ home, project, env, scope }: Place): Promise<Finding[]> {
  const global = path.join(env["XDG_CONFIG_HOME"] || path.join(home, ".config"), "opencode");
  const found: Finding[] = [];
  const of = async (folder: string, layer: Layer, why: string): Promise<void> => {
    for (const file of await filesIn(folder, /^(?:AGENTS|CLAUDE)\.md$/))
      found.push(instructionFinding({ source: `${file}:1`, layer, path: path.basename(file), read: layer === "project", why }));
  };
  if (scope !== "project")
    await of(global, "user", "Gantry's own file for all projects is AGENTS.md in the folder of its config; copy it there");
  if (scope !== "user" && project !== home)
    await of(project, "project", "Gantry reads it at the project root and in each folder down to where it is started");
  return found;
}
