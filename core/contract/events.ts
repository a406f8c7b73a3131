/**
 * THE event union: all that a session log may hold. A line of the log is a LoggedEvent and `prev`, the SHA-256 of the
 * line before. Readers keep and skip types they do not know.
 */
import type { McpState } from "./mcp.ts";
import type { Answer, AssistantMessage, InputContent, JsonObject, ResultContent, Usage } from "./messages.ts";

/** Who decided about a call, and where that decision is written. */
export interface DecidedBy {
  /** `hook`: a trusted config hook's yes. */
  kind: "rule" | "judge" | "hook" | "mode" | "user" | "remembered" | "default" | "flag" | "nobody";
  /** The rule, the judge's name, the mode, or what the user chose. */
  name: string;
  /** File and line where the user wrote it, as `path:line`, or the flag. */
  source?: string;
}

/** A file as a tool left or saw it; the ledger of the stale-edit check. `path` is real and absolute. */
export interface FileStamp {
  path: string;
  sha256: string;
}

export type StopReason =
  | "end_turn"
  | "max_turns"
  | "max_cost"
  | "timeout"
  | "repeated_failure"
  | "max_tokens"
  | "refusal"
  | "denied"
  | "interrupted"
  | "error";

export interface EventData {
  "session.open": {
    id: string;
    /** Real path of the project root. */
    project: string;
    cwd: string;
    model: string;
    versions: { gantry: string; node: string };
  };
  /** Written each time a process opens an existing log to go on with it. */
  "session.resume": { cwd: string; model: string; recovered?: { cutBytes: number; keptAs: string } };
  /** `hook`: what hooks gave to the model between two requests; `mcp`: what became of MCP servers, and of what they offer. */
  input: { content: InputContent[]; source: "prompt" | "stdin" | "line" | "api" | "hook" | "mcp" };
  "turn.start": { turn: number };
  "step.start": { step: number; model: string; promptSha256: string; messages: number };
  /** One failed try of a step's request that will be repeated after `delayMs`. */
  "step.retry": { step: number; attempt: number; code: string; message: string; delayMs: number };
  answer: { step: number; message: AssistantMessage; stop: Answer["stop"]; usage: Usage; model: string };
  "tool.call": { callId: string; name: string; input: JsonObject };
  "tool.approval": {
    callId: string;
    verdict: "allow" | "deny";
    /** Set when somebody was asked, or a flag answered in their place. What a hook answers is nobody's question. */
    asked: boolean;
    by: DecidedBy;
    reason?: string;
    /** A rule that now holds for the rest of the session, or was written to the user's local layer; `more` that a hook gave. */
    remembered?: { rule: string; for: "session" | "always"; file?: string; more?: string[] };
  };
  /** `input` is what runs, where a hook has changed it. */
  "tool.start": { callId: string; input?: JsonObject };
  "tool.result": {
    callId: string;
    content: ResultContent[];
    isError: boolean;
    code?: string;
    durationMs: number;
    data?: JsonObject;
    files?: FileStamp[];
    /** The shell's folder after the call, where it moved. */
    cwd?: string;
  };
  /** A call that ended without running to its end: unknown, invalid, denied, crashed, cancelled, or in doubt after a kill. */
  "tool.failed": { callId: string; code: string; message: string; durationMs: number; inDoubt?: boolean };
  "hook.fired": {
    point: string;
    tap: string;
    ms: number;
    outcome: "ok" | "changed" | "allow" | "ask" | "deny" | "failed" | "timeout";
    /** Why it failed, or the first line of the reason it gave with an ask or a deny. */
    message?: string;
    /** What of a hook's output does not fit the format. */
    violations?: string[];
    /** At the tool.* points. */
    callId?: string;
    /** Of a hook in a config file: its public event, and where it is written, as `file:line`. */
    event?: string;
    source?: string;
    /** Tokens that a prompt hook used. */
    usage?: Usage;
  };
  /** Config files that changed under the session; `taken` is false when a judge kept the old config, or the new one is wrong. */
  "config.reload": { files: string[]; keys: string[]; taken: boolean; reason?: string };
  /** An MCP server's state is another. `tools`: how many it offers, where it is ready. */
  "mcp.server": { server: string; state: McpState; code?: string; why?: string; tools?: number };
  /** Deferred tools of MCP servers that are sent with every request from now on, in this order. */
  "mcp.tools": { loaded: string[] };
  /**
   * What an MCP server asked for during a call, and how that ended. `fields` are names of what was answered, never values;
   * `url` is the host alone. `usage` is of the model's answer to it.
   */
  "mcp.ask": {
    server: string;
    kind: "form" | "url" | "sample";
    message: string;
    answer: "accept" | "decline" | "cancel" | "denied" | "failed";
    by: DecidedBy;
    reason?: string;
    fields?: string[];
    url?: string;
    usage?: Usage;
  };
  instructions: { file: string; bytes: number; truncated: boolean };
  limit: { limit: "turns" | "cost" | "time" | "repeated_failure"; value: number; used: number };
  error: { code: string; message: string };
  "turn.end": { turn: number; stop: StopReason; steps: number; usage: Usage; durationMs: number; costUsd?: number };
  "session.close": { reason: "done" | "interrupted" | "error" };
  /** For the people who read the log: what recovery, limits of storage or a lock take-over found. */
  note: {
    text: string;
    /** The hook that says it, to the user. */
    from?: string;
  };
}

export type EventType = keyof EventData;

/** One immutable fact. `seq` counts from 1 without gaps; `at` is ISO time. */
export type SessionEvent = {
  [T in EventType]: { v: 1; seq: number; at: string; type: T; data: EventData[T] };
}[EventType];

export type EventOf<T extends EventType> = Extract<SessionEvent, { type: T }>;

/** What a front end sees live besides events; never in the log. */
export type Delta =
  | { type: "delta"; kind: "text" | "thinking"; text: string }
  | { type: "delta"; kind: "tool_start"; callId: string; name: string }
  | { type: "delta"; kind: "tool_input"; callId: string; json: string }
  | { type: "delta"; kind: "progress"; callId: string; text: string };

/** Every event type, for tables and tests; the compiler keeps it complete. */
export const eventTypes: readonly EventType[] = Object.keys({
  "session.open": 0,
  "session.resume": 0,
  input: 0,
  "turn.start": 0,
  "step.start": 0,
  "step.retry": 0,
  answer: 0,
  "tool.call": 0,
  "tool.approval": 0,
  "tool.start": 0,
  "tool.result": 0,
  "tool.failed": 0,
  "hook.fired": 0,
  "config.reload": 0,
  "mcp.server": 0,
  "mcp.tools": 0,
  "mcp.ask": 0,
  instructions: 0,
  limit: 0,
  error: 0,
  "turn.end": 0,
  "session.close": 0,
  note: 0,
} satisfies Record<EventType, 0>) as EventType[];
