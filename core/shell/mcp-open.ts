/** The MCP servers of a config without a session, for commands that look at them. Nothing is started before it is asked for. */
import type { LoadedConfig } from "../../config/loaded.ts";
import { problemLine } from "../../config/problems.ts";
import { GantryError } from "../contract/errors.ts";
import type { McpServerFacts } from "../contract/mcp.ts";
import type { JsonObject } from "../contract/messages.ts";
import { lazyWorkers } from "../lazy-workers.ts";
import { createFacts } from "../mcp/facts.ts";
import type { Mcp } from "../mcp/mcp.ts";
import { openMcp } from "../mcp/open.ts";
import { createRegistry, type Registry } from "../registry.ts";
import { createRedactor } from "../turn/redact.ts";
import { version } from "../version.ts";
import type { ShellIo } from "./io.ts";

export interface OpenServers {
  mcp: Mcp;
  registry: Registry;
  /** Without the values of secrets that servers were given: they print what they like. */
  clean<T>(said: T): T;
  close(): Promise<void>;
}

export function openServers(config: LoadedConfig, { env }: Pick<ShellIo, "env">): OpenServers {
  const workers = lazyWorkers({ env });
  const registry = createRegistry();
  const secrets: string[] = [];
  const keepSecret = (values: readonly string[]): void => void secrets.push(...values);
  const mcp = openMcp({ config, version, env, registry, workers, keepSecret });
  const redactor = createRedactor([env, config.config.env], secrets);
  return {
    mcp,
    registry,
    clean: <T>(said: T): T => redactor.data({ said } as unknown as JsonObject)["said"] as T,
    async close() {
      await mcp.close();
      await workers.close();
    },
  };
}

/** Why a server that a config file names is not used: its entry is wrong. */
export function leftOut(name: string, { problems }: Pick<LoadedConfig, "problems">): GantryError | undefined {
  const wrong = problems.filter(({ key = "" }) => key === `mcpServers.${name}` || key.startsWith(`mcpServers.${name}.`));
  return wrong.length === 0 ? undefined : new GantryError("CONFIG_INVALID", wrong.map(problemLine).join("\n"));
}

/** The longest that commands wait for all servers together. */
const mostMs = 120_000;
/** Longer than each server's own bound, which says why. */
const graceMs = 2_000;

/** Every usable server started for real, side by side and each within its own bound; then all are ended. */
export async function checkServers(
  config: LoadedConfig,
  io: Pick<ShellIo, "env">,
  signal: AbortSignal,
): Promise<McpServerFacts[]> {
  const { servers } = config.mcp;
  if (servers.length === 0) return createFacts(config.mcp).all();
  const open = openServers(config, io);
  try {
    const boundMs = Math.min(mostMs, Math.max(...servers.map(({ startTimeoutMs }) => startTimeoutMs)) + graceMs);
    await open.mcp.settled({ boundMs, signal });
    return open.clean(open.mcp.facts());
  } finally {
    await open.close();
  }
}
