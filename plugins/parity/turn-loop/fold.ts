/** The events of one run, as they come, folded into what each model request led to. */
import type { SessionEvent } from "gantry/events";

export interface LoopHook {
  /** The event of a config's hook, else the hook point. */
  event: string;
  tap: string;
  outcome: string;
  ms: number;
  message?: string;
}

export interface LoopCall {
  callId: string;
  tool: string;
  /** The path, command or first text of its input; at most 200 characters. */
  subject: string;
  /** Absent for a call that nobody had to decide about: of an unknown tool, or with a wrong input. */
  decision?: { verdict: string; asked: boolean; by: string; kind: string; source?: string; reason?: string };
  outcome: "ok" | "failed" | "denied" | "not made" | "running";
  code?: string;
  durationMs?: number;
  hooks: LoopHook[];
}

export interface LoopRequest {
  request: number;
  messages: number;
  usage?: { inputTokens: number; outputTokens: number; cacheReadTokens: number; cacheWriteTokens: number };
  /** Why the model stopped. */
  stop?: string;
  /** Of the answer, at most 2,000 characters. */
  text?: string;
  retries: { attempt: number; code: string; delayMs: number }[];
  calls: LoopCall[];
  /** That fired beside its calls. */
  hooks: LoopHook[];
}

export interface Loop {
  sessionId?: string;
  /** Before the first request. */
  before: LoopHook[];
  requests: LoopRequest[];
  notes: string[];
  limit?: { limit: string; value: number; used: number };
  /** Of the turn. */
  end?: { stop: string; steps: number; durationMs: number; costUsd: number | null };
  error?: { code: string; message: string };
  /** Requests, calls, hooks and notes beyond what is kept. */
  beyond: number;
}

const most = { requests: 1_000, calls: 200, hooks: 200, notes: 100 } as const;

export function createLoop(): { take(line: unknown): void; readonly loop: Loop } {
  const loop: Loop = { before: [], requests: [], notes: [], beyond: 0 };
  const calls = new Map<string, LoopCall>();
  const keep = <T>(list: T[], each: T, cap: number): void => {
    if (list.length < cap) list.push(each);
    else loop.beyond++;
  };
  return {
    loop,
    take(line) {
      const early = earlyError(line);
      if (early !== undefined) loop.error = early;
      else if (isEvent(line)) fold(line, { loop, calls, keep });
    },
  };
}

interface Folding {
  loop: Loop;
  calls: Map<string, LoopCall>;
  keep<T>(list: T[], each: T, cap: number): void;
}

function fold(event: SessionEvent, { loop, calls, keep }: Folding): void {
  const last = loop.requests.at(-1);
  switch (event.type) {
    case "session.open":
      loop.sessionId = event.data.id;
      break;
    case "step.start": {
      const { step, messages } = event.data;
      keep(loop.requests, { request: step, messages, retries: [], calls: [], hooks: [] }, most.requests);
      break;
    }
    case "step.retry":
      if (last)
        keep(last.retries, { attempt: event.data.attempt, code: event.data.code, delayMs: event.data.delayMs }, most.calls);
      break;
    case "answer":
      if (last) Object.assign(last, answerOf(event.data));
      break;
    case "tool.call": {
      const { callId, name, input } = event.data;
      const call: LoopCall = { callId, tool: name, subject: subjectOf(input), outcome: "running", hooks: [] };
      calls.set(callId, call);
      if (last) keep(last.calls, call, most.calls);
      break;
    }
    case "hook.fired": {
      const { callId, ...fired } = event.data;
      const place = (callId === undefined ? undefined : calls.get(callId)) ?? last;
      keep(place?.hooks ?? loop.before, hookOf(fired), most.hooks);
      break;
    }
    case "note":
      keep(loop.notes, event.data.text, most.notes);
      break;
    case "limit":
      loop.limit = event.data;
      break;
    case "error":
      loop.error = event.data;
      break;
    case "turn.end": {
      const { stop, steps, durationMs, costUsd } = event.data;
      loop.end = { stop, steps, durationMs, costUsd: costUsd ?? null };
      break;
    }
    default:
      foldCall(event, calls);
  }
}

function foldCall(event: SessionEvent, calls: ReadonlyMap<string, LoopCall>): void {
  if (event.type !== "tool.approval" && event.type !== "tool.result" && event.type !== "tool.failed") return;
  const call = calls.get(event.data.callId);
  if (call === undefined) return;
  if (event.type === "tool.approval") {
    const { verdict, asked, by, reason } = event.data;
    const { kind, name, source } = by;
    call.decision = {
      ...{ verdict, asked, by: name, kind },
      ...(source === undefined ? {} : { source }),
      ...(reason === undefined ? {} : { reason }),
    };
    return;
  }
  const { code, durationMs } = event.data;
  if (code !== undefined) call.code = code;
  call.durationMs = durationMs;
  if (event.type === "tool.result") call.outcome = event.data.isError ? "failed" : "ok";
  else call.outcome = call.decision?.verdict === "deny" ? "denied" : call.decision === undefined ? "not made" : "failed";
}

function answerOf({ message, stop, usage }: Extract<SessionEvent, { type: "answer" }>["data"]): Partial<LoopRequest> {
  const text = message.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("");
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  return { usage: { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }, stop, text: text.slice(0, 2_000) };
}

function hookOf({ point, tap, ms, outcome, message, event }: Extract<SessionEvent, { type: "hook.fired" }>["data"]): LoopHook {
  return { event: event ?? point, tap, outcome, ms, ...(message === undefined ? {} : { message }) };
}

const telling = ["command", "file_path", "path", "pattern", "query", "url"];

function subjectOf(input: Readonly<Record<string, unknown>>): string {
  const values = [...telling.map((field) => input[field]), ...Object.values(input)];
  const first = values.find((value) => typeof value === "string");
  return typeof first === "string" ? first.slice(0, 200) : "";
}

function isEvent(line: unknown): line is SessionEvent {
  return typeof line === "object" && line !== null && "seq" in line && "type" in line && "data" in line;
}

/** Of a run that ended before it had a session: it has no number. */
function earlyError(line: unknown): Loop["error"] {
  if (typeof line !== "object" || line === null || "seq" in line || !("type" in line) || line.type !== "error")
    return undefined;
  const { code, message } = ("data" in line ? line.data : {}) as { code?: unknown; message?: unknown };
  return { code: String(code), message: String(message) };
}
