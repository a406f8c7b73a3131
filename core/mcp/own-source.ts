/** Registers the tools that come with MCP servers as such, under the built-in plugin that they are of. */
import { builtinLoaders } from "../builtins.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import type { Registry } from "../registry.ts";
import { version } from "../version.ts";
import type { Mcp } from "./mcp.ts";
import { ownPlugin, ownTools, runOwnTool } from "./own-tools.ts";

interface OwnParts {
  registry: Registry;
  /** Names of the configured servers. */
  servers: readonly string[];
  mcp(): Mcp;
}

export function ownManifest(servers: readonly string[]): PluginManifest {
  return {
    ...{ name: ownPlugin, version, description: "Tools that come with MCP servers.", permissions: {} },
    contributes: { tools: ownTools(servers), commands: [], taps: [], providers: [] },
  };
}

export function registerOwnTools({ registry, servers, mcp }: OwnParts): void {
  const manifest = ownManifest(servers);
  registry.replace({
    manifest,
    // The build compiles checks for the inputs of tools that are in a manifest of its own, and these are in none.
    isCommunity: true,
    load: async () => (await builtinLoaders[ownPlugin]?.())?.default ?? { name: ownPlugin, description: manifest.description },
    execute: (tool) => async (execution) => await runOwnTool(tool.name, execution, { mcp: mcp() }),
  });
}
