/** How a turn ends: by its own answer, at a limit, or with an error; and what is told of it. */
import { codeOf, describeError, type ErrorCode, type ErrorFacts, errorTable } from "../contract/errors.ts";
import type { EventData, StopReason } from "../contract/events.ts";
import type { Usage } from "../contract/messages.ts";
import type { CallReport } from "./tool-call.ts";
import type { TurnDeps } from "./turn.ts";

export interface TurnOutcome {
  /** The text of the last answer. */
  text: string;
  steps: number;
  toolCalls: CallReport[];
  usage: Usage;
  costUsd?: number;
  stop: StopReason;
  error?: ErrorFacts;
  /** Calls that were denied because nobody was there to approve them. */
  unapproved: number;
  durationMs: number;
}

/** How far a turn has come. */
export interface Progress {
  turn: number;
  steps: number;
  usage: Usage;
  toolCalls: CallReport[];
  text: string;
  costUsd: number | undefined;
}

type Limit = EventData["limit"]["limit"];

/** The one place that says what reaching a limit means. */
const limits: Readonly<Record<Limit, { stop: StopReason; code: ErrorCode }>> = {
  turns: { stop: "max_turns", code: "LIMIT_TURNS" },
  cost: { stop: "max_cost", code: "LIMIT_COST" },
  time: { stop: "timeout", code: "LIMIT_TIME" },
  repeated_failure: { stop: "repeated_failure", code: "FAILURE_REPEATED" },
};

export function reachLimit(limit: Limit, value: number, used: number, deps: Pick<TurnDeps, "record">): StopReason {
  deps.record("limit", { limit, value, used });
  return limits[limit].stop;
}

export function isUnapproved(report: CallReport): boolean {
  return report.code === "APPROVAL_UNAVAILABLE";
}

interface Ending {
  progress: Progress;
  stop: StopReason;
  error: unknown;
  durationMs: number;
}

/** Writes the end as far as it can be written; a log that fails is in the outcome, never thrown. */
export async function endTurn({ progress, stop, error, durationMs }: Ending, deps: TurnDeps): Promise<TurnOutcome> {
  const { sessionId } = deps.calls;
  const { turn, steps, usage, toolCalls, costUsd, text } = progress;
  const priced = costUsd === undefined ? {} : { costUsd: inNanoUsd(costUsd) };
  let failure = failureOf(stop, error, deps);
  let finalStop = stopOf(stop, error);
  try {
    if (failure) deps.record("error", { code: failure.code, message: failure.message });
    deps.record("turn.end", { turn, stop: finalStop, steps, usage, durationMs, ...priced });
    await deps.flush();
  } catch (unwritten) {
    if (!failure) finalStop = "error";
    failure ??= describeError(unwritten);
  }
  const { context } = failure
    ? await deps.hooks.observe("turn.fail", { sessionId, turn, code: failure.code, message: failure.message })
    : await deps.hooks.observe("turn.end", { sessionId, turn, stop: finalStop });
  deps.calls.hearing.hear({ context });
  const unapproved = toolCalls.filter(isUnapproved).length;
  return {
    text,
    steps,
    toolCalls,
    usage,
    stop: finalStop,
    unapproved,
    durationMs,
    ...priced,
    ...(failure ? { error: failure } : {}),
  };
}

function stopOf(stop: StopReason, error: unknown): StopReason {
  const code = codeOf(error);
  if (code === "ANSWER_REFUSED") return "refusal";
  return code === "ANSWER_CUT" ? "max_tokens" : stop;
}

function failureOf(stop: StopReason, error: unknown, { limits: set }: TurnDeps): ErrorFacts | undefined {
  if (error !== undefined) return describeError(error);
  const code = Object.values(limits).find((limit) => limit.stop === stop)?.code;
  if (code === undefined) return undefined;
  const messages: Partial<Record<ErrorCode, string>> = {
    LIMIT_TURNS: `the limit of ${set.maxTurns} model requests for one input was reached`,
    LIMIT_COST: `the cost limit of ${set.maxCostUsd} USD was reached`,
    LIMIT_TIME: `the time limit of ${(set.timeoutMs ?? 0) / 1000} s was reached`,
    FAILURE_REPEATED: "the model sent the same failing call again and again",
  };
  return { code, message: messages[code] ?? stop, hint: errorTable[code].hint };
}

/** Sums of prices have a tail of binary fractions that means nothing. */
function inNanoUsd(costUsd: number): number {
  return Math.round(costUsd * 1e9) / 1e9;
}
