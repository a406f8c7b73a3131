/** `gantry doctor`: what loaded, what did not and why, and what this machine cannot enforce. Works when no plugin loads. */
import { access, constants, stat } from "node:fs/promises";
import path from "node:path";
import { builtinPlugins } from "../../config/defaults.ts";
import { type LoadedConfig, loadConfig, problemLine } from "../../config/load.ts";
import { findShell } from "../../workers/processes.ts";
import { builtinLoaders } from "../builtins.ts";
import { configProblems } from "../config-problems.ts";
import { messageOf } from "../contract/errors.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import type { Json } from "../contract/messages.ts";
import { permissionTable } from "../contract/permissions.ts";
import { version } from "../version.ts";
import type { CommandLine } from "./command-line.ts";
import type { ShellIo } from "./io.ts";
import type { Report } from "./report.ts";
import { sanitizeLine } from "./sanitize.ts";
import { workingFolder } from "./start.ts";
import { createStyle, describeTerminal, type Style } from "./style.ts";

interface PluginFinding {
  name: string;
  state: "loaded" | "failed" | "left out";
  problem?: string;
  tools: string[];
  commands: string[];
  providers: string[];
  /** In plain words, what it is granted. */
  may: string[];
}

interface Findings {
  version: string;
  node: string;
  platform: string;
  project: string;
  model: string;
  mode: string;
  plugins: PluginFinding[];
  problems: string[];
  trust: LoadedConfig["trust"];
  /** Whether each is set; never what it holds. */
  credentials: { name: string; isSet: boolean }[];
  sessions: { folder: string; writable: boolean; problem?: string };
  search: { engine: "ripgrep" | "javascript"; reason?: string };
  shell: string;
  notEnforced: string[];
}

/** Exit 0: nothing in this build is marked `required: true`, so nothing missing is fatal. */
export async function doctor(line: CommandLine & { kind: "command" }, io: ShellIo, report: Report): Promise<number> {
  const { flags } = line.input;
  const cwd = await workingFolder(io, line.cwd);
  const config = typeof flags["config"] === "string" ? { config: path.resolve(cwd, flags["config"]) } : {};
  const loaded = await loadConfig({ cwd, env: io.env, flags: config });
  const findings = await examine(loaded, io, { plugins: flags["no-plugins"] !== true });
  const style = createStyle(describeTerminal(io.stdout, io.env).color);
  report.result(findings as unknown as Json, describe(findings, style));
  return 0;
}

async function examine(loaded: LoadedConfig, io: ShellIo, options: { plugins: boolean }): Promise<Findings> {
  const [plugins, sessions, search, shell] = await Promise.all([
    examinePlugins(io.manifests(), options),
    examineFolder(path.join(loaded.paths.stateHome, "sessions")),
    examineSearch(),
    findShell(),
  ]);
  return {
    version,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    project: loaded.project,
    model: loaded.config.model,
    mode: loaded.config.permissions.mode,
    plugins,
    problems: configProblems(loaded, io.manifests()).map(problemLine),
    trust: loaded.trust,
    credentials: ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"].map((name) => ({ name, isSet: Boolean(io.env[name]) })),
    sessions,
    search,
    shell,
    notEnforced: notEnforced(),
  };
}

function notEnforced(): string[] {
  const everywhere = [
    "There is no OS sandbox: shell commands that are approved run with your authority, network included.",
    "Rules look at a shell line before it runs; what the started program then touches is not confined.",
    "The session log's chain shows accidents and quiet edits, not an owner who rewrites all of it.",
  ];
  return process.getuid?.() === 0
    ? [...everywhere, "You are root: file permissions of this machine stop nothing."]
    : everywhere;
}

async function examinePlugins(manifests: readonly PluginManifest[], options: { plugins: boolean }): Promise<PluginFinding[]> {
  const known = await Promise.all(manifests.map((manifest) => examinePlugin(manifest, options)));
  const missing = builtinPlugins
    .filter(({ name }) => !manifests.some((manifest) => manifest.name === name))
    .map(
      ({ name }): PluginFinding => ({
        name,
        state: "failed",
        problem: "it is not in this build",
        tools: [],
        commands: [],
        providers: [],
        may: [],
      }),
    );
  return [...known, ...missing];
}

async function examinePlugin({ name, contributes }: PluginManifest, options: { plugins: boolean }): Promise<PluginFinding> {
  const grants = builtinPlugins.find((plugin) => plugin.name === name)?.grants ?? {};
  const finding: PluginFinding = {
    name,
    state: "loaded",
    tools: contributes.tools.map((tool) => tool.name),
    commands: contributes.commands.map(({ id }) => id),
    providers: contributes.providers,
    may: (Object.keys(grants) as (keyof typeof permissionTable)[]).map((kind) => permissionTable[kind].allows),
  };
  if (!options.plugins) return { ...finding, state: "left out", problem: "--no-plugins" };
  try {
    const module = await builtinLoaders[name]?.();
    if (module?.default.name === name) return finding;
    return {
      ...finding,
      state: "failed",
      problem: module ? `its module calls itself ${module.default.name}` : "it has a manifest but no module",
    };
  } catch (error) {
    return { ...finding, state: "failed", problem: messageOf(error) };
  }
}

/** Whether sessions can be written: the folder itself, or the nearest one above that exists. */
async function examineFolder(folder: string): Promise<Findings["sessions"]> {
  let nearest = folder;
  while (!(await exists(nearest)) && path.dirname(nearest) !== nearest) nearest = path.dirname(nearest);
  try {
    await access(nearest, constants.W_OK | constants.X_OK);
    return { folder, writable: true };
  } catch (error) {
    return { folder, writable: false, problem: messageOf(error) };
  }
}

async function exists(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}

async function examineSearch(): Promise<Findings["search"]> {
  try {
    const { rgPath } = await import("@vscode/ripgrep");
    await access(rgPath, constants.X_OK);
    return { engine: "ripgrep" };
  } catch (error) {
    return { engine: "javascript", reason: messageOf(error).split("\n")[0] ?? "" };
  }
}

function describe(findings: Findings, style: Style): string {
  const { credentials, sessions, search } = findings;
  const rows: [string, string][] = [
    ["gantry", findings.version],
    ["Node.js", `${findings.node} on ${findings.platform}`],
    ["project", findings.project],
    ["model", findings.model],
    ["mode", findings.mode],
    ["credentials", credentials.map(({ name, isSet }) => `${name} ${isSet ? style.green("set") : "not set"}`).join(", ")],
    [
      "sessions",
      `${sessions.folder} ${sessions.writable ? style.green("writable") : style.red(`not writable: ${sessions.problem}`)}`,
    ],
    ["search", search.engine === "ripgrep" ? "ripgrep" : `JavaScript fallback: ${search.reason}`],
    ["shell", findings.shell],
    ["trust", trustText(findings)],
  ];
  const head = rows.map(([name, value]) => `  ${style.dim(name.padEnd(12))} ${value}`);
  const problems = findings.problems.map((problem) => `  ${style.red("✗")} ${sanitizeLine(problem)}`);
  return [
    ...head,
    "",
    style.bold("Plugins"),
    ...findings.plugins.flatMap((plugin) => pluginLines(plugin, style)),
    "",
    style.bold("Config"),
    ...(problems.length > 0 ? problems : [`  ${style.green("✓")} no problem found`]),
    "",
    style.bold("Not enforced on this machine"),
    ...findings.notEnforced.map((text) => `  ${style.yellow("!")} ${text}`),
    "",
  ].join("\n");
}

function trustText({ trust }: Findings): string {
  if (trust.state === "nothing-to-trust") return "nothing in this project needs it";
  const parts = trust.parts.map(({ what }) => sanitizeLine(what)).join("; ");
  return `${trust.state}: ${parts}`;
}

function pluginLines(plugin: PluginFinding, style: Style): string[] {
  const mark = plugin.state === "loaded" ? style.green("✓") : plugin.state === "failed" ? style.red("✗") : style.dim("–");
  const offers = [
    plugin.tools.length > 0 ? `tools ${plugin.tools.join(", ")}` : "",
    plugin.commands.length > 0 ? `commands ${plugin.commands.join(", ")}` : "",
    plugin.providers.length > 0 ? `models ${plugin.providers.map((name) => `${name}/…`).join(", ")}` : "",
  ].filter((text) => text !== "");
  const first = `  ${mark} ${style.bold(plugin.name.padEnd(10))} ${offers.join("; ")}`;
  return plugin.problem === undefined ? [first] : [first, `      ${plugin.state}: ${sanitizeLine(plugin.problem)}`];
}
