/**
 * THE hook table: one row per moment of the lifecycle. Three kinds only. `observe` is told; `rewrite` may return a
 * replacement for the row's payload; `judge` may make a verdict stricter. A point with two kinds rewrites first.
 */
import type { DecidedBy, StopReason } from "./events.ts";
import type { Answer, InputContent, JsonObject, Message, ResultContent, ToolCallBlock } from "./messages.ts";
import type { ModelRequest } from "./plugin.ts";

export type HookKind = "observe" | "rewrite" | "judge";

/** allow < ask < deny: a verdict only ever gets stricter. */
export type Verdict = "allow" | "ask" | "deny";

export interface Judgement {
  verdict: Verdict;
  reason?: string;
}

/** One call on its way through the dispatcher; `tool` is the registered name. */
export interface CallFacts {
  sessionId: string;
  callId: string;
  tool: string;
  input: JsonObject;
  cwd: string;
}

export interface PromptFacts {
  sessionId: string;
  system: string;
  messages: readonly Message[];
}

/** What a tap is given at each point. */
export interface HookPayloads {
  "runtime.start": { version: string; project: string; cwd: string };
  "runtime.stop": { reason: string };
  "session.open": { sessionId: string; source: "startup" | "resume"; model: string };
  "input.receive": { sessionId: string; content: InputContent[] };
  "session.close": { sessionId: string; reason: "done" | "interrupted" | "error" };
  "turn.start": { sessionId: string; turn: number };
  "prompt.build": PromptFacts;
  "model.request": { sessionId: string; request: ModelRequest };
  "model.answer": { sessionId: string; answer: Answer };
  "turn.stop": { sessionId: string; turn: number; continued: number; answer: Answer };
  "turn.end": { sessionId: string; turn: number; stop: StopReason };
  "turn.fail": { sessionId: string; turn: number; code: string; message: string };
  "tool.call": CallFacts;
  "tool.approve": CallFacts;
  "tool.ask": CallFacts & { reason: string };
  "tool.denied": CallFacts & { reason: string; by: DecidedBy };
  "tool.result": CallFacts & { content: ResultContent[]; isError: boolean; durationMs: number; data?: JsonObject };
  "tool.failure": CallFacts & { code: string; message: string; durationMs: number };
  "tool.batch": { sessionId: string; calls: readonly ToolCallBlock[] };
  "instructions.load": { sessionId: string; file: string; bytes: number };
  "error.raise": { code: string; message: string };
}

export type HookPoint = keyof HookPayloads;

/** What a rewriter may hand back at each point that has the kind; parsed by contract/hook-replies.ts before it is used. */
export interface HookReplies {
  "input.receive": { content: InputContent[] };
  "prompt.build": { system: string };
  "model.request": { maxOutputTokens?: number; system?: string };
  "model.answer": { content: Answer["content"] };
  "tool.call": { input: JsonObject };
  "tool.result": { content: ResultContent[] };
}

export type RewritePoint = keyof HookReplies;

interface HookRow {
  kinds: readonly HookKind[];
  /** What a judge that fails, times out or could not be loaded counts as. */
  onJudgeFailure: "deny" | "pass";
  moment: string;
  /** The public event it serves, where there is one. */
  publicEvent?: string;
}

const observe = { kinds: ["observe"], onJudgeFailure: "pass" } as const;
const rewrite = { kinds: ["rewrite"], onJudgeFailure: "pass" } as const;
const judge = { kinds: ["judge"], onJudgeFailure: "deny" } as const;

const rows = {
  "runtime.start": { ...observe, moment: "config is loaded and plugins are known; no session yet" },
  "runtime.stop": { ...observe, moment: "sessions are closed; threads and processes are about to end" },
  "session.open": { ...observe, moment: "a session is new or resumed", publicEvent: "SessionStart" },
  "input.receive": {
    kinds: ["rewrite", "judge"],
    onJudgeFailure: "deny",
    moment: "an input came in and is not yet part of the session",
    publicEvent: "UserPromptSubmit",
  },
  "session.close": { ...observe, moment: "a session ends in this process", publicEvent: "SessionEnd" },
  "turn.start": { ...observe, moment: "an input starts its turn" },
  "prompt.build": { ...rewrite, moment: "the system prompt of a request is made" },
  "model.request": { ...rewrite, moment: "a request is complete and about to be sent" },
  "model.answer": { ...rewrite, moment: "an answer is complete and not yet part of the session" },
  "turn.stop": {
    kinds: ["judge"],
    onJudgeFailure: "pass",
    moment: "the model asks for no tool; a deny lets the turn go on, at most 8 times in a row",
    publicEvent: "Stop",
  },
  "turn.end": { ...observe, moment: "a turn ended without an error" },
  "turn.fail": { ...observe, moment: "a turn ended with an error", publicEvent: "StopFailure" },
  "tool.call": { ...rewrite, moment: "a call's input is parsed and not yet approved", publicEvent: "PreToolUse" },
  "tool.approve": { ...judge, moment: "a call's final input waits for its approval", publicEvent: "PreToolUse" },
  "tool.ask": { ...judge, moment: "somebody would be asked about a call", publicEvent: "PermissionRequest" },
  "tool.denied": { ...observe, moment: "a call was denied", publicEvent: "PermissionDenied" },
  "tool.result": { ...rewrite, moment: "a call has its result; the model and the log have not", publicEvent: "PostToolUse" },
  "tool.failure": { ...observe, moment: "a call failed", publicEvent: "PostToolUseFailure" },
  "tool.batch": {
    ...judge,
    moment: "all calls of one answer have their results; a deny ends the turn",
    publicEvent: "PostToolBatch",
  },
  "instructions.load": { ...observe, moment: "an instruction file joins the prompt", publicEvent: "InstructionsLoaded" },
  "error.raise": { ...observe, moment: "an error of ours reached the front end" },
} as const satisfies Record<HookPoint, HookRow>;

export const hookTable: Readonly<Record<HookPoint, HookRow>> = rows;
export const hookPoints = Object.keys(rows) as HookPoint[];
