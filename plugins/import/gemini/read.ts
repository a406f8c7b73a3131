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
import { countedFolder, filesIn, mostFiles } from "../folder.ts";
import { parseJsonSource } from "../json-source.ts";
import { readSourceText } from "../source-file.ts";
import { readTable, type Table, valueAt } from "../table.ts";
import { parseTomlSource } from "../toml-source.ts";
import { policyFindings } from "./policies.ts";
import { settingsFindings } from "./settings.ts";

interface Ground {
  layer: Layer;
  /** Its settings. */
  settings: string;
  /** Its folder `.gemini`, or what is like one. */
  folder?: string;
  within?: string;
}

export async function readGemini(place: Place): Promise<AgentConfig> {
  const files: SourceState[] = [];
  const grounds = groundsOf(place);
  const read: { ground: Ground; table: Table | undefined }[] = [];
  for (const ground of grounds) {
    const parse = (text: string) => parseJsonSource(text, "relaxed");
    const table = await readTable(ground.settings, { parse, ...withinOf(ground), files });
    read.push({ ground, table });
  }
  const tables = read.flatMap(({ table }) => table ?? []);
  const isOff = serversOff(tables);
  const findings: Finding[] = [];
  for (const { ground, table } of read) {
    if (table !== undefined) findings.push(...settingsFindings(table, { layer: ground.layer, isOff }));
    findings.push(...(await policiesOf(ground, { table, place, files })), ...(await besides(ground, place)));
  }
  return { agent: "Gemini CLI", files, findings: ended(findings) };
}

function groundsOf({ home, project, env, scope }: Place): Ground[] {
  const given = (name: string, standard: string): string => {
    const value = env[name];
    return value === undefined || value === "" ? standard : path.resolve(value);
  };
  const mine = path.join(given("GEMINI_CLI_HOME", home), ".gemini");
  const theirs = path.join(project, ".gemini");
  const all: Ground[] = [
    { layer: "user", settings: given("GEMINI_CLI_SYSTEM_DEFAULTS_PATH", "/etc/gemini-cli/system-defaults.json") },
    { layer: "user", settings: path.join(mine, "settings.json"), folder: mine },
    { layer: "project", settings: path.join(theirs, "settings.json"), folder: theirs, within: project },
    {
      layer: "user",
      settings: given("GEMINI_CLI_SYSTEM_SETTINGS_PATH", "/etc/gemini-cli/settings.json"),
      folder: "/etc/gemini-cli",
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

interface Around {
  table: Table | undefined;
  place: Place;
  files: SourceState[];
}

async function policiesOf(ground: Ground, { table, place, files }: Around): Promise<Finding[]> {
  const named = [...(textsOf(table?.data["policyPaths"]) ?? []), ...(textsOf(table?.data["adminPolicyPaths"]) ?? [])];
  const paths = named.map((each) => path.resolve(place.project, each.replace(/^~(?=\/|$)/, place.home)));
  const folders = [...(ground.folder === undefined ? [] : [path.join(ground.folder, "policies")]), ...paths];
  const found = (
    await Promise.all(folders.map(async (each) => (each.endsWith(".toml") ? [each] : await filesIn(each, /\.toml$/))))
  ).flat();
  const findings: Finding[] = [];
  const broken = (file: string, problem: string) => files.push({ path: file, state: "broken", problem });
  if (found.length > mostFiles)
    broken(folders[0] ?? "", `${folders[0] ?? ""}:1: there are ${found.length} policy files; at most ${mostFiles} are read`);
  for (const file of found.slice(0, mostFiles)) {
    const policy = await readTable(file, { parse: parseTomlSource, ...withinOf(ground), files });
    if (policy === undefined) continue;
    const read = policyFindings(policy, ground.layer);
    if (Array.isArray(read)) findings.push(...read);
    else {
      files.pop();
      broken(file, `${file}:${read.line}: ${read.message}`);
    }
  }
  return findings;
}

async function besides({ layer, folder, within }: Ground, place: Place): Promise<Finding[]> {
  if (folder === undefined || folder === "/etc/gemini-cli") return [];
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
        why: "Gantry has plugins of its own; servers and rules of an extension are not read",
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
