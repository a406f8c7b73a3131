/**
 * opencode. Order of work: every file that holds its config, from the lowest, and the two variables that do; then what each says,
 * with what the others hold; then what lies beside them. Sources: docs/config, docs/permissions, docs/mcp-servers of opencode.
 */
import path from "node:path";
import { ended, objectOf, own } from "../fields.ts";
import { type AgentConfig, type Finding, instructionFinding, type Layer, type Place, type SourceState } from "../findings.ts";
import { countedFolder, filesIn } from "../folder.ts";
import { parseJsonSource } from "../json-source.ts";
import { readTable, type Table } from "../table.ts";
import { hasPermissions, settingsFindings } from "./settings.ts";

interface Ground {
  layer: Layer;
  file: string;
  within?: string;
}

export async function readOpencode(place: Place): Promise<AgentConfig> {
  const files: SourceState[] = [];
  const { grounds, folders } = groundsOf(place);
  const inScope = ({ layer }: { layer: Layer }): boolean => (place.scope ?? layer) === layer;
  const read: { layer: Layer; table: Table }[] = [];
  for (const { layer, file, within } of grounds.filter(inScope)) {
    const table = await readTable(file, { parse: relaxed, ...(within === undefined ? {} : { within }), files });
    if (table !== undefined) read.push({ layer, table });
  }
  if (place.scope !== "project") read.push(...variablesOf(place, files));
  const servers = [...new Set(read.flatMap(({ table }) => Object.keys(objectOf(own(table.data, "mcp")))))];
  // A file out of scope, or one that only opencode's server sends, may be merged in between.
  const isAlone = place.scope === undefined && read.filter(({ table }) => hasPermissions(table)).length === 1;
  const findings = read.flatMap(({ layer, table }) => settingsFindings(table, { layer, servers, isAlone }));
  for (const { layer, folder } of folders.filter(inScope)) findings.push(...(await besides(folder, layer)));
  return { agent: "opencode", files, findings: ended([...findings, ...(await instructions(place))]) };
}

const relaxed = (text: string) => parseJsonSource(text, "relaxed");
const names = ["opencode.json", "opencode.jsonc"];

function groundsOf({ home, project, env }: Place): { grounds: Ground[]; folders: { layer: Layer; folder: string }[] } {
  const given = (name: string): string | undefined =>
    env[name] === undefined || env[name] === "" ? undefined : path.resolve(env[name]);
  const global = path.join(given("XDG_CONFIG_HOME") ?? path.join(home, ".config"), "opencode");
  const [single, folder] = [given("OPENCODE_CONFIG"), given("OPENCODE_CONFIG_DIR")];
  const dotted = path.join(project, ".opencode");
  const mine = project === home ? [] : [project, dotted];
  const of = (base: string, layer: Layer, files: readonly string[] = names): Ground[] =>
    files.map((name) => ({ layer, file: path.join(base, name), ...(layer === "project" ? { within: project } : {}) }));
  const grounds = [
    ...of(global, "user", ["config.json", ...names]),
    ...(single === undefined ? [] : [{ layer: "user" as const, file: single }]),
    ...of(path.join(home, ".opencode"), "user"),
    ...mine.flatMap((base) => of(base, "project")),
    ...(folder === undefined ? [] : of(folder, "user")),
    ...of("/etc/opencode", "user"),
  ];
  const folders = [
    { layer: "user" as const, folder: global },
    { layer: "user" as const, folder: path.join(home, ".opencode") },
    ...(project === home ? [] : [{ layer: "project" as const, folder: dotted }]),
    ...(folder === undefined ? [] : [{ layer: "user" as const, folder }]),
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
  const noAgents = "Gantry has no agents of files in this build";
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
