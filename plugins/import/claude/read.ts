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
import { belowWhy, levelsOf, onlyRestricting } from "../levels.ts";
import { overruledSaid } from "../overruled.ts";
import { shownText } from "../shown.ts";
import { readSource, type SourceFile } from "../source-file.ts";
import { extraFindings } from "./extras.ts";
import { guardTexts } from "./hooks.ts";
import { instructionFindings } from "./instructions.ts";
import { managedFiles, managedFolder, underManaged } from "./managed.ts";
import { type EnabledPlugins, pluginGuards } from "./plugin-guards.ts";
import type { RulePlace } from "./rule-forms.ts";
import { oneRule } from "./rules.ts";
import { type FoundServer, serverAsks } from "./server-asks.ts";
import { serverFindings } from "./servers.ts";
import { disabledServers, hookSwitch, serversAsked, settingsFaults, settingsFindings } from "./settings.ts";

type ReadFile = Extract<SourceFile, { state: "read" }>;

interface Settings {
  path: string;
  layer: Layer;
  place: Omit<RulePlace, "behavior">;
  within?: string;
  isManaged?: boolean;
  /** In a folder below the root, where the agent would be started: it counts there only. */
  isBelow?: boolean;
}

export async function readClaude(place: Place): Promise<AgentConfig> {
  const { home, project, env, scope } = place;
  const configFolder = await folderOf(env["CLAUDE_CONFIG_DIR"] ?? path.join(home, ".claude"));
  const managed = scope === "project" ? { paths: [], broken: [] } : await managedFiles(place);
  const settings = settingsPlaces(place, configFolder, managed.paths);
  const files = await Promise.all(
    settings.map(async ({ path: file, within }) => checked(await readSource(file, parseJsonSource, within))),
  );
  const stateFile =
    env["CLAUDE_CONFIG_DIR"] === undefined ? path.join(home, ".claude.json") : path.join(configFolder, ".claude.json");
  const state = checkedState(await readSource(stateFile, parseJsonSource), project);
  const shared = scope === "user" ? undefined : await readSource(path.join(project, ".mcp.json"), parseJsonSource, project);
  const { ofManaged, others } = ofSettings(settings, files);
  const ruled = [...others, ...(state.state === "read" ? stateFindings(state, place) : [])];
  const managedRead = files.filter((_, at) => settings[at]?.isManaged === true);
  const found = [...underManaged(ofManaged, ruled, managedRead), ...ofManaged];
  const findings = [
    ...found,
    ...serverAsks(found, shared?.state === "read" ? sharedServers(shared) : []),
    ...(await pluginGuards(configFolder, enabledIn(settings, files), scope === "project" ? undefined : project)),
    ...(scope === "project" ? [] : await managedServers(place)),
    ...(shared?.state === "read" ? sharedFindings(shared) : []),
    ...(await instructionFindings(place, configFolder)),
    ...(scope === "project" ? [] : await extraFindings(configFolder, "user", configFolder)),
    ...(scope === "user" ? [] : await extraFindings(path.join(project, ".claude"), "project", project)),
  ];
  return {
    agent: "Claude Code",
    files: [...[...files, state, ...(shared === undefined ? [] : [shared])].map(stateOf), ...managed.broken],
    findings: overruledSaid(findings),
  };
}

/** What each settings file says, those of the machine apart. */
function ofSettings(settings: readonly Settings[], files: readonly SourceFile[]): { ofManaged: Finding[]; others: Finding[] } {
  const guards = files.flatMap((file) =>
    file.state === "read" && isObject(file.data) ? guardTexts(own(file.data, "hooks")) : [],
  );
  const found = settings.map(({ layer, place }, at) => {
    const file = files[at];
    if (file?.state !== "read") return [];
    if (settings[at]?.isBelow === true)
      return onlyRestricting(settingsFindings(file, { layer, place, guards }), { why: belowWhy });
    const switchedOff = switchOf(settings, files, at);
    return settingsFindings(file, { layer, place, guards, ...(switchedOff === undefined ? {} : { switchedOff }) });
  });
  return {
    ofManaged: found.filter((_, at) => settings[at]?.isManaged === true).flat(),
    others: found.filter((_, at) => settings[at]?.isManaged !== true).flat(),
  };
}

async function folderOf(folder: string): Promise<string> {
  return await realpath(folder).catch(() => path.resolve(folder));
}

/** The lowest first. */
function settingsPlaces(place: Place, configFolder: string, managed: readonly string[]): Settings[] {
  const { home, project, scope } = place;
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
  const below = levelsOf(place)
    .slice(1)
    .flatMap((folder): Settings[] =>
      (["settings.json", "settings.local.json"] as const).map((name) => ({
        path: path.join(folder, ".claude", name),
        layer: name === "settings.json" ? "project" : "local",
        place: { base: folder, sameBase: false, isBelow: true, home },
        within: project,
        isBelow: true,
      })),
    );
  const above = managed.map((file): Settings => {
    return { path: file, layer: "user", place: { sameBase: false, home }, isManaged: true };
  });
  return [...(scope === "project" ? [] : [own]), ...(scope === "user" ? [] : [...others, ...below]), ...above];
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

/**
 * `file:line` of what switches the hooks of this file off: its own word or one of a file below it, that none above takes back; or
 * that of the machine. A word above it is about this project only, and hooks of the user are there for others too.
 */
function switchOf(settings: readonly Settings[], files: readonly SourceFile[], at: number): string | undefined {
  const wordOf = (file: SourceFile | undefined): boolean | undefined =>
    file?.state === "read" && isObject(file.data) ? hookSwitch(file.data) : undefined;
  const isManaged = (index: number): boolean => settings[index]?.isManaged === true;
  const words = files
    .map((file, index) => ({ file, index, word: wordOf(file) }))
    .filter(({ index, word }) => word !== undefined && settings[index]?.isBelow !== true);
  const managed = words.findLast(({ index }) => isManaged(index));
  const reached = words.filter(({ index }) => isManaged(index) === isManaged(at));
  const own = reached.findLast(({ index }) => index <= at);
  const isTakenBack = reached.some(({ index, word }) => index > at && word === false) || managed?.word === false;
  const counting = managed?.word === true ? managed : own?.word === true && !isTakenBack ? own : undefined;
  if (counting?.file.state !== "read") return undefined;
  return `${counting.file.path}:${counting.file.lineOf(["disableAllHooks"])}`;
}

/** The lowest place that switches a plugin on: there it reaches the most. */
function enabledIn(settings: readonly Settings[], files: readonly SourceFile[]): EnabledPlugins {
  const found = new Map<string, At | false>();
  for (const [at, file] of files.entries()) {
    const plugins = file.state === "read" && isObject(file.data) ? own(file.data, "enabledPlugins") : undefined;
    if (file.state !== "read" || !isObject(plugins)) continue;
    const layer = settings[at]?.layer ?? "user";
    for (const [id, value] of Object.entries(plugins)) {
      const source = `${file.path}:${file.lineOf(["enabledPlugins", id])}`;
      if (value === false) found.set(id, found.get(id) ?? false);
      else if (!found.get(id)) found.set(id, { source, layer });
    }
  }
  return found;
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

/** Read by Gantry itself; what is asked about them is this user's own. */
function sharedServers({ path: file, data, lineOf }: ReadFile): FoundServer[] {
  const servers: Json | undefined = isObject(data) ? (own(data, "mcpServers") ?? data) : undefined;
  return Object.keys(isObject(servers) ? servers : {}).map((name) => {
    return { name, source: `${file}:${lineOf(["mcpServers", name])}`, layer: "local" };
  });
}

/** Where the machine has servers of its own, no others are started there. */
async function managedServers(place: Place): Promise<Finding[]> {
  const file = path.join(managedFolder(place), "managed-mcp.json");
  const source = await readSource(file, parseJsonSource);
  return source.state === "absent" ? [] : [serversAsked("managed-mcp.json", { source: `${file}:1`, layer: "user" })];
}

function sharedFindings({ path: file, data, lineOf }: ReadFile): Finding[] {
  const servers: Json | undefined = isObject(data) ? (own(data, "mcpServers") ?? data) : undefined;
  const names = isObject(servers) ? Object.keys(servers) : [];
  if (names.length === 0) return [];
  const what = `${names.length} MCP server${names.length === 1 ? "" : "s"}: ${names.join(", ")}`;
  const why = "Gantry reads .mcp.json itself, once the project is trusted.";
  return [alreadyThere({ source: `${file}:${lineOf(["mcpServers"])}`, layer: "project", kind: "mcp-server", what, why })];
}
