/** Names of MCP servers as they stand in names of tools: `mcp__<word>__<tool>`. */

/** Every letter but A-Za-z0-9_- is `_`. */
export function mcpWord(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}

export function isMcpTool(name: string): boolean {
  return /^mcp__.+?__./s.test(name);
}

/** The configured server that a tool's or rule's name speaks of, whether the server runs or not; of two that fit, the longer. */
export function mcpServerOf(name: string, servers: readonly string[]): string | undefined {
  const fits = servers.filter((server) => `${name}__`.startsWith(`mcp__${mcpWord(server)}__`));
  return fits.toSorted((a, b) => b.length - a.length)[0];
}
