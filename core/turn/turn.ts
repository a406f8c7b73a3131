/** One input, from its arrival until the model stops asking for tools, a limit is reached, or somebody stops it. */

import { nowMs } from "../contract/clock.ts";
import { GantryError } from "../contract/errors.ts";
import type { Delta, EventData, EventType, StopReason } from "../contract/events.ts";
import {
  type Answer,
  addUsage,
  type InputContent,
  noUsage,
  type ToolCallBlock,
  type ToolResultBlock,
  type Usage,
} from "../contract/messages.ts";
import type { ModelRequest, ProviderDefinition, ProviderOptions } from "../contract/plugin.ts";
import type { Hooks } from "../hooks.ts";
import type { RegisteredTool } from "../registry.ts";
import { assertPairs } from "../session/pairs.ts";
import type { SessionState } from "../session/state.ts";
import { acceptInput } from "./accept.ts";
import { runBatch } from "./batch.ts";
import { withOwnIds } from "./call-ids.ts";
import { endTurn, isUnapproved, type Progress, reachLimit, type TurnOutcome } from "./ending.ts";
import { assertFits, estimateTokens, type PromptDigest, toolSpecs } from "./prompt.ts";
import { createRepeatWatch } from "./repeats.ts";
import { runStep } from "./step.ts";
import type { CallDeps } from "./tool-call.ts";

/** A model that can be asked now. `full` is provider/name, `name` what the provider calls it. */
export interface ActiveModel {
  full: string;
  name: string;
  provider: ProviderDefinition;
  options: Omit<ProviderOptions, "signal">;
}

export interface TurnLimits {
  /** Model requests of one input. */
  maxTurns: number;
  maxCostUsd: number | undefined;
  timeoutMs: number | undefined;
  parallelReads: number;
}

export interface TurnDeps {
  state: SessionState;
  model: ActiveModel;
  system(): Promise<string>;
  hooks: Hooks;
  record<T extends EventType>(type: T, data: EventData[T]): void;
  flush(): Promise<void>;
  calls: Omit<CallDeps, "signal">;
  /** Before each request: takes what has changed since the last. Undefined when there is nothing to wait for. */
  beforeStep(signal: AbortSignal): Promise<void> | undefined;
  /** The tools that a request offers; others may be called all the same. */
  offered(): readonly RegisteredTool[];
  /** A request is on its way, and the model has not begun to answer or just has. */
  onSent(): void;
  limits: TurnLimits;
  /** US dollars, undefined for a model without a price. Absent when nobody wants to know. */
  price: ((model: string, usage: Usage) => Promise<number | undefined>) | undefined;
  onDelta: ((delta: Delta) => void) | undefined;
  digest: PromptDigest;
  /** How many messages the pair law has been proven for; state only grows at its end. Kept from turn to turn. */
  provenMessages: number;
  /** Tokens that prompt hooks used since it was last asked. */
  takeHookUsage(): Usage;
  /** Starts what a call of the tool, or of any, needs, before its input is complete. */
  warm(tool: string | undefined): void;
  /** Throws what ends a turn at its next step: a required plugin that is not usable any more. */
  checkPlugins(): void;
}

const maxContinuations = 8;

/** Never throws: whatever ends the turn is in the outcome, and in the log as far as it can be written. */
export async function runTurn(
  input: { content: InputContent[]; source: EventData["input"]["source"] },
  deps: TurnDeps,
  cancel: AbortSignal,
): Promise<TurnOutcome> {
  const startedAt = nowMs();
  const progress: Progress = {
    turn: deps.state.turns + 1,
    steps: 0,
    usage: noUsage,
    toolCalls: [],
    text: "",
    costUsd: undefined,
  };
  const { timeoutMs } = deps.limits;
  const signal = timeoutMs === undefined ? cancel : AbortSignal.any([cancel, AbortSignal.timeout(timeoutMs)]);
  let stop: StopReason;
  let error: unknown;
  try {
    await acceptInput(input, progress, deps, signal);
    stop = await runSteps(progress, deps, signal);
    if (stop === "interrupted" && !cancel.aborted) stop = reachLimit("time", timeoutMs ?? 0, nowMs() - startedAt, deps);
  } catch (thrown) {
    error = thrown;
    stop = "error";
  }
  await countHooks(progress, deps);
  const outcome = await endTurn({ progress, stop, error, durationMs: Math.round(nowMs() - startedAt) }, deps);
  // What would stop this turn must not stop the next.
  deps.calls.hearing.takeStop();
  return outcome;
}

async function runSteps(progress: Progress, deps: TurnDeps, signal: AbortSignal): Promise<StopReason> {
  const { sessionId, hearing } = deps.calls;
  const repeats = createRepeatWatch();
  let continued = 0;
  for (;;) {
    if (signal.aborted) return "interrupted";
    deps.checkPlugins();
    await countHooks(progress, deps);
    const ended = endStopped(deps) ?? findLimit(progress, deps);
    if (ended) return ended;
    const answer = await askModel(progress, deps, signal);
    if (answer === undefined) continue;
    if (answer.stop === "cancelled") return "interrupted";
    const calls = answer.content.filter((block) => block.type === "tool_call");
    if (calls.length > 0) {
      const ended = await runCalls(calls, progress, deps, signal, repeats);
      if (ended) return ended;
      continue;
    }
    if (answer.stop === "refusal") throw new GantryError("ANSWER_REFUSED", `${deps.model.full} refused to answer`);
    if (answer.stop === "max_tokens")
      throw new GantryError("ANSWER_CUT", `the answer of ${deps.model.full} ended at its token limit`);
    const ruling = await deps.hooks.judge("turn.stop", { sessionId, turn: progress.turn, continued, answer }, { signal });
    hearing.hear(ruling.heard);
    if (hearing.stop || signal.aborted) continue;
    if (ruling.verdict !== "deny") return progress.toolCalls.some(isUnapproved) ? "denied" : "end_turn";
    if (continued++ === maxContinuations) {
      const text = `it wanted the turn to go on for the ${continued}th time in a row; the turn ends here`;
      deps.record("note", { text, from: ruling.by });
      return "end_turn";
    }
    deps.record("note", { text: `the turn goes on: ${ruling.reason ?? "no reason given"}`, from: ruling.by });
    deps.record("input", { content: [{ type: "text", text: ruling.reason ?? "Go on." }], source: "hook" });
  }
}

/** A hook has ended the turn: the user is told why. */
function endStopped({ calls: { hearing }, record }: TurnDeps): StopReason | undefined {
  const stop = hearing.takeStop();
  if (stop === undefined) return undefined;
  record("note", { text: `the turn ends here: ${stop.reason}`, from: stop.by });
  return "end_turn";
}

function tellContext({ calls: { hearing, redact }, record }: TurnDeps): void {
  const content = hearing.takeContext();
  if (content.length > 0) record("input", { content: redact.content(content), source: "hook" });
}

/** Prompt hooks ask models too: what they used is part of what the turn costs. */
async function countHooks(progress: Progress, deps: TurnDeps): Promise<void> {
  const usage = deps.takeHookUsage();
  if (usage !== noUsage) await count(usage, progress, deps);
}

async function count(usage: Usage, progress: Progress, { price, model }: TurnDeps): Promise<void> {
  progress.usage = addUsage(progress.usage, usage);
  const costUsd = await price?.(model.full, usage);
  if (costUsd !== undefined) progress.costUsd = (progress.costUsd ?? 0) + costUsd;
}

/**
 * Sends one request and takes its answer into the session. What the request rests on is on disk before it goes out. Undefined
 * when a hook ended the turn while it was made.
 */
async function askModel(progress: Progress, deps: TurnDeps, signal: AbortSignal): Promise<Answer | undefined> {
  const { model, hooks, record } = deps;
  const { sessionId, hearing } = deps.calls;
  const waiting = deps.beforeStep(signal);
  if (waiting !== undefined) await waiting;
  if (signal.aborted) return undefined;
  tellContext(deps);
  const request = await buildRequest(deps, signal);
  if (hearing.stop || signal.aborted) return undefined;
  progress.steps++;
  record("step.start", {
    step: progress.steps,
    model: model.full,
    messages: request.messages.length,
    promptSha256: deps.digest(request),
  });
  await deps.flush();
  const given = await runStep(request, {
    sessionId,
    provider: model.provider,
    providerOptions: model.options,
    hooks,
    onDelta: deps.onDelta,
    onToolComing: deps.warm,
    onSent: deps.onSent,
    onHeard: hearing.hear,
    onRetry: (retry) => record("step.retry", { step: progress.steps, ...retry }),
    signal,
  });
  const answer = { ...given, content: withOwnIds(given.content, deps.state.messages) };
  const { content, stop, usage } = answer;
  record("answer", { step: progress.steps, message: { role: "assistant", content }, stop, usage, model: answer.model });
  progress.text = content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("");
  await count(usage, progress, deps);
  return answer;
}

async function buildRequest(deps: TurnDeps, signal: AbortSignal): Promise<ModelRequest> {
  const { state, model, hooks } = deps;
  const { sessionId, hearing } = deps.calls;
  const { messages } = state;
  const prompt = await hooks.rewrite("prompt.build", { sessionId, system: await deps.system(), messages }, { signal });
  hearing.hear(prompt.heard);
  const tools = toolSpecs(deps.offered());
  const draft: ModelRequest = { model: model.name, system: prompt.payload.system, messages, tools };
  const drafted = await hooks.rewrite("model.request", { sessionId, request: draft }, { signal });
  hearing.hear(drafted.heard);
  const { request } = drafted.payload;
  deps.provenMessages = assertPairs(request.messages, deps.provenMessages);
  assertFits(
    estimateTokens(request.messages, request.system, state.lastRequest),
    model.provider.contextWindow(model.name, model.options.settings),
    model.full,
  );
  return request;
}

async function runCalls(
  calls: readonly ToolCallBlock[],
  progress: Progress,
  deps: TurnDeps,
  signal: AbortSignal,
  repeats: ReturnType<typeof createRepeatWatch>,
): Promise<StopReason | undefined> {
  const { sessionId, hearing } = deps.calls;
  const reports = await runBatch(calls, { ...deps.calls, parallelReads: deps.limits.parallelReads, signal });
  progress.toolCalls.push(...reports);
  if (signal.aborted) return "interrupted";
  const ruling = await deps.hooks.judge("tool.batch", { sessionId, calls, results: resultsIn(deps.state) }, { signal });
  hearing.hear(ruling.heard);
  if (hearing.stop || signal.aborted) return undefined;
  if (ruling.verdict === "deny") {
    deps.record("note", { text: `${ruling.by} ended the turn: ${ruling.reason ?? "no reason given"}`, from: ruling.by });
    return "end_turn";
  }
  const repeated = repeats.see(reports);
  return repeated === undefined ? undefined : reachLimit("repeated_failure", repeated.most, repeated.times, deps);
}

function resultsIn({ messages }: SessionState): ToolResultBlock[] {
  return messages.at(-1)?.content.filter((block) => block.type === "tool_result") ?? [];
}

function findLimit({ steps, costUsd }: Progress, deps: TurnDeps): StopReason | undefined {
  const { maxTurns, maxCostUsd } = deps.limits;
  if (maxCostUsd !== undefined && (costUsd ?? 0) >= maxCostUsd) return reachLimit("cost", maxCostUsd, costUsd ?? 0, deps);
  return steps >= maxTurns ? reachLimit("turns", maxTurns, steps, deps) : undefined;
}
