/** `gantry doctor`: what loaded, what did not and why, and what this machine cannot enforce. Works when no plugin loads. */
import { access, constants, stat } from "node:fs/promises";
import path from "node:path";
import { type LoadedConfig, loadConfig, problemLine } from "../../config/load.ts";
import { findShell } from "../../workers/processes.ts";
import { findCommunity } from "../community/found.ts";
import { knownProblems } from "../config-problems.ts";
import { messageOf } from "../contract/errors.ts";
import type { Json } from "../contract/messages.ts";
import { version } from "../version.ts";
import type { CommandLine } from "./command-line.ts";
import { type CommunityReport, reportCommunity } from "./doctor-community.ts";
import { reportServers, type ServersReport } from "./doctor-mcp.ts";
import { examinePlugins, type PluginFinding } from "./doctor-plugins.ts";
import { notEnforced, reportSandbox, type SandboxReport } from "./doctor-sandbox.ts";
import { describe } from "./doctor-view.ts";
import type { ShellIo } from "./io.ts";
import type { Report } from "./report.ts";
import { listenForStop } from "./signals.ts";
import { workingFolder } from "./start.ts";
import { createStyle, describeTerminal } from "./style.ts";

export interface Findings {
  version: string;
  node: string;
  platform: string;
  project: string;
  model: string;
  mode: string;
  plugins: PluginFinding[];
  /** Installed ones; absent when there is none. */
  community?: CommunityReport;
  /** Absent where none is configured. */
  mcp?: ServersReport;
  problems: string[];
  /** Problems that stop nothing: what they are about is left out. */
  warnings: string[];
  /** Of the config's `permissions.tests`; absent when it has none. */
  permissionTests?: { passed: number; failed: string[]; problem?: string };
  trust: LoadedConfig["trust"];
  /** Whether each is set; never what it holds. */
  credentials: { name: string; isSet: boolean }[];
  sessions: { folder: string; writable: boolean; problem?: string };
  search: { engine: "ripgrep" | "javascript"; reason?: string };
  shell: string;
  sandbox: SandboxReport;
  notEnforced: string[];
}

/** Exit 0, or 7 when the config requires a sandbox, a plugin or an MCP server that is not usable here. */
export async function doctor(line: CommandLine & { kind: "command" }, io: ShellIo, report: Report): Promise<number> {
  const { flags } = line.input;
  const cwd = await workingFolder(io, line.cwd);
  const config = typeof flags["config"] === "string" ? { config: path.resolve(cwd, flags["config"]) } : {};
  const loaded = await loadConfig({ cwd, env: io.env, flags: config });
  const stop = listenForStop(io.signals, { onStop: () => undefined, exitNow: io.exitNow });
  try {
    const findings = await examine(loaded, io, { cwd, plugins: flags["no-plugins"] !== true, signal: stop.signal });
    return stop.exit === undefined ? told(findings, loaded, io, report) : report.interrupted("doctor", stop.exit);
  } catch (error) {
    if (stop.exit === undefined) throw error;
    return report.interrupted("doctor", stop.exit);
  } finally {
    stop.close();
  }
}

function told(findings: Findings, loaded: LoadedConfig, io: ShellIo, report: Report): number {
  const style = createStyle(describeTerminal(io.stdout, io.env).color);
  const [data, text] = [findings as unknown as Json, describe(findings, style)];
  const { mode, works, problem } = findings.sandbox;
  const { required } = findings.community ?? {};
  if (required !== undefined) return report.failed({ code: "PLUGIN_REQUIRED", message: required, data, text });
  const unusable = findings.mcp?.missing ?? requiredEntries(loaded);
  if (unusable !== undefined) return report.failed({ code: "MCP_REQUIRED", message: unusable, data, text });
  if (mode !== "require" || works) return report.result(data, text);
  const message = `sandbox.shell is require, and no sandbox works on this machine: ${problem}`;
  return report.failed({ code: "SANDBOX_UNAVAILABLE", message, data, text });
}

/** Servers that are required and whose entries are wrong. */
function requiredEntries({ problems }: LoadedConfig): string | undefined {
  const wrong = problems.filter(({ code }) => code === "MCP_REQUIRED");
  return wrong.length === 0 ? undefined : wrong.map(problemLine).join("\n");
}

interface Looking {
  cwd: string;
  plugins: boolean;
  signal: AbortSignal;
}

async function examine(loaded: LoadedConfig, io: ShellIo, options: Looking): Promise<Findings> {
  const shell = await findShell();
  const [plugins, sessions, search, problems, tests, sandbox, community, mcp] = await Promise.all([
    examinePlugins(io.manifests(), options),
    examineFolder(path.join(loaded.paths.stateHome, "sessions")),
    examineSearch(),
    findCommunity(loaded, io.manifests()).then((found) => knownProblems(loaded, io.manifests(), found)),
    testPermissions(loaded, io, options.cwd),
    reportSandbox(loaded.config.sandbox.shell, { env: io.env, shell }),
    reportCommunity(loaded, io.manifests(), options),
    reportServers(loaded, io, options),
  ]);
  const isWarning = ({ severity }: (typeof problems)[number]): boolean => severity === "warning";
  return {
    version,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    project: loaded.project,
    model: loaded.config.model,
    mode: loaded.config.permissions.mode,
    plugins,
    ...(community === undefined ? {} : { community }),
    ...(mcp === undefined ? {} : { mcp }),
    problems: problems.filter((problem) => !isWarning(problem)).map(problemLine),
    warnings: problems.filter(isWarning).map(problemLine),
    ...tests,
    trust: loaded.trust,
    credentials: ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"].map((name) => ({ name, isSet: Boolean(io.env[name]) })),
    sessions,
    search,
    shell,
    sandbox,
    notEnforced: [...notEnforced(sandbox), ...(community?.notEnforced ?? [])],
  };
}

/** Nothing is loaded for it when the config has no tests. */
async function testPermissions(loaded: LoadedConfig, io: ShellIo, cwd: string): Promise<Pick<Findings, "permissionTests">> {
  if (loaded.permissionTests.length === 0) return {};
  try {
    const { createPermissionsHost } = await import("./permissions-host.ts");
    const host = createPermissionsHost({ io, cwd, plugin: "doctor", signal: new AbortController().signal }, async () => loaded);
    const results = await host.test();
    const failed = results.filter(({ ok }) => !ok);
    return {
      permissionTests: {
        passed: results.length - failed.length,
        failed: failed.map(({ call, expect, got, source }) => `${source}: ${call} is ${got}, and ${expect} was expected`),
      },
    };
  } catch (error) {
    return { permissionTests: { passed: 0, failed: [], problem: messageOf(error) } };
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
