/**
 * What happens when a call must be asked for: the flag answers, or judges on tool.ask may still deny, or somebody is asked,
 * one question at a time; a yes for the session or for always becomes a rule that means exactly what was shown.
 */
import { messageOf } from "../contract/errors.ts";
import type { DecidedBy, EventData } from "../contract/events.ts";
import type { CallFacts } from "../contract/hooks.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { McpTool } from "../contract/mcp.ts";
import type { JsonObject } from "../contract/messages.ts";
import { untilAborted } from "../contract/until-aborted.ts";
import { byHook, type DenyCode, type Judged } from "./decision.ts";
import type { Policy } from "./ground.ts";

export interface ApprovalQuestion {
  call: CallFacts;
  tool: ToolManifest & { plugin: string; mcp?: AskedMcpTool };
  /** The path or command, printable. */
  subject: string;
  /** Why it is asked. */
  reason: string;
  /** The rules that "always" would write, one for each part that is asked; undefined when nothing is to be offered. */
  offerAlways: readonly string[] | undefined;
}

/** A tool of an MCP server, by the server's own names and words. */
export interface AskedMcpTool {
  server: string;
  tool: string;
  annotations?: McpTool["annotations"];
}

/** `session` and `always` count as `once` where nothing was offered. */
export type ApprovalAnswer = { choice: "once" | "session" | "always" } | { choice: "no"; reason?: string };

export type Ask = (question: ApprovalQuestion, options: { signal: AbortSignal }) => Promise<ApprovalAnswer>;

export interface AskerOptions {
  policy: Policy;
  /** A deny denies; a config hook's yes answers. */
  judgeAsk(call: CallFacts, reason: string): Promise<Judged>;
  ask: Ask | undefined;
  /** Writes an allow rule to the user's local layer; its `file:line`. */
  rememberAlways(rule: string): Promise<string>;
  /** Told of each rule that an answer made, before the next question is asked. */
  onRemembered(rule: string): void;
}

export interface Asking {
  question: ApprovalQuestion;
  /** The call in the words of a rule. */
  what: string;
  signal: AbortSignal;
  /** The rule that came to cover the call while it waited in line. */
  covered(): Promise<string | undefined>;
}

/** An approval before its reach is known. */
export interface Answered {
  verdict: "allow" | "deny";
  /** Somebody was asked, or would have been. */
  asked: boolean;
  by: DecidedBy;
  /** With every deny. */
  code?: DenyCode;
  /** With every deny. */
  reason?: string;
  remembered?: Kept;
  /** What a config hook's yes came with: another input to run, and rules for the rest of the session. */
  input?: JsonObject;
  remember?: readonly string[];
}

/** What an answer made: the rule, and `more` of them for a line of several parts. `file` is where the first one stands. */
type Kept = NonNullable<EventData["tool.approval"]["remembered"]>;

export function createAsker(options: AskerOptions): (asking: Asking) => Promise<Answered> {
  let last: Promise<unknown> = Promise.resolve();

  /** Questions wait for the one before: a terminal can show one, and its answer may cover the next. */
  async function inLine(asking: Asking, ask: Ask): Promise<Answered> {
    const turn = last.then(() => answerQuestion(asking, ask));
    last = turn.catch(() => undefined);
    return untilAborted(turn, asking.signal);
  }

  async function answerQuestion(asking: Asking, ask: Ask): Promise<Answered> {
    const { question, signal } = asking;
    signal.throwIfAborted();
    const rule = await asking.covered();
    if (rule !== undefined)
      return { verdict: "allow", asked: false, by: { kind: "remembered", name: rule, source: "this session" } };
    try {
      // A question that nobody answers ends with the turn, whatever the front end makes of the signal.
      const answer = await untilAborted(ask(question, { signal }), signal);
      return await settle(answer, asking, options);
    } catch (error) {
      signal.throwIfAborted();
      return unavailable(asking, `asking failed: ${messageOf(error)}`);
    }
  }

  return async (asking) => {
    const { question, signal } = asking;
    if (options.policy.approve === "never") return deniedByFlag(asking);
    const judged = await judge(options, question);
    signal.throwIfAborted();
    if (judged.verdict === "deny") return deniedByJudge(asking, judged);
    if (judged.allowedBy !== undefined) return allowedByHook(judged, judged.allowedBy);
    if (options.policy.approve === "always") return allowedByFlag(question.reason);
    if (options.ask === undefined) return unavailable(asking, "nobody is there to be asked");
    return inLine(asking, options.ask);
  };
}

/** A judge that fails denies: a broken guard must not open the door. */
async function judge({ judgeAsk }: AskerOptions, { call, reason }: ApprovalQuestion): Promise<Judged> {
  try {
    return await judgeAsk(call, reason);
  } catch (error) {
    return { verdict: "deny", by: "tool.ask", reason: `the judge failed: ${messageOf(error)}` };
  }
}

async function settle(answer: ApprovalAnswer, asking: Asking, options: AskerOptions): Promise<Answered> {
  if (answer.choice === "no") return deniedByUser(asking, answer.reason);
  const [rule, ...more] = asking.question.offerAlways ?? [];
  const yes: Answered = { verdict: "allow", asked: true, by: { kind: "user", name: answer.choice } };
  if (rule === undefined || answer.choice === "once") return yes;
  for (const each of [rule, ...more]) options.onRemembered(each);
  const kept = { rule, ...(more.length === 0 ? {} : { more }) };
  if (answer.choice === "session") return { ...yes, remembered: { ...kept, for: "session" } };
  try {
    const file = await options.rememberAlways(rule);
    for (const each of more) await options.rememberAlways(each);
    return { ...yes, remembered: { ...kept, for: "always", file } };
  } catch (error) {
    const reason = `${[rule, ...more].join(", ")} holds for this session only: ${messageOf(error)}`;
    return { ...yes, reason, remembered: { ...kept, for: "session" } };
  }
}

function allowedByHook({ reason, input, remember }: Judged, name: string): Answered {
  return {
    verdict: "allow",
    asked: true,
    by: byHook(name),
    ...(reason === undefined ? {} : { reason }),
    ...(input === undefined ? {} : { input }),
    ...(remember === undefined ? {} : { remember }),
  };
}

function deniedByUser({ what }: Asking, reason: string | undefined): Answered {
  const why = reason === undefined || reason.trim() === "" ? "" : `: ${reason.trim()}`;
  return {
    verdict: "deny",
    asked: true,
    by: { kind: "user", name: "no" },
    code: "APPROVAL_DENIED",
    reason: `the user said no to ${what}${why}`,
  };
}

function deniedByJudge({ what }: Asking, { by, reason }: Judged): Answered {
  return {
    verdict: "deny",
    asked: true,
    by: { kind: "judge", name: by },
    code: "APPROVAL_DENIED",
    reason: `${what} is denied by ${by}${reason === undefined ? "" : `: ${reason}`}`,
  };
}

function allowedByFlag(reason: string): Answered {
  return { verdict: "allow", asked: true, by: { kind: "flag", name: "always", source: "--approve" }, reason };
}

function deniedByFlag({ question, what }: Asking): Answered {
  return {
    verdict: "deny",
    asked: true,
    by: { kind: "flag", name: "never", source: "--approve" },
    code: "APPROVAL_DENIED",
    reason: `${what} needs a yes (${question.reason}), and --approve never answers no`,
  };
}

function unavailable({ question, what }: Asking, why: string): Answered {
  return {
    verdict: "deny",
    asked: true,
    by: { kind: "nobody", name: "nobody" },
    code: "APPROVAL_UNAVAILABLE",
    reason: `${what} needs a yes (${question.reason}), and ${why}`,
  };
}
