/** A server by its name, once it is known whether it can be used. */
import { type ErrorCode, errorTable, GantryError } from "../contract/errors.ts";
import type { McpServerFacts, McpServerSpec } from "../contract/mcp.ts";
import { mcpWord } from "../contract/mcp-names.ts";
import { didYouMean } from "../contract/nearest.ts";
import type { Mcp } from "./mcp.ts";

/** Its facts when it is ready. Waits for one that is starting, or idle. MCP_SERVER_UNKNOWN, and the code of what it failed with. */
export async function usableServer(name: string, mcp: Mcp, signal: AbortSignal): Promise<McpServerFacts> {
  const known = findServer(name, mcp);
  const spec = mcp.specs.find((each) => each.name === known.name);
  if (spec !== undefined && isComing(known)) await waitFor([spec], mcp, { boundMs: spec.startTimeoutMs, signal });
  const facts = mcp.facts().find((each) => each.name === known.name) ?? known;
  if (facts.state !== "ready") throw unusable(facts);
  return facts;
}

/** Whether it may become ready without anybody's doing. */
export function isComing({ state }: Pick<McpServerFacts, "state">): boolean {
  return state === "starting" || state === "idle" || state === "stopped";
}

export async function waitFor(
  specs: readonly McpServerSpec[],
  mcp: Mcp,
  { boundMs, signal }: { boundMs: number; signal: AbortSignal },
): Promise<void> {
  if (specs.length > 0) await mcp.settled({ servers: specs.map(({ name }) => name), boundMs, signal });
}

function findServer(name: string, mcp: Mcp): McpServerFacts {
  const all = mcp.facts();
  const found = all.find((each) => each.name === name) ?? all.find((each) => mcpWord(each.name) === name);
  if (found !== undefined) return found;
  const names = all.map((each) => each.name);
  throw unknownServer(name, names);
}

export function unknownServer(name: string, names: readonly string[]): GantryError {
  const known = names.length === 0 ? "None is configured." : `The servers are ${names.slice(0, 40).join(", ")}.`;
  return new GantryError("MCP_SERVER_UNKNOWN", `there is no MCP server ${name}.${didYouMean(name, names)} ${known}`);
}

/** Why a server that is not ready cannot be used, and what to do about it. */
export function unusable({ name, state, code, why }: McpServerFacts): GantryError {
  const said = why === undefined ? "" : `: ${why}`;
  if (state === "needs-login")
    return new GantryError("MCP_NEEDS_LOGIN", `the MCP server ${name} needs a login${said}; gantry mcp login ${name}`);
  if (state === "disabled" || state === "waiting") {
    const reason = state === "disabled" ? "is switched off in the config" : "waits for the user's trust in the project";
    // Its own words say where.
    const told = state === "disabled" && why !== undefined ? `is ${why}` : `${reason}${said}`;
    return new GantryError("MCP_SERVER_UNKNOWN", `the MCP server ${name} ${told}`);
  }
  if (isComing({ state })) return new GantryError("MCP_START_TIMEOUT", `the MCP server ${name} is still starting`);
  return new GantryError(errorCodeOf(code), `the MCP server ${name} cannot be used${said}`);
}

function errorCodeOf(code: string | undefined): ErrorCode {
  return code !== undefined && Object.hasOwn(errorTable, code) ? (code as ErrorCode) : "MCP_START_FAILED";
}
