/** Names of MCP servers: as found in the wild, and the form in which the names of their tools hold them. */

/** Letters, digits, `_ - .` and blanks between them. */
export const serverNamePattern = /^(?=.*[A-Za-z0-9])[A-Za-z0-9_.-](?:[A-Za-z0-9_. -]{0,62}[A-Za-z0-9_.-])?$/;

/** `my docs` → `my_docs`: tools are named `mcp__my_docs__search`. */
export function cleanServerName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}

/** Why a name cannot be used; undefined where it can. */
export function serverNameFault(name: string): string | undefined {
  if (name.length > 64) return `it has ${name.length} letters; a server's name may have 64`;
  if (!serverNamePattern.test(name)) {
    return "a server's name has letters, digits, _, -, . and blanks inside, and at least one letter or digit";
  }
  if (cleanServerName(name).includes("__")) {
    return `its tools would be named mcp__${cleanServerName(name)}__…, and two underscores in a row divide server from tool`;
  }
  return undefined;
}
