/** Claude Code: its settings files, lowest first, its own state file with servers, and what lies beside them. */
import { realpath } from "node:fs/promises";
import path from "node:path";
import type { Json } from "gantry/plugin";
import { isObject, own, textsOf } from "../fields.ts";
import {
  type AgentConfig,
  type At,
  alreadyThere,
  type Finding,
  type Layer,
  type Place,
  type SourceState,
} from "../findings.ts";
import { parseJsonSource } from "../json-source.ts";
import { shownText } from "../shown.ts";
import { readSource, type SourceFile } from "../source-file.ts";
import { extraFindings } from "./extras.ts";
import { instructionFindings } from "./instructions.ts";
import type { RulePlace } from "./rule-forms.ts";
import { oneRule } from "./rules.ts";
import { serverFindings } from "./servers.ts";
import { disabledServers, hookSwitch, settingsFaults, settingsFindings } from "./settings.ts";

type ReadFile = Extract<SourceFile, { state: "read" }>;

interface Settings {
  path: string;
  layer: Layer;
  place: Omit<RulePlace, "behavior">;
  within?: string;
}

export async function readClaude(place: Place): Promise<AgentConfig> {
  const { home, project, env, scope } = place;
  const configFolder = await folderOf(env["CLAUDE_CONFIG_DIR"] ?? path.join(home, ".claude"));
  const settings = settingsPlaces(place, configFolder);
  const files = await Promise.all(
    settings.map(async ({ path: file, within }) => checked(await readSource(file, parseJsonSource, within))),
  );
  const stateFile =
    env["CLAUDE_CONFIG_DIR"] === undefined ? path.join(home, ".claude.json") : path.join(configFolder, ".claude.json");
  const state = checkedState(await readSource(stateFile, parseJsonSource), project);
  const shared = scope === "user" ? undefined : await readSource(path.join(project, ".mcp.json"), parseJsonSource, project);
  const switchedOff = switchOf(files);
  const found = settings.flatMap(({ layer, place: rulePlace }, at) => {
    const file = files[at];
    if (file?.state !== "read") return [];
    return settingsFindings(file, { layer, place: rulePlace, ...(switchedOff === undefined ? {} : { switchedOff }) });
  });
  return {
    agent: "Claude Code",
    files: [...files, state, ...(shared === undefined ? [] : [shared])].map(stateOf),
    findings: [
      ...found,
      ...(state.state === "read" ? stateFindings(state, place) : []),
      ...(shared?.state === "read" ? sharedFindings(shared) : []),
      ...(await instructionFindings(place, configFolder)),
      ...(scope === "project" ? [] : await extraFindings(configFolder, "user")),
      ...(scope === "user" ? [] : await extraFindings(path.join(project, ".claude"), "project")),
    ],
  };
}

async function folderOf(folder: string): Promise<string> {
  return await realpath(folder).catch(() => path.resolve(folder));
}

function settingsPlaces({ home, project, scope }: Place, configFolder: string): Settings[] {
  const own: Settings = {
    path: path.join(configFolder, "settings.json"),
    layer: "user",
    place: { base: configFolder, sameBase: false, home },
  };
  const ofProject = { place: { base: project, sameBase: true, cwd: project, home }, within: project };
  const others: Settings[] = [
    { path: path.join(project, ".claude/settings.json"), layer: "project", ...ofProject },
    { path: path.join(project, ".claude/settings.local.json"), layer: "local", ...ofProject },
  ];
  return [...(scope === "project" ? [] : [own]), ...(scope === "user" ? [] : others)];
}

/** A part that may hold a no and cannot be read breaks the whole file. */
function checked(file: SourceFile): SourceFile {
  if (file.state !== "read") return file;
  return broken(file, settingsFaults(file)[0]);
}

function broken(file: ReadFile, fault: { line: number; message: string } | undefined): SourceFile {
  if (fault === undefined) return file;
  return { path: file.path, state: "broken", problem: `${file.path}:${fault.line}: ${shownText(fault.message)}` };
}

export function stateOf(file: SourceFile): SourceState {
  return { path: file.path, state: file.state, ...(file.state === "broken" ? { problem: file.problem } : {}) };
}

/** `file:line` of the highest file's word, where it switches hooks off. */
function switchOf(files: readonly SourceFile[]): string | undefined {
  const last = files.findLast((file) => file.state === "read" && isObject(file.data) && hookSwitch(file.data) !== undefined);
  if (last?.state !== "read" || !isObject(last.data) || hookSwitch(last.data) !== true) return undefined;
  return `${last.path}:${last.lineOf(["disableAllHooks"])}`;
}

// ── The state file ───────────────────────────────────────────────────────────────────────────────────────────────────

function checkedState(file: SourceFile, project: string): SourceFile {
  if (file.state !== "read") return file;
  if (!isObject(file.data)) return broken(file, { line: 1, message: "it must be an object" });
  const { projects } = file.data;
  const here = isObject(projects) ? own(projects, project) : undefined;
  const allowed = isObject(here) ? own(here, "allowedTools") : undefined;
  if (allowed === undefined || textsOf(allowed) !== undefined) return file;
  return broken(file, {
    line: file.lineOf(["projects", project, "allowedTools"]),
    message: "allowedTools must be a list of rules",
  });
}

/** Servers of every project, and of this one; the rest of it is that agent's memory. */
function stateFindings({ path: file, data, lineOf }: ReadFile, { home, project, scope }: Place): Finding[] {
  const at =
    (layer: Layer, keys: readonly string[]) =>
    (name: string): At => ({ source: `${file}:${lineOf([...keys, name])}`, layer });
  const root = isObject(data) ? data : {};
  const ofUser = scope === "project" ? [] : serverFindings(own(root, "mcpServers"), at("user", ["mcpServers"]));
  if (scope === "user") return ofUser;
  const keys = ["projects", project];
  const projects = own(root, "projects");
  const here = isObject(projects) ? own(projects, project) : undefined;
  if (!isObject(here)) return ofUser;
  const place = { base: project, sameBase: true, cwd: project, home };
  const rules = (textsOf(own(here, "allowedTools")) ?? []).map((rule, index) =>
    oneRule(rule, "allow", { file, layer: "local", lineOf, place, path: [...keys, "allowedTools", index] }),
  );
  const disabled = own(here, "disabledMcpjsonServers");
  return [
    ...ofUser,
    ...serverFindings(own(here, "mcpServers"), at("local", [...keys, "mcpServers"])),
    ...rules,
    ...(disabled === undefined ? [] : disabledServers(disabled, at("local", keys)("disabledMcpjsonServers"))),
  ];
}

function sharedFindings({ path: file, data, lineOf }: ReadFile): Finding[] {
  const servers: Json | undefined = isObject(data) ? (own(data, "mcpServers") ?? data) : undefined;
  const names = isObject(servers) ? Object.keys(servers) : [];
  if (names.length === 0) return [];
  const what = `${names.length} MCP server${names.length === 1 ? "" : "s"}: ${names.join(", ")}`;
  const why = "Gantry reads .mcp.json itself, once the project is trusted.";
  return [alreadyThere({ source: `${file}:${lineOf(["mcpServers"])}`, layer: "project", kind: "mcp-server", what, why })];
}
