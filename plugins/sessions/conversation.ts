/** Events told as a conversation: what was said, what was called and what came of it, and what went wrong. */
import type { EventOf, SessionEvent } from "gantry/events";
import type { JsonObject, ResultContent, Usage } from "gantry/plugin";

export interface ToldCall {
  kind: "call";
  name: string;
  input: JsonObject;
  /** `open` until its result is met. */
  outcome: "ok" | "error" | "denied" | "in doubt" | "open";
  code?: string;
  durationMs: number;
  text: string;
  diff?: string;
}

export type Told =
  | { kind: "input"; at: string; text: string }
  | { kind: "answer"; text: string }
  | { kind: "thinking"; text: string }
  | { kind: "note"; text: string }
  | ToldCall;

export interface Conversation {
  parts: Told[];
  usage: Usage;
  /** US dollars; undefined where no turn had a price. */
  costUsd: number | undefined;
}

interface Teller extends Conversation {
  calls: Map<string, ToldCall>;
}

export function tellConversation(events: readonly SessionEvent[]): Conversation {
  const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  const teller: Teller = { parts: [], usage, costUsd: undefined, calls: new Map() };
  for (const event of events) tellEvent(teller, event);
  const { parts, costUsd } = teller;
  return { parts, usage, costUsd };
}

function tellEvent(teller: Teller, event: SessionEvent): void {
  const note = (text: string): void => void teller.parts.push({ kind: "note", text });
  switch (event.type) {
    case "input":
      teller.parts.push({ kind: "input", at: event.at, text: textOf(event.data.content) });
      break;
    case "answer":
      tellAnswer(teller, event);
      break;
    case "tool.approval":
      if (event.data.verdict === "deny") settle(teller, event.data.callId, { outcome: "denied" });
      break;
    case "tool.result":
      tellResult(teller, event);
      break;
    case "tool.failed":
      tellFailure(teller, event);
      break;
    case "session.resume":
      note(`Resumed ${event.at} with ${event.data.model}.`);
      break;
    case "note":
      note(event.data.text);
      break;
    case "error":
      note(`Error ${event.data.code}: ${event.data.message}`);
      break;
    case "limit":
      note(`Limit of ${event.data.limit} reached: ${event.data.used} of ${event.data.value}.`);
      break;
    case "turn.end":
      if (event.data.costUsd !== undefined) teller.costUsd = (teller.costUsd ?? 0) + event.data.costUsd;
      if (event.data.stop === "interrupted") note("Interrupted.");
      break;
    default:
  }
}

function tellAnswer({ parts, usage, calls }: Teller, { data }: EventOf<"answer">): void {
  for (const key of ["inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens"] as const) {
    usage[key] += data.usage[key];
  }
  for (const block of data.message.content) {
    if (block.type === "tool_call") {
      const call: ToldCall = { kind: "call", name: block.name, input: block.input, outcome: "open", durationMs: 0, text: "" };
      calls.set(block.callId, call);
      parts.push(call);
    } else if (block.text.trim() !== "") {
      parts.push({ kind: block.type === "text" ? "answer" : "thinking", text: block.text.trim() });
    }
  }
}

function tellResult(teller: Teller, { data }: EventOf<"tool.result">): void {
  const diff = data.data?.["diff"];
  settle(teller, data.callId, {
    outcome: data.isError ? "error" : "ok",
    durationMs: data.durationMs,
    text: textOf(data.content),
    ...(data.code === undefined ? {} : { code: data.code }),
    ...(typeof diff === "string" && diff !== "" ? { diff } : {}),
  });
}

function tellFailure(teller: Teller, { data }: EventOf<"tool.failed">): void {
  const { callId, code, message, durationMs, inDoubt } = data;
  const isDenied =
    code === "APPROVAL_DENIED" || code === "APPROVAL_UNAVAILABLE" || teller.calls.get(callId)?.outcome === "denied";
  settle(teller, callId, { outcome: inDoubt ? "in doubt" : isDenied ? "denied" : "error", code, durationMs, text: message });
}

function settle({ calls }: Teller, callId: string, result: Partial<ToldCall>): void {
  const call = calls.get(callId);
  if (call) Object.assign(call, result);
}

function textOf(content: EventOf<"input">["data"]["content"] | ResultContent[]): string {
  return content
    .map((block) => {
      if (block.type === "text") return block.text;
      return block.type === "image" ? `[image ${block.mediaType}, ${Math.round((block.data.length * 3) / 4)} bytes]` : "";
    })
    .join("\n");
}
