/** Names of servers inside names of tools and prompts: `mcp__<server>__<name>`. */
import type { McpServerSpec } from "../contract/mcp.ts";
import type { InputContent } from "../contract/messages.ts";

/** A server's or prompt's name as it stands in a tool's name. */
export function wordOf(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}

/** What all names of a server's tools begin with. */
export function prefixOf(server: string): string {
  return `mcp__${wordOf(server)}__`;
}

/** The server that a name of this form speaks of; where one server's name begins another's, the longer one. */
export function serverOf<Spec extends Pick<McpServerSpec, "name">>(name: string, specs: readonly Spec[]): Spec | undefined {
  return specs.filter((spec) => name.startsWith(prefixOf(spec.name))).toSorted((a, b) => b.name.length - a.name.length)[0];
}

/** Whether an input is a call of a server's prompt: `/mcp__server__prompt …`. With a space before it, it is a text like any other. */
export function isPromptCall(content: readonly InputContent[]): boolean {
  const [first] = content;
  return first?.type === "text" && /^\/mcp__[^\s_]\S*?__\S/.test(first.text);
}
