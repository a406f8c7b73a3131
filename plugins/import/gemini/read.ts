/**
 * Gemini CLI. Order of work: its settings files, from the lowest; the policy files of each layer and those that settings name; then
 * what lies beside them. Sources: docs/reference/{configuration,policy-engine}.md and docs/hooks of google-gemini/gemini-cli.
 */
import { stat } from "node:fs/promises";
import path from "node:path";
import { ended, own, textsOf } from "../fields.ts";
import {
  type AgentConfig,
  type Finding,
  instructionFinding,
  type Layer,
  notMapped,
  type Place,
  type SourceState,
} from "../findings.ts";
import { countedFolder } from "../folder.ts";
import { parseJsonSource } from "../json-source.ts";
import { belowWhy, levelsOf, onlyRestricting } from "../levels.ts";
import { readSourceText } from "../source-file.ts";
import { readTable, type Table, valueAt } from "../table.ts";
import { extensionFindings } from "./extensions.ts";
import { hooksOffAt } from "./hooks.ts";
import { policyFiles } from "./policy-files.ts";
import { settingsFindings } from "./settings.ts";
import { resolved } from "./variables.ts";

interface Ground {
  layer: Layer;
  /** Its settings. */
  settings: string;
  /** Its folder `.gemini`, or what is like one. */
  folder?: string;
  within?: string;
  /** The system's settings, which are above all others. */
  isTop?: boolean;
  /** A part of the project only. */
  isPart?: boolean;
}

interface Read {
  ground: Ground;
  table: Table | undefined;
}

export async function readGemini(place: Place): Promise<AgentConfig> {
  const files: SourceState[] = [];
  const read: Read[] = [];
  for (const ground of groundsOf(place)) {
    const parse = (text: string) => parseJsonSource(text, "relaxed");
    const table = await readTable(ground.settings, { parse, ...withinOf(ground), files });
    read.push({ ground, table: table && resolved(table, place.env) });
  }
  const findings: Finding[] = [];
  for (const at of read.keys()) findings.push(...(await groundFindings({ read, at, place, files, before: findings })));
  return { agent: "Gemini CLI", files, findings: ended(findings) };
}

interface Reading {
  read: readonly Read[];
  at: number;
  place: Place;
  files: SourceState[];
  before: readonly Finding[];
}

async function groundFindings({ read, at, place, files, before }: Reading): Promise<Finding[]> {
  const { ground, table } = read[at] as Read;
  const { layer, folder } = ground;
  const isOff = serversOff(read.flatMap((each) => each.table ?? []));
  const said = read.map((each) => ({ table: each.table, isTop: each.ground.isTop === true }));
  const off = hooksOffAt(said, at);
  const found = [
    ...(table === undefined ? [] : settingsFindings(table, { layer, isOff, off, env: place.env })),
    ...(await policyFiles(policyPlaces(ground, { table, place }), { layer, ...withinOf(ground), files })),
    ...(folder === undefined
      ? []
      : await extensionFindings(path.join(folder, "extensions"), { layer, ...withinOf(ground), env: place.env, off, files })),
  ];
  if (ground.isPart === true) return onlyRestricting(found, { why: belowWhy, before });
  return [...found, ...(await besides(ground, place))];
}

function groundsOf(place: Place): Ground[] {
  const { home, env, scope, project, system = "/etc" } = place;
  const given = (name: string, standard: string): string => {
    const value = env[name];
    return value === undefined || value === "" ? standard : path.resolve(value);
  };
  const mine = path.join(given("GEMINI_CLI_HOME", home), ".gemini");
  const ofSystem = path.join(system, "gemini-cli");
  const levels = levelsOf(place).map((level, at): Ground => {
    const folder = path.join(level, ".gemini");
    return { layer: "project", settings: path.join(folder, "settings.json"), folder, within: project, isPart: at > 0 };
  });
  const all: Ground[] = [
    { layer: "user", settings: given("GEMINI_CLI_SYSTEM_DEFAULTS_PATH", path.join(ofSystem, "system-defaults.json")) },
    { layer: "user", settings: path.join(mine, "settings.json"), folder: mine },
    ...levels,
    {
      layer: "user",
      settings: given("GEMINI_CLI_SYSTEM_SETTINGS_PATH", path.join(ofSystem, "settings.json")),
      folder: ofSystem,
      isTop: true,
    },
  ];
  return all.filter(({ layer, folder }) => (scope ?? layer) === layer && (layer === "user" || folder !== mine));
}

function withinOf({ within }: Ground): { within?: string } {
  return within === undefined ? {} : { within };
}

/** One list that excludes a server, or one that names others only, is enough. */
function serversOff(tables: readonly Table[]): (name: string) => boolean {
  const lists = (key: string, older: string): string[][] =>
    tables.flatMap(({ data }) => {
      const list = textsOf(valueAt(data, "mcp", key) ?? own(data, older));
      return list === undefined ? [] : [list];
    });
  const [excluded, allowed] = [lists("excluded", "excludeMCPServers"), lists("allowed", "allowMCPServers")];
  return (name) =>
    excluded.some((list) => list.includes(name) || list.includes("*")) ||
    allowed.some((list) => !list.includes(name) && !list.includes("*"));
}

function policyPlaces({ folder }: Ground, { table, place }: { table: Table | undefined; place: Place }): string[] {
  const named = [...(textsOf(table?.data["policyPaths"]) ?? []), ...(textsOf(table?.data["adminPolicyPaths"]) ?? [])];
  const paths = named.map((each) => path.resolve(place.project, each.replace(/^~(?=\/|$)/, place.home)));
  return [...(folder === undefined ? [] : [path.join(folder, "policies")]), ...paths];
}

async function besides({ layer, folder, within, isTop }: Ground, place: Place): Promise<Finding[]> {
  if (folder === undefined || isTop === true) return [];
  const counted = [
    [
      "commands",
      { kind: "command", words: "commands", ending: /\.toml$/, why: "Gantry has no commands of files in this build" },
    ],
    ["agents", { kind: "agent", words: "agents", ending: /\.md$/, why: "Gantry has no agents of files in this build" }],
    ["skills", { kind: "skill", words: "skills", ending: /(?<=^SKILL)\.md$/, why: "Gantry has no skills in this build" }],
    [
      "extensions",
      {
        kind: "other",
        words: "extensions",
        ending: /(?<=^gemini-extension)\.json$/,
        why: "Gantry has plugins of its own; of an extension what it excludes, guards, denies and asks is taken over",
      },
    ],
  ] as const;
  const found: Finding[] = [];
  for (const [name, kind] of counted) found.push(...(await countedFolder(path.join(folder, name), layer, kind)));
  const memory = path.join(within ?? folder, "GEMINI.md");
  const way =
    layer === "user"
      ? "copy it to AGENTS.md in the folder of Gantry's config"
      : "write @GEMINI.md into AGENTS.md, or rename it";
  if (await isFile(memory))
    found.push(
      instructionFinding({
        source: `${memory}:1`,
        layer,
        path: "GEMINI.md",
        read: false,
        why: `Gantry reads AGENTS.md and CLAUDE.md; ${way}`,
      }),
    );
  return [...found, ...(await variables(path.join(folder, ".env"), layer, place))];
}

/** Only counted: their values may be keys. */
async function variables(file: string, layer: Layer, { project }: Place): Promise<Finding[]> {
  const source = await readSourceText(file, layer === "project" ? project : undefined);
  if (source.state !== "read") return [];
  const count = source.text.split("\n").filter((line) => /^\s*(?:export\s+)?[A-Za-z_]\w*\s*=/.test(line)).length;
  const why = "Gantry reads no .env files; set variables in the shell, or by env in its config";
  return [notMapped({ source: `${file}:1`, layer, kind: "env", what: `.env with ${count} variables`, why })];
}

async function isFile(file: string): Promise<boolean> {
  return await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}
