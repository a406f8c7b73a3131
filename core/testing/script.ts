/**
 * Plays a script: each request takes the next answer; what stands before it (delays, expectations) is met on the way.
 * One player is one run of the file; it never goes back.
 */
import { randomUUID } from "node:crypto";
import { GantryError } from "../contract/errors.ts";
import { type Message, noUsage, type ToolResultBlock, type Usage } from "../contract/messages.ts";
import { checkExpectation, type SeenResult } from "./expectation.ts";
import { answers, parseScript, type ScriptEntry, type ScriptFail, type ScriptThinking } from "./script-format.ts";

/** What a player looks at; the last assistant message and what follows it are enough. */
export interface ScriptRequest {
  system: string;
  messages: readonly Message[];
}

export interface PlayedCall {
  id: string;
  name: string;
  /** The text that is streamed as the input: JSON, unless the script wants it malformed. */
  json: string;
}

export type PlayedThinking = { text: string; signature: string } | { redacted: string };

/** One answer to play: wait `delayMs`, then stream thinking, say and calls in this order, and fail where `fail` says. */
export interface PlayedAnswer {
  delayMs: number;
  hang: boolean;
  thinking: PlayedThinking[];
  say: string | undefined;
  calls: PlayedCall[];
  fail: ScriptFail | undefined;
  /** Fragments of each text and input; undefined: as the player of the answer likes. */
  chunks: number | undefined;
  stopReason: string;
  usage: Usage;
}

export interface ScriptPlayer {
  /** SCRIPT_EXPECTATION_FAILED, SCRIPT_EXHAUSTED. */
  next(request: ScriptRequest): PlayedAnswer;
  /** Entries not reached yet. */
  readonly remaining: number;
}

/** Tokens that an answer without `usage` reports. */
const defaultUsage: Usage = { ...noUsage, inputTokens: 100, outputTokens: 20 };

/** `source` is a script's JSON text or its value; `file` is used in messages. SCRIPT_INVALID. */
export function createScript(source: unknown, options: { file?: string } = {}): ScriptPlayer {
  const script = parseScript(source, options);
  const where = options.file ?? "script";
  // Unique ids: a resumed session plays its script from the first entry again, into the same log.
  const seed = randomUUID().slice(0, 8);
  let position = 0;
  let calls = 0;

  function next(request: ScriptRequest): PlayedAnswer {
    let delayMs = 0;
    for (;;) {
      const entry = script.steps[position];
      if (entry === undefined) throw exhausted(where, script.steps.length);
      if (entry.expect !== undefined) expectOf(entry, request, `${where}: entry ${position + 1}`);
      position += 1;
      delayMs += entry.delayMs ?? 0;
      if (answers(entry)) return { ...played(entry, () => `toolu_${seed}_${++calls}`), delayMs };
    }
  }

  return {
    next,
    get remaining() {
      return script.steps.length - position;
    },
  };
}

/** Splits `text` into `count` parts of about one length; fewer when the text is shorter, one when it is empty. */
export function fragmentsOf(text: string, count: number | undefined): string[] {
  const wanted = count ?? Math.min(16, Math.ceil(text.length / 24));
  const parts = Math.max(1, Math.min(wanted, text.length));
  return Array.from({ length: parts }, (_, index) =>
    text.slice(Math.floor((index * text.length) / parts), Math.floor(((index + 1) * text.length) / parts)),
  );
}

function played(entry: ScriptEntry, nextId: () => string): Omit<PlayedAnswer, "delayMs"> {
  const calls = (entry.calls ?? (entry.call === undefined ? [] : [entry.call])).map((call) => ({
    id: call.id ?? nextId(),
    name: call.name,
    json: call.rawInput ?? JSON.stringify(call.input ?? {}),
  }));
  const thinking = entry.thinking === undefined ? [] : Array.isArray(entry.thinking) ? entry.thinking : [entry.thinking];
  return {
    hang: entry.hang === true,
    thinking: thinking.map(thoughtOf),
    say: entry.say ?? (entry.textBytes === undefined ? undefined : textOf(entry.textBytes)),
    calls,
    fail: entry.fail,
    chunks: entry.chunks ?? entry.deltas,
    stopReason: entry.stopReason ?? (calls.length > 0 ? "tool_use" : "end_turn"),
    usage: { ...defaultUsage, ...defined(entry.usage ?? {}) },
  };
}

function thoughtOf(thought: ScriptThinking): PlayedThinking {
  if (typeof thought === "string") return { text: thought, signature: "sig-script" };
  return "redacted" in thought ? thought : { text: thought.text, signature: thought.signature ?? "sig-script" };
}

function textOf(bytes: number): string {
  const line = "The quick brown fox jumps over the lazy dog, and the line goes on.\n";
  return line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes);
}

function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

function expectOf(entry: ScriptEntry, request: ScriptRequest, where: string): void {
  if (entry.expect === undefined) return;
  const last = request.messages.at(-1);
  const content = last?.role === "user" ? last.content : [];
  const problem = checkExpectation(entry.expect, {
    system: request.system,
    input: content.map((block) => (block.type === "text" ? block.text : "")).join(""),
    results: content.filter((block) => block.type === "tool_result").map((block) => seenResult(block, request.messages)),
  });
  if (problem !== undefined)
    throw new GantryError("SCRIPT_EXPECTATION_FAILED", `${where}: ${problem}`, { detail: { retryable: false } });
}

function seenResult(block: ToolResultBlock, messages: readonly Message[]): SeenResult {
  const text = block.content.map((part) => (part.type === "text" ? part.text : `[${part.mediaType}]`)).join("\n");
  return { callId: block.callId, name: nameOfCall(block.callId, messages), text, isError: block.isError };
}

function nameOfCall(callId: string, messages: readonly Message[]): string {
  for (const message of messages.toReversed()) {
    if (message.role !== "assistant") continue;
    for (const block of message.content) if (block.type === "tool_call" && block.callId === callId) return block.name;
  }
  return "?";
}

function exhausted(where: string, count: number): GantryError {
  return new GantryError("SCRIPT_EXHAUSTED", `${where}: all ${count} entries are played, and another request came`, {
    detail: { retryable: false },
  });
}
