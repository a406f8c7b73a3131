/** What doctor finds of installed plugins: whether a run would use each, what it may, and what surrounds it on this machine. */
import type { LoadedConfig } from "../../config/loaded.ts";
import { type Community, findCommunity } from "../community/found.ts";
import { codeOf, messageOf } from "../contract/errors.ts";
import type { InstalledPlugin } from "../contract/installed.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import type { PluginFinding } from "./doctor-plugins.ts";

export interface CommunityFinding extends PluginFinding {
  version: string;
  scope: InstalledPlugin["scope"];
  required: boolean;
}

export interface CommunityReport {
  plugins: CommunityFinding[];
  isolation: { require: "none" | "os"; osBoundary: boolean; why?: string };
  /** What cannot be enforced here; empty without a plugin. */
  notEnforced: string[];
  /** Why a run would end with exit 7. */
  required?: string;
}

/** Undefined, and nothing loaded or tried, where none is installed or named. */
export async function reportCommunity(
  loaded: LoadedConfig,
  builtins: readonly PluginManifest[],
  options: { plugins: boolean },
): Promise<CommunityReport | undefined> {
  const community = await findCommunity(loaded, builtins);
  const { taken, left, waiting, off, problems } = community;
  if (taken.length + left.length + waiting.length + off.length + problems.length === 0) return undefined;
  const [{ osBoundary }, { wordsOf }, { sourceOf }] = await Promise.all([
    import("../../workers/guests/os-boundary.ts"),
    import("../permission/scopes/words.ts"),
    import("../plugin-store/installed.ts"),
  ]);
  const { works, why } = await osBoundary();
  const { require } = loaded.config.isolation;
  const finding = (plugin: InstalledPlugin, problem: string | undefined, required: boolean): CommunityFinding => ({
    ...{ name: plugin.name, version: plugin.version, scope: plugin.scope, required },
    ...offered(plugin.manifest),
    ...stateOf(problem, options),
    may: wordsOf(plugin.grants).words.map(({ words }) => words),
  });
  const plugins = await Promise.all([
    ...taken.map(async (plugin) => {
      const wrong = await sourceOf({ ...plugin, sha512: plugin.lock.sha512 }).then(() => undefined, problemText);
      const unbound = require === "os" && !works ? `isolation.require is os: ${why}` : undefined;
      return finding(plugin, wrong ?? unbound, plugin.required);
    }),
    ...left.map(async ({ plugin, message, required }) => finding(plugin, message, required)),
    ...waiting.map(async (plugin) => finding(plugin, "it waits for your consent: gantry plugins install", false)),
    ...off.map((plugin) => ({ ...finding(plugin, undefined, false), state: "left out" as const, problem: whyOff(plugin) })),
  ]);
  const missing = [...requiredIn(plugins), ...requiredNames(community)];
  return {
    plugins: plugins.sort((a, b) => (a.name < b.name ? -1 : 1)),
    isolation: { require, osBoundary: works, ...(works ? {} : { why }) },
    notEnforced: notEnforced({ works, why }),
    ...(missing.length === 0 ? {} : { required: missing.join("\n") }),
  };
}

function whyOff({ name, state }: InstalledPlugin): string {
  return state === "disabled" ? `it is disabled: gantry plugins enable ${name}` : "the config switches it off";
}

function offered(manifest: PluginManifest | undefined): Pick<PluginFinding, "tools" | "commands" | "providers"> {
  const { tools = [], commands = [], providers = [] } = manifest?.contributes ?? {};
  return { tools: tools.map(({ name }) => name), commands: commands.map(({ id }) => id), providers };
}

function stateOf(problem: string | undefined, { plugins }: { plugins: boolean }): Pick<PluginFinding, "state" | "problem"> {
  if (!plugins) return { state: "left out", problem: "--no-plugins" };
  return problem === undefined ? { state: "loaded" } : { state: "failed", problem };
}

function problemText(error: unknown): string {
  return `${codeOf(error) ?? "INTERNAL"}: ${messageOf(error)}`;
}

function requiredIn(plugins: readonly CommunityFinding[]): string[] {
  return plugins.flatMap(({ name, required, state, problem }) =>
    required && state === "failed" ? [`${name} is required and not usable: ${problem}`] : [],
  );
}

function requiredNames({ problems }: Community): string[] {
  return problems.flatMap(({ code, message }) => (code === "PLUGIN_REQUIRED" ? [message] : []));
}

function notEnforced({ works, why }: { works: boolean; why: string }): string[] {
  const shared = "Plugins share this machine's processor: their quotas bound what they take, and nothing more.";
  if (works) return [shared];
  return [
    `Plugins run in process + realm; no OS boundary: ${why}`,
    "A flaw of the JavaScript engine would therefore give a plugin your authority; isolation.require os refuses plugins instead.",
    shared,
  ];
}
