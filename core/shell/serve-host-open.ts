/**
 * Flags become a runtime, as for `run`, and each client a place in it. One runtime for all clients: they share its config,
 * threads and MCP servers, and nothing of a session.
 */
import type { CommandInput } from "../contract/plugin.ts";
import type { Served, ServedClient, ServedSession, ServedTool } from "../contract/serve.ts";
import type { Runtime } from "../runtime.ts";
import { version } from "../version.ts";
import type { HostOptions } from "./host-options.ts";
import { createServedCalls } from "./serve-host-calls.ts";
import { createServedRuns, type RunSlots } from "./serve-host-runs.ts";
import { readSessionFlags } from "./session-flags.ts";
import { start } from "./start.ts";

/** Of all clients together. */
const mostRuns = 4;

/** CONFIG_*, RULE_INVALID, TRUST_REQUIRED, USAGE_INVALID, PLUGIN_*. */
export async function openServed(flags: CommandInput["flags"], { io, cwd, signal }: HostOptions): Promise<Served> {
  const session = readSessionFlags(flags, "mcp serve", cwd);
  // Nobody is at a terminal: what a session asks is asked of its own client.
  const { runtime } = await start({ io, cwd, flags: session, front: {}, wantCost: true, signal });
  const slots: RunSlots = { taken: 0, most: mostRuns };
  return {
    version,
    cwd,
    tools: () => runtime.tools().filter(isServed),
    connect: (client) => connect(client, runtime, slots),
    // A signal is how it ends as a rule: hooks have their time, until a second one.
    close: async () => await runtime.close("done"),
  };
}

function connect(client: ServedClient, runtime: Runtime, slots: RunSlots): ServedSession {
  const isOffered = (name: string): boolean => runtime.tools().some((tool) => tool.name === name && isServed(tool));
  const calls = createServedCalls({ client, runtime, isOffered });
  const runs = createServedRuns({ client, runtime, slots });
  return {
    call: calls.call,
    run: runs.run,
    close: async () => void (await Promise.all([calls.close(), runs.close()])),
  };
}

/** Other servers' tools are theirs to serve; a client that wants to ask its user needs no tool of ours; `run` is the agent. */
function isServed({ name, plugin }: ServedTool): boolean {
  return plugin !== "mcp" && !plugin.startsWith("mcp:") && name !== "AskUserQuestion" && name !== "run";
}
