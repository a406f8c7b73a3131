/** Names of servers in what is written: `mcp__<server>__<name>`. */
import { mcpServerOf } from "../contract/mcp-names.ts";
import type { InputContent } from "../contract/messages.ts";

/** The one of `specs` that a tool's or prompt's name speaks of. */
export function serverOf<Spec extends { name: string }>(name: string, specs: readonly Spec[]): Spec | undefined {
  const server = mcpServerOf(
    name,
    specs.map((spec) => spec.name),
  );
  return specs.find((spec) => spec.name === server);
}

/** Whether an input is a call of a server's prompt: `/mcp__server__prompt …`. With a space before it, it is a text like any other. */
export function isPromptCall(content: readonly InputContent[]): boolean {
  const [first] = content;
  return first?.type === "text" && /^\/mcp__[^\s_]\S*?__\S/.test(first.text);
}
