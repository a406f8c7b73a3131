/** Names of all MCP servers that the config speaks of, whether they can be used now or not: what rules and hooks may name. */
import type { LoadedConfig } from "../config/loaded.ts";

const keyStart = "mcpServers.";

/** Also of entries that were left out, which problems tell. Undefined where the config does not say: nothing is then checked. */
export function knownServers({
  mcpPlaces,
  problems = [],
}: Partial<Pick<LoadedConfig, "mcpPlaces" | "problems">>): string[] | undefined {
  if (mcpPlaces === undefined) return undefined;
  const leftOut = problems.flatMap(({ key = "" }) => (key.startsWith(keyStart) ? [key.slice(keyStart.length)] : []));
  return [...new Set([...mcpPlaces.map(({ name }) => name), ...leftOut.filter((name) => name !== "")])];
}
