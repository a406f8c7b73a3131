/** Servers that a first request does not go out without: those whose tools are always sent, and those that are required. */
import { GantryError } from "../contract/errors.ts";
import type { McpServerFacts, McpServerSpec } from "../contract/mcp.ts";
import type { Mcp } from "./mcp.ts";
import { isComing } from "./usable-server.ts";

const mostAlwaysMs = 5_000;
/** Longer than the start's own bound, which says why. */
const graceMs = 2_000;

/**
 * Each within its own bound. One that is late is said, and comes at a later step; a required one ends the turn: MCP_REQUIRED. A
 * signal that is aborted ends the wait.
 */
export async function waitForNeeded(
  mcp: Mcp,
  { signal, note }: { signal: AbortSignal; note(text: string): void },
): Promise<void> {
  const needed = mcp.specs.filter(({ alwaysLoad, required }) => alwaysLoad || required);
  await Promise.all(
    needed.map(async (spec) => {
      const boundMs = boundOf(spec);
      await mcp.settled({ servers: [spec.name], boundMs, signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      const facts = mcp.facts().find(({ name }) => name === spec.name);
      if (facts === undefined || !isComing(facts) || signal.aborted) return;
      if (spec.required) throw unusable(facts, "it is still starting");
      note(`the MCP server ${spec.name} is still starting after ${boundMs / 1000} s; the first request goes out without it`);
    }),
  );
}

function boundOf({ required, startTimeoutMs }: McpServerSpec): number {
  return required ? startTimeoutMs + graceMs : Math.min(startTimeoutMs, mostAlwaysMs);
}

/** MCP_REQUIRED for one that is required and that nothing but the user can bring back. */
export function refuseUnusable(mcp: Mcp): void {
  const required = new Set(mcp.specs.filter((spec) => spec.required).map(({ name }) => name));
  if (required.size === 0) return;
  const gone = mcp.facts().find(({ name, state }) => required.has(name) && (state === "failed" || state === "needs-login"));
  if (gone === undefined) return;
  const { state, code = "MCP_START_FAILED", why } = gone;
  throw unusable(gone, state === "needs-login" ? "it needs a login" : `${code}${why === undefined ? "" : `: ${why}`}`);
}

function unusable({ name }: McpServerFacts, reason: string): GantryError {
  return new GantryError("MCP_REQUIRED", `the MCP server ${name} is required and cannot be used: ${reason}`);
}
