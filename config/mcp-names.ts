/** Names of MCP servers as found in the wild. */
import { mcpWord } from "../core/contract/mcp-names.ts";

/** Letters, digits, `_ - .` and blanks between them. */
export const serverNamePattern = /^(?=.*[A-Za-z0-9])[A-Za-z0-9_.-](?:[A-Za-z0-9_. -]{0,62}[A-Za-z0-9_.-])?$/;

/** Why a name cannot be used; undefined where it can. */
export function serverNameFault(name: string): string | undefined {
  if (name.length > 64) return `it has ${name.length} letters; a server's name may have 64`;
  if (!serverNamePattern.test(name)) {
    return "a server's name has letters, digits, _, -, . and blanks inside, and at least one letter or digit";
  }
  if (mcpWord(name).includes("__")) {
    return `its tools would be named mcp__${mcpWord(name)}__…, and two underscores in a row divide server from tool`;
  }
  if (/^_|_$/.test(mcpWord(name))) {
    return `its tools would be named mcp__${mcpWord(name)}__…, and where the server's part begins or ends with an underscore, server and tool cannot be told apart`;
  }
  return undefined;
}
