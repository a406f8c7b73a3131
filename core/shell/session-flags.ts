/** The session flags of `run` and of bare `gantry`, as values: checked where the parser cannot, all problems at once. */
import path from "node:path";
import type { Json } from "../contract/messages.ts";
import type { CommandInput } from "../contract/plugin.ts";
import { usageError } from "./command-line.ts";

export interface SessionFlags {
  /** An id or prefix, or `last`. */
  resume: string | undefined;
  approve: "always" | "never" | "prompt" | undefined;
  tools: string[] | undefined;
  systemPrompt: string | undefined;
  appendSystemPrompt: string | undefined;
  noPlugins: boolean;
  /** Folders, absolute, of plugins of this run alone. */
  plugins: string[];
  /** What those may do, as typed. */
  grants: string[];
  allowRootBypass: boolean;
  quiet: boolean;
  verbose: boolean;
  /** What config/load.ts takes. */
  config: {
    config?: string;
    mcpConfig?: string[];
    set: string[];
    overrides: { key: string; value: Json; flag: string }[];
    trust: boolean;
  };
}

/** USAGE_INVALID. */
export function readSessionFlags(flags: CommandInput["flags"], command: string, cwd: string): SessionFlags {
  const problems: string[] = [];
  const text = (name: string): string | undefined => (typeof flags[name] === "string" ? flags[name] : undefined);
  const list = (name: string): string[] => (Array.isArray(flags[name]) ? flags[name] : []);
  if (flags["continue"] && flags["resume"] !== undefined) problems.push("--continue and --resume exclude each other.");
  if (flags["quiet"] && flags["verbose"]) problems.push("--quiet and --verbose exclude each other.");
  const plugins = list("plugin").map((folder) => path.resolve(cwd, folder));
  const grants = list("grant");
  if (flags["no-plugins"] && plugins.length > 0) problems.push("--no-plugins and --plugin exclude each other.");
  if (flags["no-plugins"] && flags["mcp-config"] !== undefined)
    problems.push("--no-plugins and --mcp-config exclude each other.");
  if (grants.length > 0 && plugins.length === 0)
    problems.push("--grant goes with --plugin; gantry plugins grants changes what an installed one may do.");
  const tools = text("tools")
    ?.split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const overrides = readOverrides(flags, problems, cwd);
  if (problems.length > 0) throw usageError(problems, command);
  const config = text("config");
  return {
    resume: flags["continue"] ? "last" : text("resume"),
    approve: text("approve") as SessionFlags["approve"],
    tools,
    systemPrompt: text("system-prompt"),
    appendSystemPrompt: text("append-system-prompt"),
    noPlugins: flags["no-plugins"] === true,
    plugins,
    grants,
    allowRootBypass: flags["allow-root-bypass"] === true,
    quiet: flags["quiet"] === true,
    verbose: flags["verbose"] === true,
    config: {
      ...(config === undefined ? {} : { config: path.resolve(cwd, config) }),
      ...(flags["mcp-config"] === undefined ? {} : { mcpConfig: list("mcp-config").map((file) => path.resolve(cwd, file)) }),
      set: list("set"),
      overrides,
      trust: flags["trust"] === true,
    },
  };
}

const numbers = [
  { flag: "max-turns", key: "limits.maxTurns", whole: true },
  { flag: "max-cost", key: "limits.maxCostUsd", whole: false },
  { flag: "timeout", key: "limits.timeoutSeconds", whole: false },
] as const;

const texts = [
  { flag: "model", key: "model" },
  { flag: "permission-mode", key: "permissions.mode" },
] as const;

const lists = [
  { flag: "allow", key: "permissions.allow" },
  { flag: "ask", key: "permissions.ask" },
  { flag: "deny", key: "permissions.deny" },
  { flag: "add-dir", key: "permissions.additionalDirectories" },
] as const;

function readOverrides(flags: CommandInput["flags"], problems: string[], cwd: string): SessionFlags["config"]["overrides"] {
  const overrides: SessionFlags["config"]["overrides"] = [];
  for (const { flag, key } of texts) {
    const value = flags[flag];
    if (typeof value === "string") overrides.push({ key, value, flag: `--${flag}` });
  }
  for (const { flag, key, whole } of numbers) {
    const given = flags[flag];
    if (given === undefined) continue;
    const value = Number(given);
    if (String(given).trim() === "" || !Number.isFinite(value) || value <= 0 || (whole && !Number.isInteger(value))) {
      problems.push(`--${flag} takes a ${whole ? "whole " : ""}number above 0, not ${JSON.stringify(given)}.`);
    } else overrides.push({ key, value, flag: `--${flag}` });
  }
  for (const { flag, key } of lists) {
    const value = flags[flag];
    if (!Array.isArray(value)) continue;
    overrides.push({ key, value: flag === "add-dir" ? value.map((dir) => path.resolve(cwd, dir)) : value, flag: `--${flag}` });
  }
  return overrides;
}

/** Flags of a command that opens a session: none were given. */
export const noSessionFlags: SessionFlags = {
  resume: undefined,
  approve: undefined,
  tools: undefined,
  systemPrompt: undefined,
  appendSystemPrompt: undefined,
  noPlugins: false,
  plugins: [],
  grants: [],
  allowRootBypass: false,
  quiet: false,
  verbose: false,
  config: { set: [], overrides: [], trust: false },
};
