/** Names of all MCP servers that the config speaks of, whether they can be used now or not: what rules and hooks may name. */
import type { LoadedConfig } from "../config/loaded.ts";

/** Undefined where the config does not say: nothing is then checked against them. */
export function knownServers({ mcp }: Partial<Pick<LoadedConfig, "mcp">>): string[] | undefined {
  if (mcp === undefined) return undefined;
  return [...mcp.servers, ...mcp.waiting, ...mcp.disabled].map(({ name }) => name);
}
