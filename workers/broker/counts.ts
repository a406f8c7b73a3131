/** What is counted for a plugin over all its calls, restarts included: by the runtime that it runs in, and no longer than that. */
import type { BrokerHost } from "../broker.ts";
import type { TokenCount } from "../effects/model-ask.ts";

interface Counts {
  tokens: Map<string, TokenCount>;
  notices: Map<string, number[]>;
  runs: Map<string, Set<string>>;
}

const byHost = new WeakMap<BrokerHost, Counts>();
/** Sessions beyond these are counted from 0 again. */
const mostSessions = 10_000;

function countsOf(host: BrokerHost): Counts {
  const known = byHost.get(host) ?? { tokens: new Map(), notices: new Map(), runs: new Map() };
  byHost.set(host, known);
  return known;
}

export function tokensOf(host: BrokerHost, plugin: string, sessionId: string): TokenCount {
  const { tokens } = countsOf(host);
  const name = `${plugin}\n${sessionId}`;
  const known = tokens.get(name);
  if (known) return known;
  const [oldest] = tokens.keys();
  if (tokens.size >= mostSessions && oldest !== undefined) tokens.delete(oldest);
  const count: TokenCount = { used: 0, reserved: 0 };
  tokens.set(name, count);
  return count;
}

/** The background runs that the plugin started in the session; what others started is none of its business. */
export function runsOf(host: BrokerHost, plugin: string, sessionId: string): Set<string> {
  const { runs } = countsOf(host);
  const name = `${plugin}\n${sessionId}`;
  const known = runs.get(name);
  if (known) return known;
  const [oldest] = runs.keys();
  if (runs.size >= mostSessions && oldest !== undefined) runs.delete(oldest);
  const own = new Set<string>();
  runs.set(name, own);
  return own;
}

export function noticesOf(host: BrokerHost, plugin: string): number[] {
  const { notices } = countsOf(host);
  const known = notices.get(plugin) ?? [];
  notices.set(plugin, known);
  return known;
}
