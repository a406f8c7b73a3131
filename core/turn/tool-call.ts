/**
 * The one dispatcher: find → parse → rewrite → approve → run → end. Every call of every origin takes this way, and each
 * ends in exactly one tool.result or tool.failed event (call-end.ts).
 */

import { nowMs } from "../contract/clock.ts";
import { codeOf, messageOf } from "../contract/errors.ts";
import type { EventData, EventType } from "../contract/events.ts";
import type { CoreEffects } from "../contract/execution.ts";
import type { CallFacts } from "../contract/hooks.ts";
import type { JsonObject, ToolCallBlock } from "../contract/messages.ts";
import type { Heard, Hooks } from "../hooks.ts";
import type { Approval } from "../permission/approval.ts";
import type { RegisteredTool } from "../registry.ts";
import {
  type CallRun,
  denyCall,
  type Failure,
  failCall,
  hearOf,
  malformedInput,
  settleResult,
  stoppedBefore,
  unknownTool,
} from "./call-end.ts";
import type { Hearing } from "./hearing.ts";
import type { KeepOutput, OutputLimits } from "./output-cap.ts";
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

/** An approval, and what hooks said on the way to it. */
export interface CallApproval extends Omit<Approval, "remembered"> {
  remembered?: NonNullable<EventData["tool.approval"]["remembered"]>;
  heard: Heard;
  /** A config hook said yes to another input: the approval of the given one does not count. */
  change?: { input: JsonObject } & HookYes;
}

interface HookYes {
  /** The hook's name. */
  by: string;
  /** Rules for the rest of the session. */
  remember: readonly string[];
}

/** `allowedBy`: the config hook that changed the input to this one and said yes to it; it may change it only once. */
export type ApproveCall = (
  facts: CallFacts,
  tool: RegisteredTool,
  options: { signal: AbortSignal; allowedBy?: HookYes },
) => Promise<CallApproval>;

/** Tools that are not there from the start. */
export interface LateTools {
  /** Whether a tool of this name may come. */
  knows(name: string): boolean;
  /** For a name that no tool has: the tool once it is there, or why it will not be; undefined where nobody knows it. */
  find(name: string, signal: AbortSignal): Promise<RegisteredTool | Failure | undefined>;
  /** Told of each tool that is called. */
  used(tool: RegisteredTool): void;
}

export interface CallDeps {
  sessionId: string;
  tools: readonly RegisteredTool[];
  late?: LateTools;
  inputs: ToolInputs;
  approve: ApproveCall;
  hooks: Hooks;
  hearing: Hearing;
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

/** All that comes before the tool itself. A report instead of a ready call means: it is already answered. */
export async function prepareCall(call: ToolCallBlock, deps: CallDeps): Promise<ReadyCall | CallReport> {
  const { callId, name, input } = call;
  const facts: CallFacts = { sessionId: deps.sessionId, callId, tool: name, input, cwd: deps.cwd() };
  const run: CallRun = { call, facts, startedAt: nowMs(), context: [] };
  deps.record("tool.call", { callId, name, input });
  const found = await findTool(run, deps);
  if ("code" in found) return await failCall(run, found, deps);
  const { tool } = found;
  const changed = await rewriteInput(run, tool, deps);
  if (changed) return await failCall(run, changed, deps);
  if (deps.hearing.stop) return await failCall(run, stoppedBefore(call, deps.hearing.stop), deps);
  const approval = await approveCall(run, tool, deps);
  if ("message" in approval) return await failCall(run, approval, deps);
  if (approval.verdict === "deny") return await denyCall(run, approval, deps);
  if (deps.hearing.stop) return await failCall(run, stoppedBefore(call, deps.hearing.stop), deps);
  const isChanged = run.facts.input !== found.input;
  return { run: () => runApproved(run, tool, { approval, isChanged }, deps) };
}

/** The tool, with the parsed input in the run's facts. */
async function findTool(run: CallRun, deps: CallDeps): Promise<{ tool: RegisteredTool; input: JsonObject } | Failure> {
  const { call } = run;
  if (deps.signal.aborted) return { code: "TOOL_INTERRUPTED", message: "the turn was cancelled before this call started" };
  if (deps.hearing.stop) return stoppedBefore(call, deps.hearing.stop);
  const known = deps.tools.find((candidate) => candidate.name === call.name);
  const tool = known ?? (await deps.late?.find(call.name, deps.signal));
  if (!tool) return unknownTool(call.name, deps.tools);
  if ("code" in tool) return tool;
  deps.late?.used(tool);
  if (call.malformed !== undefined) return malformedInput(call);
  const parsed = await deps.inputs.parse(tool, call.input);
  if (!parsed.ok) return { code: "TOOL_INPUT_INVALID", message: parsed.problem };
  run.facts = { ...run.facts, input: parsed.input };
  return { tool, input: parsed.input };
}

async function rewriteInput(run: CallRun, tool: RegisteredTool, deps: CallDeps): Promise<Failure | undefined> {
  const { payload, heard } = await deps.hooks.rewrite("tool.call", run.facts, { signal: deps.signal });
  hearOf(run, heard, deps);
  return payload === run.facts ? undefined : await takeInput(payload.input, "a hook", { run, tool, deps });
}

interface Changing {
  run: CallRun;
  tool: RegisteredTool;
  deps: CallDeps;
}

async function takeInput(input: JsonObject, by: string, { run, tool, deps }: Changing): Promise<Failure | undefined> {
  const parsed = await deps.inputs.parse(tool, input);
  if (!parsed.ok) return { code: "TOOL_INPUT_INVALID", message: `after ${by} changed it, ${parsed.problem}` };
  run.facts = { ...run.facts, input: parsed.input };
  return undefined;
}

/** The decision as an event. A decision that could not be made denies: safety fails closed. */
async function approveCall(run: CallRun, tool: RegisteredTool, deps: CallDeps): Promise<CallApproval | Failure> {
  const { signal } = deps;
  try {
    let approval = await deps.approve(run.facts, tool, { signal });
    hearOf(run, approval.heard, deps);
    if (approval.change) {
      const { input, ...allowedBy } = approval.change;
      const wrong = await takeInput(input, allowedBy.by, { run, tool, deps });
      if (wrong) return wrong;
      approval = await deps.approve(run.facts, tool, { signal, allowedBy });
      hearOf(run, approval.heard, deps);
    }
    const { verdict, asked, by, reason, remembered } = approval;
    deps.record("tool.approval", {
      callId: run.facts.callId,
      verdict,
      asked,
      by,
      ...(reason === undefined ? {} : { reason }),
      ...(remembered === undefined ? {} : { remembered }),
    });
    return approval;
  } catch (error) {
    if (signal.aborted)
      return { code: "TOOL_INTERRUPTED", message: "the turn was cancelled while the call waited for its approval" };
    return { code: codeOf(error) ?? "APPROVAL_DENIED", message: `the call could not be approved: ${messageOf(error)}` };
  }
}

async function runApproved(
  run: CallRun,
  tool: RegisteredTool,
  { approval, isChanged }: { approval: CallApproval; isChanged: boolean },
  deps: CallDeps,
): Promise<CallReport> {
  // Not counted: how long the user thought about it.
  run.startedAt = nowMs();
  const { facts } = run;
  try {
    deps.record("tool.start", { callId: facts.callId, ...(isChanged ? { input: facts.input } : {}) });
    // What changes the world is announced on disk first; a kill then leaves a call in doubt, never a forgotten one
    // (test/faults/run-kill.test.ts).
    if (tool.effect === "writes" || tool.effect === "runs") await deps.flush();
    deps.signal.throwIfAborted();
    const outcome = await tool.execute({
      callId: facts.callId,
      sessionId: facts.sessionId,
      input: facts.input,
      cwd: facts.cwd,
      reach: approval.reach,
      timeoutMs: tool.timeoutMs ?? deps.toolTimeoutMs,
      signal: deps.signal,
      coreEffects: deps.coreEffects,
      onProgress: (text) => deps.onProgress(facts.callId, text),
    });
    return await settleResult(run, outcome, deps);
  } catch (error) {
    const code = deps.signal.aborted ? "TOOL_INTERRUPTED" : (codeOf(error) ?? "TOOL_FAILED");
    return await failCall(run, { code, message: messageOf(error) }, deps);
  }
}
