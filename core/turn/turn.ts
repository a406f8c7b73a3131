/** One input, from its arrival until the model stops asking for tools, a limit is reached, or somebody stops it. */

import { nowMs } from "../contract/clock.ts";
import { GantryError } from "../contract/errors.ts";
import type { Delta, EventData, EventType, StopReason } from "../contract/events.ts";
import { type Answer, addUsage, type InputContent, noUsage, type ToolCallBlock, type Usage } from "../contract/messages.ts";
import type { ModelRequest, ProviderDefinition, ProviderOptions } from "../contract/plugin.ts";
import type { Hooks } from "../hooks.ts";
import { assertPairs } from "../session/pairs.ts";
import type { SessionState } from "../session/state.ts";
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
  limits: TurnLimits;
  /** US dollars, undefined for a model without a price. Absent when nobody wants to know. */
  price: ((model: string, usage: Usage) => Promise<number | undefined>) | undefined;
  onDelta: ((delta: Delta) => void) | undefined;
  digest: PromptDigest;
  /** How many messages the pair law has been proven for; state only grows at its end. Kept from turn to turn. */
  provenMessages: number;
  /** Starts what a call of the tool, or of any, needs, before its input is complete. */
  warm(tool: string | undefined): void;
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
    await acceptInput(input, progress, deps);
    stop = await runSteps(progress, deps, signal);
    if (stop === "interrupted" && !cancel.aborted) stop = reachLimit("time", timeoutMs ?? 0, nowMs() - startedAt, deps);
  } catch (thrown) {
    error = thrown;
    stop = "error";
  }
  return await endTurn({ progress, stop, error, durationMs: Math.round(nowMs() - startedAt) }, deps);
}

async function acceptInput(
  input: { content: InputContent[]; source: EventData["input"]["source"] },
  progress: Progress,
  deps: TurnDeps,
): Promise<void> {
  const { sessionId } = deps.calls;
  const { content } = await deps.hooks.rewrite("input.receive", { sessionId, content: input.content });
  const ruling = await deps.hooks.judge("input.receive", { sessionId, content });
  if (ruling.verdict === "deny")
    throw new GantryError("INPUT_REJECTED", `${ruling.by} refused the input: ${ruling.reason ?? "no reason given"}`);
  if (deps.limits.maxCostUsd !== undefined && (await deps.price?.(deps.model.full, noUsage)) === undefined) {
    throw new GantryError(
      "PRICE_UNKNOWN",
      `the price of ${deps.model.full} is not known, so a cost limit of ${deps.limits.maxCostUsd} USD cannot be kept`,
    );
  }
  deps.record("input", { content, source: input.source });
  deps.record("turn.start", { turn: progress.turn });
  await deps.hooks.observe("turn.start", { sessionId, turn: progress.turn });
}

async function runSteps(progress: Progress, deps: TurnDeps, signal: AbortSignal): Promise<StopReason> {
  const { sessionId } = deps.calls;
  const repeats = createRepeatWatch();
  let continued = 0;
  for (;;) {
    if (signal.aborted) return "interrupted";
    const limited = findLimit(progress, deps);
    if (limited) return limited;
    const answer = await askModel(progress, deps, signal);
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
    const ruling = await deps.hooks.judge("turn.stop", { sessionId, turn: progress.turn, continued, answer });
    if (ruling.verdict !== "deny") return progress.toolCalls.some(isUnapproved) ? "denied" : "end_turn";
    if (continued++ === maxContinuations) {
      deps.record("note", { text: `${ruling.by} wanted the turn to go on for the ${continued}th time in a row; it ends here` });
      return "end_turn";
    }
    deps.record("input", { content: [{ type: "text", text: ruling.reason ?? "Go on." }], source: "api" });
  }
}

/** Sends one request and takes its answer into the session. What the request rests on is on disk before it goes out. */
async function askModel(progress: Progress, deps: TurnDeps, signal: AbortSignal): Promise<Answer> {
  const { model, hooks, record } = deps;
  const { sessionId } = deps.calls;
  const request = await buildRequest(deps);
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
    onRetry: (retry) => record("step.retry", { step: progress.steps, ...retry }),
    signal,
  });
  const answer = { ...given, content: withOwnIds(given.content, deps.state.messages) };
  const { content, stop, usage } = answer;
  record("answer", { step: progress.steps, message: { role: "assistant", content }, stop, usage, model: answer.model });
  progress.usage = addUsage(progress.usage, usage);
  progress.text = content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("");
  if (deps.price) {
    const costUsd = await deps.price(model.full, usage);
    if (costUsd !== undefined) progress.costUsd = (progress.costUsd ?? 0) + costUsd;
  }
  return answer;
}

async function buildRequest(deps: TurnDeps): Promise<ModelRequest> {
  const { state, model, hooks } = deps;
  const { sessionId, tools } = deps.calls;
  const { system } = await hooks.rewrite("prompt.build", { sessionId, system: await deps.system(), messages: state.messages });
  const draft: ModelRequest = { model: model.name, system, messages: state.messages, tools: toolSpecs(tools) };
  const { request } = await hooks.rewrite("model.request", { sessionId, request: draft });
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
  const { sessionId } = deps.calls;
  const reports = await runBatch(calls, { ...deps.calls, parallelReads: deps.limits.parallelReads, signal });
  progress.toolCalls.push(...reports);
  if (signal.aborted) return "interrupted";
  const ruling = await deps.hooks.judge("tool.batch", { sessionId, calls });
  if (ruling.verdict === "deny") {
    deps.record("note", { text: `${ruling.by} ended the turn: ${ruling.reason ?? "no reason given"}` });
    return "end_turn";
  }
  const repeated = repeats.see(reports);
  return repeated === undefined ? undefined : reachLimit("repeated_failure", repeated.most, repeated.times, deps);
}

function findLimit({ steps, costUsd }: Progress, deps: TurnDeps): StopReason | undefined {
  const { maxTurns, maxCostUsd } = deps.limits;
  if (maxCostUsd !== undefined && (costUsd ?? 0) >= maxCostUsd) return reachLimit("cost", maxCostUsd, costUsd ?? 0, deps);
  return steps >= maxTurns ? reachLimit("turns", maxTurns, steps, deps) : undefined;
}
