/** A call of a server's tool that is not there: its server may be starting, have failed, or have no such tool. */
import { codeOf, type ErrorCode, messageOf } from "../contract/errors.ts";
import { didYouMean } from "../contract/nearest.ts";
import type { RegisteredTool } from "../registry.ts";
import type { Mcp } from "./mcp.ts";
import { serverOf } from "./server-words.ts";
import { usableServer } from "./usable-server.ts";

interface Late {
  mcp: Mcp;
  signal: AbortSignal;
  /** Takes what the registry has now into `chosen`. */
  now: { refresh(): void; readonly chosen: { tools: readonly RegisteredTool[] } };
  /** Whether it is there and may not be used: a rule denies it, or --tools leaves it out. */
  isWithheld(name: string): boolean;
}

const mostNamed = 20;

/** Undefined for a name of no server. Waits at most as long as the server may take to start. */
export async function findLate(
  name: string,
  { mcp, signal, now, isWithheld }: Late,
): Promise<RegisteredTool | { code: ErrorCode; message: string } | undefined> {
  now.refresh();
  const found = (): RegisteredTool | undefined => now.chosen.tools.find((tool) => tool.name === name);
  const server = serverOf(name, mcp.facts());
  const known = found();
  if (known !== undefined || server === undefined || isWithheld(name)) return known;
  try {
    await usableServer(server.name, mcp, signal);
  } catch (error) {
    if (signal.aborted)
      return { code: "TOOL_INTERRUPTED", message: `the turn was cancelled while ${server.name} was starting` };
    return { code: codeOf(error) ?? "MCP_START_FAILED", message: messageOf(error) };
  }
  now.refresh();
  return found() ?? (isWithheld(name) ? undefined : missing(name, server.name, now));
}

function missing(name: string, server: string, { chosen }: Late["now"]): { code: ErrorCode; message: string } {
  const names = chosen.tools.filter((tool) => tool.mcp?.server === server).map((tool) => tool.name);
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : "";
  const offered = names.length === 0 ? "It offers none." : `It offers ${names.slice(0, mostNamed).join(", ")}${more}.`;
  const near = didYouMean(name, names);
  return { code: "TOOL_UNKNOWN", message: `the MCP server ${server} has no tool ${name}.${near} ${offered}` };
}
