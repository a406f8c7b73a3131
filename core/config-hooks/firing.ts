/**
 * One hook at one moment: is it the hook's own (matcher, `if`, once), then a run, in the background where the hook wants
 * that. What went wrong or does not fit the format is said to the user, once each.
 */
import type { CallFacts, HookPayloads, TapExtras } from "../contract/hooks.ts";
import type { JsonObject } from "../contract/messages.ts";
import type { Rule } from "../permission/rules/rules.ts";
import type { HookReply } from "./answer/hook-reply.ts";
import type { ConfigHook } from "./declared/config-hook.ts";
import { type HookSession, hookInputs, matchedValue, type ServedPoint } from "./input/stdin.ts";
import { type HookRun, type HookRunDeps, runHook } from "./run.ts";
import { createSeen } from "./seen.ts";

export interface FiringDeps extends HookRunDeps {
  session(sessionId: string): HookSession | undefined;
  /** Does an `if` rule speak of this call? What cannot be parsed matches. */
  ruleMatches(rule: Rule, call: CallFacts): Promise<boolean>;
  /** A call that a hook makes itself: no hook fires for it. */
  isOwnCall?(callId: string): boolean;
  /** Owns runs that nobody waits for: records how they end, and lets them end before the process does. */
  background(run: Promise<HookRun>, about: { hook: ConfigHook; sessionId: string; callId?: string }): void;
  /** Aborted when background runs shall end. */
  closing: AbortSignal;
}

export interface Moment<P extends ServedPoint> {
  point: P;
  hook: ConfigHook;
  payload: HookPayloads[P];
  signal: AbortSignal;
  /** The moment was found to be the hook's own before: `once` does not count again. */
  again?: boolean;
}

export interface Fired {
  reply: HookReply;
  /** What to tell beside the reply: to the user, and of tokens. */
  extras: TapExtras;
}

export interface Firing {
  /** Undefined: the moment is not the hook's, or its run is in the background. */
  fire<P extends ServedPoint>(moment: Moment<P>): Promise<Fired | undefined>;
}

export function createFiring(deps: FiringDeps): Firing {
  const ranOnce = createSeen();
  const told = createSeen();

  async function concerns<P extends ServedPoint>({ hook, payload, again }: Moment<P>, input: JsonObject): Promise<boolean> {
    if (!hook.matches(matchedValue(hook.event, input))) return false;
    const once = hook.once ? `${sessionOf(payload)} ${keyOf(hook)}` : undefined;
    if (once !== undefined && again !== true && ranOnce.has(once)) return false;
    if (hook.rule !== undefined) {
      // The format: on an event without a call, a hook with an `if` never runs.
      if (!("tool" in payload)) return false;
      if (!(await deps.ruleMatches(hook.rule, payload))) return false;
      // Calls are asked about side by side.
      if (once !== undefined && again !== true && ranOnce.has(once)) return false;
    }
    if (once !== undefined) ranOnce.add(once);
    return true;
  }

  function inBackground<P extends ServedPoint>({ hook, payload }: Moment<P>, input: JsonObject): void {
    const callId = "callId" in payload ? { callId: payload.callId } : {};
    const run = runHook(hook, input, deps, { signal: deps.closing });
    deps.background(run, { hook, sessionId: sessionOf(payload), ...callId });
  }

  /** For the user: what the hook says each time; what is wrong with it the first time. */
  function notes({ hook, payload }: Moment<ServedPoint>, { violations, reply }: HookRun): string[] {
    const { say, failed } = reply;
    const wrong = [...(failed === undefined ? [] : [failed]), ...violations];
    const news = wrong.filter((text) => told.add(`${sessionOf(payload)} ${keyOf(hook)} ${text}`));
    return [...(say === undefined ? [] : [say]), ...news.map((text) => `${hook.event} hook at ${hook.source}: ${text}`)];
  }

  async function runFor<P extends ServedPoint>(moment: Moment<P>, input: JsonObject): Promise<Fired | undefined> {
    if (!(await concerns(moment, input))) return undefined;
    if (moment.hook.isAsync) {
      inBackground(moment, input);
      return undefined;
    }
    const run = await runHook(moment.hook, input, deps, { signal: moment.signal });
    const said = notes(moment as Moment<ServedPoint>, run);
    const extras = {
      ...(said.length === 0 ? {} : { say: said.join("\n") }),
      ...(run.violations.length === 0 ? {} : { violations: run.violations }),
      ...(run.usage === undefined ? {} : { usage: run.usage }),
    };
    return { reply: forPolicy(moment.hook, input, run.reply), extras };
  }

  return {
    async fire(moment) {
      const { point, hook, payload } = moment;
      if ("callId" in payload && deps.isOwnCall?.(payload.callId) === true) return undefined;
      const sessionId = sessionOf(payload);
      const place = { sessionId, event: hook.event, session: deps.session(sessionId), project: deps.project };
      let all: Fired | undefined;
      for (const input of hookInputs(point, payload, { ...place, home: deps.env["HOME"] ?? "/" })) {
        const fired = await runFor(moment, input);
        all = all === undefined || fired === undefined ? (fired ?? all) : together(all, fired);
      }
      return all;
    },
  };
}

/** The policy of whoever manages the machine is not a hook's to hold back. */
function forPolicy({ event }: ConfigHook, { source }: JsonObject, reply: HookReply): HookReply {
  if (event !== "ConfigChange" || source !== "policy_settings") return reply;
  const { verdict: _verdict, undecided: _undecided, stop: _stop, ...rest } = reply;
  return rest;
}

/** Of several files that changed: a no to one is a no. */
function together(a: Fired, b: Fired): Fired {
  const no = [a, b].find(({ reply }) => reply.verdict === "deny");
  const say = [a.extras.say, b.extras.say].filter((text) => text !== undefined).join("\n");
  const violations = [...(a.extras.violations ?? []), ...(b.extras.violations ?? [])];
  return {
    reply: { ...b.reply, ...a.reply, ...no?.reply },
    extras: {
      ...{ ...a.extras, ...b.extras },
      ...(say === "" ? {} : { say }),
      ...(violations.length === 0 ? {} : { violations }),
    },
  };
}

const keyOf = ({ event, order, source }: ConfigHook): string => `${event}#${order} ${source}`;

const sessionOf = (payload: HookPayloads[ServedPoint]): string => payload.sessionId;
