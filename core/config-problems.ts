/**
 * Everything that is wrong with a loaded config, in one list: what its layers say against the schema, the permission rules
 * that fit none of the tools, and the hooks that cannot work. The config room does not know the tools; this is where they meet.
 */
import type { LoadedConfig } from "../config/loaded.ts";
import type { Community } from "./community/found.ts";
import type { ConfigProblem } from "./contract/host.ts";
import { type PluginManifest, type ToolManifest, toolsOf } from "./contract/manifest.ts";
import { knownServers } from "./known-servers.ts";
import { parseRules } from "./permission/rules/rules.ts";

type Looked = Pick<LoadedConfig, "problems" | "ruleList" | "heldRules" | "hookList" | "heldHooks" | "project"> &
  Partial<Pick<LoadedConfig, "mcp">>;

/**
 * Rules and hooks that wait for trust are looked at too: they would be wrong as soon as they are trusted. Problems that are
 * warnings stop nothing.
 */
export async function configProblems(config: Looked, manifests: readonly PluginManifest[]): Promise<ConfigProblem[]> {
  const tools = toolsOf(manifests);
  const servers = knownServers(config);
  const rules = [...config.ruleList, ...config.heldRules];
  const hooks = [...config.hookList, ...config.heldHooks];
  return [
    ...config.problems,
    ...(rules.length === 0 ? [] : parseRules(rules, tools, servers).problems),
    ...(hooks.length === 0 ? [] : await hookProblems(hooks, config.project, { tools, servers })),
  ];
}

/** The same with what is known of installed plugins: rules may name their tools, and the config's list those that are there. */
export async function knownProblems(
  config: Looked,
  builtins: readonly PluginManifest[],
  { manifests, problems }: Pick<Community, "manifests" | "problems">,
): Promise<ConfigProblem[]> {
  return [...(await configProblems(config, [...builtins, ...manifests])), ...problems];
}

/** Loaded when there is a hook. */
async function hookProblems(
  hooks: LoadedConfig["hookList"],
  project: string,
  { tools, servers }: { tools: readonly ToolManifest[]; servers: readonly string[] | undefined },
): Promise<ConfigProblem[]> {
  const { parseHooks } = await import("./config-hooks/declared/parse.ts");
  return (await parseHooks(hooks, { tools, project, ...(servers === undefined ? {} : { servers }) })).problems;
}
