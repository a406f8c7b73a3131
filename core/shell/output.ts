/** What `run` puts on stdout in its three forms, and the exit code that an outcome means. */
import { type ErrorFacts, errorTable } from "../contract/errors.ts";
import type { Delta, SessionEvent } from "../contract/events.ts";
import type { McpServerFacts } from "../contract/mcp.ts";
import type { Json } from "../contract/messages.ts";
import type { TurnOutcome } from "../turn/ending.ts";
import { exitOf } from "./envelope.ts";
import type { Writer } from "./writer.ts";

/** The error an outcome ended with, if it is one: the turn's own, a limit, or an approval that nobody could give. */
export function errorOf(outcome: TurnOutcome): ErrorFacts | undefined {
  if (outcome.error) return outcome.error;
  if (outcome.stop === "interrupted") {
    return { code: "INTERRUPTED", message: "The run was interrupted.", hint: errorTable.INTERRUPTED.hint };
  }
  if (outcome.unapproved === 0) return undefined;
  const calls = outcome.unapproved === 1 ? "One call" : `${outcome.unapproved} calls`;
  return {
    code: "APPROVAL_UNAVAILABLE",
    message: `${calls} needed a yes and nobody was there.`,
    hint: errorTable.APPROVAL_UNAVAILABLE.hint,
  };
}

/** `stopped` is the code of a signal that came; it wins over what the turn made of it. */
export function exitOfOutcome(outcome: TurnOutcome, stopped: number | undefined): number {
  if (stopped !== undefined && outcome.stop === "interrupted") return stopped;
  const error = errorOf(outcome);
  if (error) return exitOf(error);
  return outcome.stop === "error" ? 1 : 0;
}

export interface RunFacts {
  sessionId: string;
  turns: number;
  outcome: TurnOutcome;
  exit: number;
  /** Of the MCP servers, before they end; undefined where none is configured. */
  servers?: Pick<McpServerFacts, "name" | "state" | "code" | "why">[] | undefined;
}

/** The one object of `--output json`. `costUsd` is null for a model without a known price. */
export function runObject({ sessionId, turns, outcome, exit, servers }: RunFacts): string {
  const error = errorOf(outcome);
  const stopReason = outcome.unapproved > 0 && !outcome.error && exit === 3 ? "denied" : outcome.stop;
  const object = {
    ok: exit === 0,
    kind: "run",
    sessionId,
    text: outcome.text,
    turns,
    steps: outcome.steps,
    toolCalls: outcome.toolCalls,
    usage: outcome.usage,
    costUsd: outcome.costUsd ?? null,
    stopReason,
    ...(servers === undefined ? {} : { mcpServers: servers }),
    ...(error && exit !== 0 ? { error } : {}),
  };
  return `${JSON.stringify(object)}\n`;
}

/** A run that ended before it had a session. */
export function runErrorObject(error: ErrorFacts): string {
  return `${JSON.stringify({ ok: false, kind: "run", error: error as unknown as Json })}\n`;
}

/** Events as they happen, one a line; with `deltas` also the pieces of answers. */
export function streamJson(
  out: Writer,
  options: { deltas: boolean },
): { onEvent(event: SessionEvent): void; onDelta(delta: Delta): void } {
  return {
    onEvent: (event) => out.write(`${JSON.stringify(event)}\n`),
    onDelta(delta) {
      if (options.deltas) out.write(`${JSON.stringify(delta)}\n`);
    },
  };
}
