/**
 * The one dispatcher: find → parse → rewrite → approve → run → shape. Every call of every origin takes this way, and each
 * ends in exactly one tool.result or tool.failed event.
 */

import { nowMs } from "../contract/clock.ts";
import { codeOf, type ErrorCode, errorTable, messageOf } from "../contract/errors.ts";
import type { EventData, EventType } from "../contract/events.ts";
import type { CoreEffects, ToolOutcome } from "../contract/execution.ts";
import type { CallFacts } from "../contract/hooks.ts";
import type { JsonObject, ToolCallBlock } from "../contract/messages.ts";
import { didYouMean } from "../contract/nearest.ts";
import type { Hooks } from "../hooks.ts";
import type { Approval, Approver } from "../permission/approval.ts";
import type { RegisteredTool } from "../registry.ts";
import { capOutput, type KeepOutput, type OutputLimits } from "./output-cap.ts";
import type { Redactor } from "./redact.ts";
import type { ToolInputs } from "./tool-input.ts";

export interface CallReport {
  callId: string;
  name: string;
  input: JsonObject;
  outcome: "ok" | "error" | "denied";
  durationMs: number;
  code?: string;
}

export interface CallDeps {
  sessionId: string;
  tools: readonly RegisteredTool[];
  inputs: ToolInputs;
  approve: Approver["approve"];
  hooks: Hooks;
  record<T extends EventType>(type: T, data: EventData[T]): void;
  /** Resolves when all recorded events are on disk. */
  flush(): Promise<void>;
  /** The session's folder now. */
  cwd(): string;
  coreEffects: CoreEffects;
  toolTimeoutMs: number;
  outputLimits: OutputLimits;
  keepOutput(callId: string): KeepOutput;
  redact: Redactor;
  onProgress(callId: string, text: string): void;
  signal: AbortSignal;
}

/** A call that may go ahead; `run` never throws. */
export interface ReadyCall {
  run(): Promise<CallReport>;
}

type Failure = { code: ErrorCode; message: string };

/** All that comes before the tool itself. A report instead of a ready call means: it is already answered. */
export async function prepareCall(call: ToolCallBlock, deps: CallDeps): Promise<ReadyCall | CallReport> {
  const startedAt = nowMs();
  deps.record("tool.call", { callId: call.callId, name: call.name, input: call.input });
  const fail = (failure: Failure, facts?: CallFacts): Promise<CallReport> => failCall(call, failure, startedAt, deps, facts);
  if (deps.signal.aborted)
    return await fail({ code: "TOOL_INTERRUPTED", message: "the turn was cancelled before this call started" });

  const tool = deps.tools.find((candidate) => candidate.name === call.name);
  if (!tool) return await fail(unknownTool(call.name, deps.tools));
  if (call.malformed !== undefined) return await fail(malformedInput(call));
  const parsed = await deps.inputs.parse(tool, call.input);
  if (!parsed.ok) return await fail({ code: "TOOL_INPUT_INVALID", message: parsed.problem });

  const facts = await rewriteInput(
    { sessionId: deps.sessionId, callId: call.callId, tool: tool.name, input: parsed.input, cwd: deps.cwd() },
    tool,
    deps,
  );
  if ("code" in facts) return await fail(facts);
  const approval = await approveCall(facts, tool, deps);
  if ("message" in approval) return await fail(approval, facts);
  if (approval.verdict === "deny") return await denyCall(facts, approval, startedAt, deps);
  return { run: () => runApproved(facts, tool, approval, deps) };
}

async function rewriteInput(facts: CallFacts, tool: RegisteredTool, deps: CallDeps): Promise<CallFacts | Failure> {
  const changed = await deps.hooks.rewrite("tool.call", facts);
  if (changed === facts) return facts;
  const parsed = await deps.inputs.parse(tool, changed.input);
  if (!parsed.ok) return { code: "TOOL_INPUT_INVALID", message: `after a hook changed it, ${parsed.problem}` };
  return { ...facts, input: parsed.input };
}

/** The decision as an event. A decision that could not be made denies: safety fails closed. */
async function approveCall(facts: CallFacts, tool: RegisteredTool, deps: CallDeps): Promise<Approval | Failure> {
  try {
    const approval = await deps.approve(facts, tool, { signal: deps.signal });
    const { verdict, asked, by, reason, remembered } = approval;
    deps.record("tool.approval", {
      callId: facts.callId,
      verdict,
      asked,
      by,
      ...(reason === undefined ? {} : { reason }),
      ...(remembered === undefined ? {} : { remembered }),
    });
    return approval;
  } catch (error) {
    if (deps.signal.aborted)
      return { code: "TOOL_INTERRUPTED", message: "the turn was cancelled while the call waited for its approval" };
    return { code: codeOf(error) ?? "APPROVAL_DENIED", message: `the call could not be approved: ${messageOf(error)}` };
  }
}

async function denyCall(facts: CallFacts, approval: Approval, startedAt: number, deps: CallDeps): Promise<CallReport> {
  const code = approval.code ?? "APPROVAL_DENIED";
  const reason = approval.reason ?? `denied by ${approval.by.name}`;
  const durationMs = elapsed(startedAt);
  deps.record("tool.failed", { callId: facts.callId, code, message: `${reason}. ${errorTable[code].hint}`, durationMs });
  await deps.hooks.observe("tool.denied", { ...facts, reason, by: approval.by });
  return { callId: facts.callId, name: facts.tool, input: facts.input, outcome: "denied", durationMs, code };
}

async function runApproved(facts: CallFacts, tool: RegisteredTool, approval: Approval, deps: CallDeps): Promise<CallReport> {
  // Not counted: how long the user thought about it.
  const startedAt = nowMs();
  try {
    deps.record("tool.start", { callId: facts.callId });
    // What changes the world is announced on disk first; a kill then leaves a call in doubt, never a forgotten one
    // (test/faults/run-kill.test.ts).
    if (tool.effect === "writes" || tool.effect === "runs") await deps.flush();
    deps.signal.throwIfAborted();
    const outcome = await tool.execute({
      callId: facts.callId,
      input: facts.input,
      cwd: facts.cwd,
      reach: approval.reach,
      timeoutMs: tool.timeoutMs ?? deps.toolTimeoutMs,
      signal: deps.signal,
      coreEffects: deps.coreEffects,
      onProgress: (text) => deps.onProgress(facts.callId, text),
    });
    return await shapeResult(facts, outcome, startedAt, deps);
  } catch (error) {
    const code = deps.signal.aborted ? "TOOL_INTERRUPTED" : (codeOf(error) ?? "TOOL_FAILED");
    return await failCall(callOf(facts), { code, message: messageOf(error) }, startedAt, deps, facts);
  }
}

async function shapeResult(facts: CallFacts, outcome: ToolOutcome, startedAt: number, deps: CallDeps): Promise<CallReport> {
  const durationMs = elapsed(startedAt);
  const { isError, code, files, cwd } = outcome;
  const data = outcome.data && deps.redact.data(outcome.data);
  const whole = typeof data?.["outputFile"] === "string" ? data["outputFile"] : undefined;
  const kept = await capOutput(deps.redact.content(outcome.content), deps.outputLimits, deps.keepOutput(facts.callId), whole);
  const { content } = await deps.hooks.rewrite("tool.result", {
    ...facts,
    content: kept,
    isError,
    durationMs,
    ...(data === undefined ? {} : { data }),
  });
  deps.record("tool.result", {
    callId: facts.callId,
    content,
    isError,
    durationMs,
    ...(code === undefined ? {} : { code }),
    // What a hook has withheld must not come back through the structured half.
    ...(data === undefined || content !== kept ? {} : { data }),
    ...(files === undefined ? {} : { files }),
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (isError)
    await deps.hooks.observe("tool.failure", { ...facts, code: code ?? "TOOL_FAILED", message: textOf(content), durationMs });
  return reportOf(facts, isError ? "error" : "ok", durationMs, code);
}

async function failCall(
  call: ToolCallBlock,
  failure: Failure,
  startedAt: number,
  deps: CallDeps,
  facts?: CallFacts,
): Promise<CallReport> {
  const durationMs = elapsed(startedAt);
  const known = facts ?? {
    sessionId: deps.sessionId,
    callId: call.callId,
    tool: call.name,
    input: call.input,
    cwd: deps.cwd(),
  };
  const [content] = deps.redact.content([{ type: "text", text: failure.message }]);
  const message = `${content?.type === "text" ? content.text : failure.message}\n${errorTable[failure.code].hint}`;
  deps.record("tool.failed", { callId: call.callId, code: failure.code, message, durationMs });
  await deps.hooks.observe("tool.failure", { ...known, code: failure.code, message, durationMs });
  return reportOf(known, "error", durationMs, failure.code);
}

function reportOf(facts: CallFacts, outcome: CallReport["outcome"], durationMs: number, code: string | undefined): CallReport {
  const report: CallReport = { callId: facts.callId, name: facts.tool, input: facts.input, outcome, durationMs };
  return code === undefined ? report : { ...report, code };
}

function callOf(facts: CallFacts): ToolCallBlock {
  return { type: "tool_call", callId: facts.callId, name: facts.tool, input: facts.input };
}

function unknownTool(name: string, tools: readonly RegisteredTool[]): Failure {
  const names = tools.map((tool) => tool.name);
  const offered = names.length === 0 ? "No tool is loaded." : `The tools are ${names.join(", ")}.`;
  return { code: "TOOL_UNKNOWN", message: `there is no tool ${name}.${didYouMean(name, names)} ${offered}` };
}

function malformedInput(call: ToolCallBlock): Failure {
  const raw = call.malformed ?? "";
  const shown = raw.length > 200 ? `${raw.slice(0, 200)}… (${raw.length} characters)` : raw;
  if (call.cut)
    return {
      code: "TOOL_INPUT_CUT",
      message: `the answer ended at its token limit inside the input of ${call.name}; the call was not run: ${shown}`,
    };
  return { code: "TOOL_INPUT_MALFORMED", message: `the input of ${call.name} is not a JSON object: ${shown}` };
}

function textOf(content: ToolOutcome["content"]): string {
  return content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
}

function elapsed(startedAt: number): number {
  return Math.round((nowMs() - startedAt) * 100) / 100;
}
