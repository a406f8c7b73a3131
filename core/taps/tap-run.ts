/** One run of one tap: whether the moment concerns it, its time, the parse of its answer, and what is told of it. */
import { nowMs } from "../contract/clock.ts";
import { messageOf } from "../contract/errors.ts";
import {
  type ElicitAnswer,
  type HookPayloads,
  type HookPoint,
  hookTable,
  type RewritePoint,
  type TapExtras,
  type Verdict,
} from "../contract/hooks.ts";
import type { AnyTap } from "../contract/plugin.ts";
import type { Heard, HookFired, HooksOptions, Ruling, TapOrigin } from "../hooks.ts";
import { isPlainAnswer } from "./plain-answer.ts";
import { awaited, begin, endedBefore, timedOut } from "./tap-bound.ts";
import { type Answer, cut, listedViolations, reasonGiven, withoutSecrets } from "./tap-said.ts";

type Payload = HookPayloads[HookPoint];

/** A tap with its whole name. */
export interface LiveTap {
  owner: string;
  tap: AnyTap;
  name: string;
  mayAllow: boolean;
  status: string | undefined;
  origin: Partial<Pick<TapOrigin, "source" | "event">>;
}

/** One asking of a point, handed from tap to tap. */
export interface TapRun {
  payload: Payload;
  heard: Heard;
  /** Ends what runs; one with a TimeoutError is a bound of all that is asked together. */
  signal: AbortSignal | undefined;
}

/** What came of a parsed answer: the value for the next tap, and how the log names it. */
interface Settled {
  value: unknown;
  outcome: HookFired["outcome"];
}

const strictness: Record<Verdict, number> = { allow: 0, ask: 1, deny: 2 };

/** The tap as tapable runs it: never rejects, hands on the value it was given when it has nothing to say. */
export async function runTap(entry: LiveTap, value: unknown, run: TapRun, options: HooksOptions): Promise<unknown> {
  const { tap, name } = entry;
  const { on: point, kind } = tap;
  const payload = kind === "rewrite" ? (value as Payload) : run.payload;
  if (!concerns(tap, payload)) return value;
  const startedAt = nowMs();
  const fired = (outcome: HookFired["outcome"], said?: Said): void => {
    const facts: HookFired = { point, tap: name, ms: nowMs() - startedAt, outcome, payload, ...entry.origin };
    if ("callId" in payload) facts.callId = payload.callId;
    if (said?.message !== undefined) facts.message = cut(said.message);
    if (said?.violations !== undefined && said.violations.length > 0) facts.violations = listedViolations(said.violations);
    if (said?.usage !== undefined) facts.usage = said.usage;
    if (said?.say !== undefined) facts.say = cut(said.say);
    options.onFired(facts);
  };
  try {
    const begun = begin(entry, payload, run.signal, options);
    // A tap that answers at once is not made to wait.
    const reply = begun.reply instanceof Promise ? await awaited(entry, begun, run.signal, options) : begun.reply;
    // What an observer's last expression happens to give is no answer.
    if (reply === undefined || (kind === "observe" && (typeof reply !== "object" || reply === null))) {
      fired("ok");
      return value;
    }
    const said = withoutSecrets(await parse(entry, reply), options.redact);
    const settled = settle(entry, value, said, run);
    hear(said, name, run);
    const { failed, usage, say, violations } = said;
    if (said.skipped !== true || failed !== undefined || say !== undefined || violations !== undefined) {
      const message = failed ?? reasonGiven(settled.outcome, said.reason);
      fired(failed === undefined || settled.outcome !== "ok" ? settled.outcome : "failed", { message, usage, say, violations });
    }
    return settled.value;
  } catch (error) {
    const message = reasonOf(error, tap, run.signal, options);
    fired(error === timedOut ? "timeout" : "failed", { message });
    if (kind !== "judge" || hookTable[point].onJudgeFailure === "pass") return value;
    return stricter(value as Ruling, { verdict: "deny", reason: `${name} could not decide: ${message}`, by: name });
  }
}

interface Said {
  message?: string | undefined;
  usage?: TapExtras["usage"];
  say?: string | undefined;
  violations?: readonly string[] | undefined;
}

function reasonOf(error: unknown, tap: AnyTap, outer: AbortSignal | undefined, { redact }: HooksOptions): string {
  const text = endedBefore(error, tap, outer) ?? messageOf(error);
  return redact === undefined ? text : redact(text);
}

function concerns({ tools }: AnyTap, payload: Payload): boolean {
  return !tools || !("tool" in payload) || tools.includes(payload.tool);
}

async function parse({ tap: { on: point, kind }, mayAllow }: LiveTap, reply: unknown): Promise<Answer> {
  if (isPlainAnswer(kind, reply)) return reply as Answer;
  const { hookReplies, observedReply, judgementReply, trustedReply } = await import("../contract/hook-replies.ts");
  const judged = mayAllow ? trustedReply : judgementReply;
  const schemas = { observe: observedReply, rewrite: hookReplies[point as RewritePoint], judge: judged };
  const parsed = schemas[kind].safeParse(reply);
  if (parsed.success) return parsed.data as Answer;
  const each = parsed.error.issues.slice(0, 5).map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
  throw new Error(`its answer does not fit ${point} (${kind}): ${each.join("; ")}`);
}

function settle(entry: LiveTap, value: unknown, said: Answer, run: TapRun): Settled {
  const { kind } = entry.tap;
  if (kind === "judge") return judged(entry, value as Ruling, said, run);
  if (kind === "observe") return { value, outcome: "ok" };
  const next = replaced(entry, value as Payload, said);
  return { value: next, outcome: next === value ? "ok" : "changed" };
}

/** Points where a config hook's yes answers what would be asked. */
const answering: readonly HookPoint[] = ["tool.approve", "tool.ask", "mcp.elicit", "mcp.elicited"];

/** The next hook sees the answer as this one has changed it. */
function answered(payload: Payload, answer: ElicitAnswer): Payload {
  const { content: _before, ...rest } = payload as HookPayloads["mcp.elicited"];
  return { ...rest, ...answer };
}

/** Waterfall, not bail: an early allow would hide a later deny (test/properties/hooks.test.ts). */
function judged({ tap, name, mayAllow }: LiveTap, standing: Ruling, said: Answer, run: TapRun): Settled {
  const { verdict, reason, input, remember, answer } = said;
  if (verdict === undefined) return { value: standing, outcome: "ok" };
  if (verdict === "allow") {
    const counts = mayAllow && answering.includes(tap.on);
    if (!counts) return { value: standing, outcome: "ok" };
    // The next hook sees the input as this one has changed it.
    if (input !== undefined) run.payload = { ...(run.payload as HookPayloads["tool.ask"]), input };
    if (answer !== undefined && tap.on === "mcp.elicited") run.payload = answered(run.payload, answer);
    const value: Ruling = {
      ...standing,
      allowedBy: standing.allowedBy ?? name,
      ...(input === undefined ? {} : { input }),
      ...(remember === undefined ? {} : { remember: [...(standing.remember ?? []), ...remember] }),
      ...(answer === undefined ? {} : { answer: tap.on === "mcp.elicited" ? answer : (standing.answer ?? answer) }),
    };
    return { value, outcome: "allow" };
  }
  const value = stricter(standing, {
    ...{ verdict, by: name },
    ...(reason === undefined ? {} : { reason: cut(reason) }),
    ...(answer === undefined ? {} : { answer }),
  });
  return { value, outcome: verdict };
}

function stricter(standing: Ruling, said: Omit<Ruling, "heard">): Ruling {
  if (strictness[said.verdict] <= strictness[standing.verdict]) return standing;
  const { reason: _weaker, ...rest } = standing;
  return { ...rest, ...said };
}

function replaced({ tap: { on: point }, name }: LiveTap, value: Payload, said: Answer): Payload {
  const { context: _context, say: _say, stop: _stop, failed: _failed, skipped: _skipped, ...others } = said;
  const { usage: _usage, violations: _violations, ...change } = others;
  if (Object.values(change).every((part) => part === undefined)) return value;
  if (point === "config.load") return restricted(value as HookPayloads["config.load"], change, name);
  if (point === "model.answer")
    return { ...value, answer: { ...(value as HookPayloads["model.answer"]).answer, ...change } } as Payload;
  if (point === "model.request")
    return { ...value, request: { ...(value as HookPayloads["model.request"]).request, ...change } } as Payload;
  return { ...value, ...change } as Payload;
}

/** Rules are added, never taken away. */
function restricted(
  value: HookPayloads["config.load"],
  { ask = [], deny = [] }: { ask?: string[]; deny?: string[] },
  by: string,
): HookPayloads["config.load"] {
  const added = [
    ...ask.map((rule) => ({ behavior: "ask" as const, rule, by })),
    ...deny.map((rule) => ({ behavior: "deny" as const, rule, by })),
  ];
  return { ...value, ask: [...value.ask, ...ask], deny: [...value.deny, ...deny], added: [...value.added, ...added] };
}

function hear({ context, stop }: TapExtras, by: string, run: TapRun): void {
  if (context === undefined && stop === undefined) return;
  const { heard } = run;
  const first = heard.stop ?? (stop === undefined ? undefined : { by, reason: cut(stop) });
  run.heard = {
    context: context === undefined || context.trim() === "" ? heard.context : [...heard.context, { by, text: cut(context) }],
    ...(first === undefined ? {} : { stop: first }),
  };
}
