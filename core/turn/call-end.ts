/**
 * How a call ends: exactly one tool.result or tool.failed event, made here. Hooks are told before it is written, so that what
 * they give to the model stands with the result they speak of.
 */
import { nowMs } from "../contract/clock.ts";
import { type ErrorCode, errorTable } from "../contract/errors.ts";
import type { ToolOutcome } from "../contract/execution.ts";
import type { CallFacts } from "../contract/hooks.ts";
import type { ToolCallBlock } from "../contract/messages.ts";
import { didYouMean } from "../contract/nearest.ts";
import type { Heard } from "../hooks.ts";
import type { Approval } from "../permission/approval.ts";
import type { RegisteredTool } from "../registry.ts";
import { contextBlocks } from "./hearing.ts";
import { capOutput } from "./output-cap.ts";
import type { CallDeps, CallReport } from "./tool-call.ts";

/** One call on its way. */
export interface CallRun {
  call: ToolCallBlock;
  /** As far as they are known: the input is the final one when the call runs. */
  facts: CallFacts;
  /** Milliseconds of the clock; from the tool's start on without what came before. */
  startedAt: number;
  /** What hooks gave to the model about this call. */
  context: Heard["context"][number][];
}

export interface Failure {
  code: ErrorCode;
  message: string;
}

/** Context stays with the call; a stop is the turn's. */
export function hearOf(run: CallRun, heard: Heard, { hearing }: CallDeps): void {
  if (heard.context.length > 0) run.context.push(...heard.context);
  if (heard.stop) hearing.hear({ context: [], stop: heard.stop });
}

export async function settleResult(run: CallRun, outcome: ToolOutcome, deps: CallDeps): Promise<CallReport> {
  const { facts } = run;
  const { hooks, signal } = deps;
  const durationMs = elapsed(run);
  const { isError, code, files, cwd } = outcome;
  const data = outcome.data && deps.redact.data(outcome.data);
  const whole = typeof data?.["outputFile"] === "string" ? data["outputFile"] : undefined;
  const kept = await capOutput(deps.redact.content(outcome.content), deps.outputLimits, deps.keepOutput(facts.callId), whole);
  const shown = { ...facts, content: kept, isError, durationMs, ...(data === undefined ? {} : { data }) };
  const { payload, heard } = await hooks.rewrite("tool.result", shown, { signal });
  // What a hook has put in its place is a text like any other.
  const content = payload.content === kept ? kept : await capped(deps.redact.content(payload.content), facts, deps);
  hearOf(run, heard, deps);
  if (isError) {
    const failure = { ...facts, code: code ?? "TOOL_FAILED", message: textOf(content), durationMs };
    hearOf(run, await hooks.observe("tool.failure", failure, { signal }), deps);
  }
  deps.record("tool.result", {
    callId: facts.callId,
    content: run.context.length === 0 ? content : [...content, ...deps.redact.content(contextBlocks(run.context))],
    isError,
    durationMs,
    ...(code === undefined ? {} : { code }),
    // What a hook has withheld must not come back through the structured half.
    ...(data === undefined || content !== kept ? {} : { data }),
    ...(files === undefined ? {} : { files }),
    ...(cwd === undefined ? {} : { cwd }),
  });
  await tellMove(facts, cwd, deps);
  return reportOf(facts, isError ? "error" : "ok", durationMs, code);
}

/** A hook's text is bound as the tool's own is. */
async function capped(content: ToolOutcome["content"], { callId }: CallFacts, deps: CallDeps): Promise<ToolOutcome["content"]> {
  return await capOutput(content, deps.outputLimits, deps.keepOutput(callId));
}

async function tellMove({ sessionId, cwd: from }: CallFacts, to: string | undefined, deps: CallDeps): Promise<void> {
  if (to === undefined || to === from) return;
  deps.hearing.hear(await deps.hooks.observe("cwd.change", { sessionId, from, to }, { signal: deps.signal }));
}

export async function failCall(run: CallRun, failure: Failure, deps: CallDeps): Promise<CallReport> {
  const durationMs = elapsed(run);
  const { code } = failure;
  const [content] = deps.redact.content([{ type: "text", text: failure.message }]);
  const message = `${content?.type === "text" ? content.text : failure.message}\n${errorTable[code].hint}`;
  const told = { ...run.facts, code, message, durationMs };
  hearOf(run, await deps.hooks.observe("tool.failure", told, { signal: deps.signal }), deps);
  deps.record("tool.failed", { callId: run.call.callId, code, message: withContext(message, run, deps), durationMs });
  return reportOf(run.facts, "error", durationMs, code);
}

export async function denyCall(
  run: CallRun,
  approval: Pick<Approval, "code" | "reason" | "by">,
  deps: CallDeps,
): Promise<CallReport> {
  const { facts } = run;
  const code = approval.code ?? "APPROVAL_DENIED";
  const reason = approval.reason ?? `denied by ${approval.by.name}`;
  const durationMs = elapsed(run);
  hearOf(run, await deps.hooks.observe("tool.denied", { ...facts, reason, by: approval.by }, { signal: deps.signal }), deps);
  const message = withContext(`${reason}. ${errorTable[code].hint}`, run, deps);
  deps.record("tool.failed", { callId: facts.callId, code, message, durationMs });
  return { callId: facts.callId, name: facts.tool, input: facts.input, outcome: "denied", durationMs, code };
}

function withContext(message: string, { context }: CallRun, { redact }: CallDeps): string {
  if (context.length === 0) return message;
  return `${message}\n${textOf(redact.content(contextBlocks(context)))}`;
}

function reportOf(facts: CallFacts, outcome: CallReport["outcome"], durationMs: number, code: string | undefined): CallReport {
  const report: CallReport = { callId: facts.callId, name: facts.tool, input: facts.input, outcome, durationMs };
  return code === undefined ? report : { ...report, code };
}

export function unknownTool(name: string, tools: readonly RegisteredTool[]): Failure {
  const names = tools.map((tool) => tool.name);
  // Those of servers may be hundreds.
  const named = tools.filter((tool) => tool.mcp === undefined).map((tool) => tool.name);
  const more = named.length === names.length ? "" : ` and ${names.length - named.length} of MCP servers`;
  const offered = names.length === 0 ? "No tool is loaded." : `The tools are ${named.join(", ")}${more}.`;
  return { code: "TOOL_UNKNOWN", message: `there is no tool ${name}.${didYouMean(name, names)} ${offered}` };
}

export function malformedInput(call: ToolCallBlock): Failure {
  const raw = call.malformed ?? "";
  const shown = raw.length > 200 ? `${raw.slice(0, 200)}… (${raw.length} characters)` : raw;
  if (call.cut)
    return {
      code: "TOOL_INPUT_CUT",
      message: `the answer ended at its token limit inside the input of ${call.name}; the call was not run: ${shown}`,
    };
  return { code: "TOOL_INPUT_MALFORMED", message: `the input of ${call.name} is not a JSON object: ${shown}` };
}

export function stoppedBefore(call: ToolCallBlock, { by, reason }: NonNullable<Heard["stop"]>): Failure {
  return { code: "TURN_STOPPED", message: `${call.name} was not run: ${by} ended the turn: ${reason}` };
}

function textOf(content: ToolOutcome["content"]): string {
  return content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
}

function elapsed({ startedAt }: CallRun): number {
  return Math.round((nowMs() - startedAt) * 100) / 100;
}
