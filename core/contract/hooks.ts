/**
 * THE hook table: one row per moment of the lifecycle. Three kinds only. `observe` is told; `rewrite` may return a
 * replacement for the row's payload; `judge` may make a verdict stricter. A point with two kinds rewrites first.
 */
import type { DecidedBy, EventData, StopReason } from "./events.ts";
import type { ConfigSource } from "./host.ts";
import type { PluginScope } from "./installed.ts";
import type {
  Answer,
  InputContent,
  JsonObject,
  Message,
  ResultContent,
  ToolCallBlock,
  ToolResultBlock,
  Usage,
} from "./messages.ts";
import type { Grants } from "./permissions.ts";
import type { ModelRequest } from "./plugin.ts";

export type HookKind = "observe" | "rewrite" | "judge";

/** allow < ask < deny: a verdict only ever gets stricter. */
export type Verdict = "allow" | "ask" | "deny";

/** What any tap may add to its answer. */
export interface TapExtras {
  /** For the model, beside what the moment is about. At most 10,000 characters are used. */
  context?: string;
  /** For the user: a note in the session. */
  say?: string;
  /** Ends the turn as soon as what runs has ended; the text tells the user why. */
  stop?: string;
  /** It did not work, and decides nothing: recorded as failed with this text. What else it says still counts. */
  failed?: string;
  /** What of its own output does not fit, one sentence each: recorded with its run. */
  violations?: readonly string[];
  /** It had nothing to do with this moment: not recorded as fired. */
  skipped?: true;
  /** Tokens of the session's model that it used itself. */
  usage?: Usage;
}

export interface Judgement extends TapExtras {
  verdict: Verdict;
  reason?: string;
}

/** A judgement of a config hook: its allow answers what step 6 of a decision would ask. From a plugin's tap this is a mistake. */
export interface TrustedJudgement extends Judgement {
  /** With an allow at tool.ask: the input to run instead. It is parsed and decided from the start. */
  input?: JsonObject;
  /** With an allow at tool.ask: allow rules for the rest of the session. */
  remember?: string[];
  /** With an allow at mcp.elicit or mcp.elicited: what the server is answered, whatever the user would say or has said. */
  answer?: ElicitAnswer;
}

export interface ElicitAnswer {
  action: "accept" | "decline" | "cancel";
  content?: JsonObject;
}

/** An MCP server's question to the user. `schema` is a form's; a server's own words are in `message`. */
export interface ElicitFacts {
  sessionId: string;
  server: string;
  mode: "form" | "url";
  message: string;
  url?: string;
  elicitationId?: string;
  schema?: JsonObject;
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
  /** `added`: the rules that rewriters before have added, which are also in `ask` and `deny`. */
  "config.load": {
    project: string;
    mode: string;
    allow: string[];
    ask: string[];
    deny: string[];
    added: readonly { behavior: "ask" | "deny"; rule: string; by: string }[];
  };
  /** `keys` are the dotted keys whose value or elements differ; `layers` are those of the files, in their order. */
  "config.change": { sessionId: string; files: string[]; layers: ConfigSource["layer"][]; keys: string[] };
  "session.open": { sessionId: string; source: "startup" | "resume"; model: string };
  "input.receive": { sessionId: string; content: InputContent[]; source: EventData["input"]["source"] };
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
  /** `results` are as the model sees them, in the order of the calls. */
  "tool.batch": { sessionId: string; calls: readonly ToolCallBlock[]; results: readonly ToolResultBlock[] };
  "cwd.change": { sessionId: string; from: string; to: string };
  /** The user is wanted: a question waits for an answer, or a plugin has a notice. */
  notify: { sessionId: string; kind: "permission_prompt" | "question" | "notice"; message: string };
  "instructions.load": { sessionId: string; file: string; bytes: number };
  "mcp.elicit": ElicitFacts;
  "mcp.elicited": ElicitFacts & ElicitAnswer;
  "error.raise": { code: string; message: string };
  "plugin.load": { plugin: string; version: string; scope: PluginScope; sha512: string; grants: Grants };
  "plugin.crash": { plugin: string; code: string; message: string; crashes: number };
  "command.run": { command: string; plugin: string; args: string[] };
}

export type HookPoint = keyof HookPayloads;

/**
 * What a rewriter may hand back at each point that has the kind, beside TapExtras; parsed by contract/hook-replies.ts before
 * it is used. A part that is left out stays as it is.
 */
export interface HookReplies {
  /** Rules that a rewriter of the config may add: it can restrict, never loosen. */
  "config.load": { ask?: string[]; deny?: string[] };
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
}

const observe = { kinds: ["observe"], onJudgeFailure: "pass" } as const;
const rewrite = { kinds: ["rewrite"], onJudgeFailure: "pass" } as const;
const judge = { kinds: ["judge"], onJudgeFailure: "deny" } as const;

const rows = {
  "runtime.start": { ...observe, moment: "config is loaded and plugins are known; no session yet" },
  "runtime.stop": { ...observe, moment: "sessions are closed; threads and processes are about to end" },
  "config.load": { ...rewrite, moment: "config and plugins are loaded, no session is open; may add ask and deny rules" },
  "config.change": {
    ...judge,
    moment: "config files changed under a session and are about to count; a deny keeps the old config",
  },
  "session.open": { ...observe, moment: "a session is new or resumed" },
  "input.receive": {
    kinds: ["rewrite", "judge"],
    onJudgeFailure: "deny",
    moment: "an input came in and is not yet part of the session",
  },
  "session.close": { ...observe, moment: "a session ends in this process" },
  "turn.start": { ...observe, moment: "an input starts its turn" },
  "prompt.build": { ...rewrite, moment: "the system prompt of a request is made" },
  "model.request": { ...rewrite, moment: "a request is complete and about to be sent" },
  "model.answer": { ...rewrite, moment: "an answer is complete and not yet part of the session" },
  "turn.stop": {
    kinds: ["judge"],
    onJudgeFailure: "pass",
    moment: "the model asks for no tool; a deny lets the turn go on, at most 8 times in a row",
  },
  "turn.end": { ...observe, moment: "a turn ended without an error" },
  "turn.fail": { ...observe, moment: "a turn ended with an error" },
  "tool.call": { ...rewrite, moment: "a call's input is parsed and not yet approved" },
  "tool.approve": { ...judge, moment: "a call's final input waits for its approval" },
  "tool.ask": { ...judge, moment: "somebody would be asked about a call" },
  "tool.denied": { ...observe, moment: "a call was denied" },
  "tool.result": { ...rewrite, moment: "a call has its result; the model and the log have not" },
  "tool.failure": { ...observe, moment: "a call failed" },
  "tool.batch": {
    ...judge,
    moment: "all calls of one answer have their results; a deny ends the turn",
  },
  "cwd.change": { ...observe, moment: "a shell call left the session in another folder" },
  notify: { ...observe, moment: "a question for the user waits for its answer, or a plugin shows a notice" },
  "instructions.load": { ...observe, moment: "an instruction file joins the prompt" },
  "mcp.elicit": { ...judge, moment: "an MCP server asks the user, who was not asked yet; a deny declines" },
  "mcp.elicited": { ...judge, moment: "an MCP server's question is answered, and not yet sent; a deny declines" },
  "error.raise": { ...observe, moment: "an error of ours reached the front end" },
  "plugin.load": { ...judge, moment: "a community plugin is about to be loaded; a deny leaves it out" },
  "plugin.crash": { ...observe, moment: "the guest of a plugin ended by itself or was ended for what it did" },
  "command.run": { ...observe, moment: "a command of a community plugin is about to run" },
} as const satisfies Record<HookPoint, HookRow>;

export const hookTable: Readonly<Record<HookPoint, HookRow>> = rows;
export const hookPoints = Object.keys(rows) as HookPoint[];
