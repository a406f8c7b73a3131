/** Names of MCP servers, their tools and prompts: `mcp__<server>__<name>`, of A-Za-z0-9_-; models take at most 64 characters. */

const longest = 64;
/** Of the server's part of a tool's name: what is longer is cut, the same way in each of its tools' names. */
const longestServer = 40;

/** Every letter but A-Za-z0-9_- is `_`. */
export function mcpWord(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}

/** What all names of a server's tools begin with. */
export function mcpPrefix(server: string): string {
  const word = mcpWord(server);
  return `mcp__${word.length > longestServer ? cutServer(word, server) : word}__`;
}

/** As models see it; rules may write it so, or as mcpFullName. */
export function mcpToolName(server: string, tool: string): { name: string; shortened: boolean } {
  const whole = `${mcpPrefix(server)}${mcpWord(tool)}`;
  const name = whole.length > longest ? cutTo(longest, whole, `${server}\0${tool}`) : whole;
  return { name, shortened: name !== whole };
}

/** However long. */
export function mcpFullName({ server, tool }: { server: string; tool: string }): string {
  return `mcp__${mcpWord(server)}__${mcpWord(tool)}`;
}

export function isMcpTool(name: string): boolean {
  return /^mcp__.+?__./s.test(name);
}

/** The configured server that a tool's or rule's name speaks of, whether the server runs or not; of two that fit, the longer. */
export function mcpServerOf(name: string, servers: readonly string[]): string | undefined {
  const begins = (prefix: string): boolean => `${name}__`.startsWith(prefix);
  const fits = servers.filter((server) => begins(`mcp__${mcpWord(server)}__`) || begins(mcpPrefix(server)));
  return fits.toSorted((a, b) => b.length - a.length)[0];
}

/** The first two underscores behind `mcp__` divide server from tool: a cut never makes two. */
function cutServer(word: string, server: string): string {
  return cutTo(longestServer, word, server).replace(/_+(?=_[0-9a-f]{8}$)/, "");
}

/** The end of `text` gives way to 8 hex digits of a hash of `whole`. */
function cutTo(length: number, text: string, whole: string): string {
  return `${text.slice(0, length - 9)}_${hashOf(whole)}`;
}

/** FNV-1a. Nothing rests on it but that two names seldom meet, which is seen: node:crypto would cost 3 ms. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}
