/** What the loaded plugins contributed. Refuses two of one name, with both owners named. */
import { GantryError } from "./contract/errors.ts";
import type { Execute } from "./contract/execution.ts";
import type { PluginManifest, ToolManifest } from "./contract/manifest.ts";
import type { McpTool } from "./contract/mcp.ts";
import { didYouMean } from "./contract/nearest.ts";
import type { PluginDefinition, ProviderDefinition } from "./contract/plugin.ts";

export interface RegisteredTool extends ToolManifest {
  plugin: string;
  /** Its input's schema is a stranger's. */
  isCommunity?: true;
  /** Of an MCP server: both names as the server's own. */
  mcp?: McpOrigin;
  execute: Execute;
}

export interface McpOrigin {
  server: string;
  tool: string;
  /** Never deferred. */
  isAlwaysLoaded: boolean;
  /** What the server says of it, which nothing checks. */
  annotations?: McpTool["annotations"];
}

/** A plugin as the registry takes it: its manifest, and how to reach its code when it is needed. */
export interface PluginSource {
  manifest: PluginManifest;
  isCommunity?: true;
  load(): Promise<PluginDefinition>;
  execute(tool: ToolManifest): Execute;
  /** Absent: its tools are of no MCP server. */
  mcpOf?(tool: ToolManifest): McpOrigin;
}

export interface Registry {
  /** NAME_TAKEN. */
  add(source: PluginSource): void;
  /** In place of what a plugin of the same name contributed. NAME_TAKEN, and then nothing has changed. */
  replace(source: PluginSource): void;
  /** What a plugin contributed is gone; nothing happens where it contributed nothing. */
  remove(plugin: string): void;
  /** Rises with each replacement and removal. */
  readonly generation: number;
  tools(): readonly RegisteredTool[];
  findTool(name: string): RegisteredTool | undefined;
  /** MODEL_INVALID when no plugin offers it. */
  provider(name: string): Promise<ProviderDefinition>;
}

export function createRegistry(): Registry {
  let plugins: PluginSource[] = [];
  let tools = new Map<string, RegisteredTool>();
  let providers = new Map<string, PluginSource>();
  let generation = 0;

  function claim<T>(
    table: Map<string, T>,
    name: string,
    entry: T,
    what: string,
    owner: string,
    ownerOf: (entry: T) => string,
  ): void {
    const holder = table.get(name);
    if (holder !== undefined) {
      throw new GantryError("NAME_TAKEN", `plugins ${ownerOf(holder)} and ${owner} both offer the ${what} ${name}`);
    }
    table.set(name, entry);
  }

  function add(source: PluginSource): void {
    const { name, contributes } = source.manifest;
    if (plugins.some((other) => other.manifest.name === name)) {
      throw new GantryError("NAME_TAKEN", `two plugins are named ${name}`);
    }
    for (const tool of contributes.tools) {
      const origin = source.isCommunity ? { isCommunity: source.isCommunity } : {};
      const mcp = source.mcpOf ? { mcp: source.mcpOf(tool) } : {};
      const entry = { ...tool, plugin: name, ...origin, ...mcp, execute: source.execute(tool) };
      claim(tools, tool.name, entry, "tool", name, (held) => held.plugin);
    }
    for (const provider of contributes.providers) {
      claim(providers, provider, source, "provider", name, (held) => held.manifest.name);
    }
    plugins.push(source);
  }

  /** All anew, or nothing has changed. */
  function rebuild(all: readonly PluginSource[]): void {
    const before = { plugins, tools, providers };
    [plugins, tools, providers] = [[], new Map(), new Map()];
    try {
      for (const plugin of all) add(plugin);
      generation++;
    } catch (error) {
      ({ plugins, tools, providers } = before);
      throw error;
    }
  }

  return {
    add,
    replace(source) {
      const all = plugins.map((plugin) => (plugin.manifest.name === source.manifest.name ? source : plugin));
      rebuild(all.includes(source) ? all : [...all, source]);
    },
    remove(name) {
      const left = plugins.filter((plugin) => plugin.manifest.name !== name);
      if (left.length < plugins.length) rebuild(left);
    },
    get generation() {
      return generation;
    },
    tools: () => [...tools.values()],
    findTool: (name) => tools.get(name),
    async provider(name) {
      const source = providers.get(name);
      const known = [...providers.keys()];
      if (!source) {
        const offered = known.length === 0 ? "no provider is loaded" : `this build has ${known.join(", ")}`;
        throw new GantryError("MODEL_INVALID", `no provider is named ${name}; ${offered}.${didYouMean(name, known)}`);
      }
      const found = (await source.load()).providers?.find((provider) => provider.name === name);
      if (!found)
        throw new GantryError(
          "PLUGIN_INVALID",
          `plugin ${source.manifest.name} declares provider ${name} but does not have it`,
        );
      return found;
    },
  };
}
