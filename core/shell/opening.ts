/**
 * host.surface.opening: how a session would begin here, found by the functions that a session begins with. Nothing is started,
 * sent or written: plugins are known from their manifests, MCP servers from the config, hooks and scripts are not run.
 */
import type { LoadedConfig } from "../../config/loaded.ts";
import { findCommunity } from "../community/found.ts";
import { knownProblems } from "../config-problems.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import type { Opening } from "../contract/surface.ts";
import { createRegistry, type PluginSource, type RegisteredTool, type Registry } from "../registry.ts";
import { type Chosen, chooseTools } from "../session-calls.ts";
import { promptFacts, readInstructions } from "../session-prompt.ts";
import { charactersPerToken, promptSections, toolSpecs } from "../turn/prompt.ts";
import { version } from "../version.ts";
import { createHooksHost } from "./hooks-host.ts";
import type { HostOptions } from "./host-options.ts";
import { openingPlugins } from "./opening-plugins.ts";
import { openingStops } from "./opening-stops.ts";

/** Works with a config that no run would start with: what is wrong is in `problems` and `stops`. */
export async function openingOf(options: HostOptions, config: LoadedConfig): Promise<Opening> {
  const { cwd, io } = options;
  const community = await findCommunity(config, io.manifests());
  const registry = await registryOf(io.manifests(), community.taken, config);
  const chosen = chooseTools({ registry, config, live: { ruleLines: config.ruleList } });
  const problems = await knownProblems(config, io.manifests(), community);
  const [layers, plugins, hooks, prompt, stops, tools] = await Promise.all([
    config.host().paths(),
    openingPlugins(io.manifests(), community, config.config.isolation),
    createHooksHost(options, async () => config).list(),
    promptOf(options, config, chosen),
    openingStops({ config, community, problems, registry }),
    toolsOffered(chosen, config),
  ]);
  return {
    ...{ version, project: config.project, cwd },
    model: { value: config.config.model, from: config.sourceOf("model") },
    mode: { value: config.config.permissions.mode, from: config.sourceOf("permissions.mode") },
    ...{ stops, layers, problems, trust: config.trust, plugins },
    ...{ hooks: hooks.hooks, taps: hooks.taps, servers: serversOf(config) },
    ...prompt,
    tools,
  };
}

/** What a runtime's registry holds before anything runs. */
async function registryOf(
  builtins: readonly PluginManifest[],
  taken: readonly { manifest: PluginManifest }[],
  { mcp }: Pick<LoadedConfig, "mcp">,
): Promise<Registry> {
  const registry = createRegistry();
  for (const manifest of builtins) registry.add(unloaded(manifest));
  for (const { manifest } of taken) registry.replace({ ...unloaded(manifest), isCommunity: true });
  if (mcp.servers.length === 0 || builtins.every(({ name }) => name !== "mcp")) return registry;
  const { ownManifest } = await import("../mcp/own-source.ts");
  registry.replace({ ...unloaded(ownManifest(mcp.servers.map(({ name }) => name))), isCommunity: true });
  return registry;
}

/** A plugin that nobody calls: its names are all that is looked at. */
function unloaded(manifest: PluginManifest): PluginSource {
  const { name, description, contributes } = manifest;
  const never = (): never => {
    throw new Error(`${name} is described and not run`);
  };
  return {
    manifest,
    load: async () => ({
      ...{ name, description },
      providers: contributes.providers.map((provider) => ({ name: provider, stream: never, contextWindow: never })),
    }),
    execute: () => never,
  };
}

async function promptOf(
  { cwd, io }: HostOptions,
  config: LoadedConfig,
  { rules }: Chosen,
): Promise<Pick<Opening, "instructions" | "hidden" | "prompt">> {
  const place = { config, cwd, env: io.env };
  const hidden: string[] = [];
  const instructions = await readInstructions(rules, place, (real) => hidden.push(real));
  return {
    instructions: instructions.map(({ file, bytes, truncated }) => ({ file, bytes, truncated })),
    hidden: [...new Set(hidden)].sort(),
    prompt: promptSections(promptFacts(instructions, place)).map(({ name, text }) => ({
      ...{ name, characters: text.length },
      tokens: tokensOf(text.length),
    })),
  };
}

/** Of the first request: none of the servers has told what it offers by then. */
async function toolsOffered({ tools }: Chosen, { mcp }: LoadedConfig): Promise<Opening["tools"]> {
  return (mcp.servers.length === 0 ? tools : await withServers(tools)).map((tool) => ({
    ...{ name: tool.name, effect: tool.effect, plugin: tool.plugin },
    tokens: tokensOf(JSON.stringify(toolSpecs([tool])[0]).length),
  }));
}

async function withServers(tools: readonly RegisteredTool[]): Promise<readonly RegisteredTool[]> {
  const { createDeferral } = await import("../mcp/deferral.ts");
  const resources = { areThere: false, areWatchable: false };
  return createDeferral({ wasOn: false }).offer(tools, { maxTokens: Number.POSITIVE_INFINITY, loaded: [], resources });
}

function serversOf({ mcp: { servers, waiting, disabled } }: LoadedConfig): Opening["servers"] {
  return [
    ...servers.map(({ name, source }) => ({ name, state: "usable" as const, source })),
    ...waiting.map(({ name, source }) => ({ name, state: "waiting" as const, source })),
    ...disabled.map(({ name, source }) => ({ name, state: "disabled" as const, source })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function tokensOf(characters: number): number {
  return Math.ceil(characters / charactersPerToken);
}
