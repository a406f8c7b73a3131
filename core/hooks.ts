/**
 * The hook table as live tapable hooks. Observers run in series; rewriters are a waterfall over the payload; judges are a
 * waterfall over a verdict that can only get stricter. Every tap is named, timed, bounded and reported.
 */

import tapable from "tapable";
import { nowMs } from "./contract/clock.ts";
import { GantryError, messageOf } from "./contract/errors.ts";
import {
  type HookKind,
  type HookPayloads,
  type HookPoint,
  hookTable,
  type RewritePoint,
  type Verdict,
} from "./contract/hooks.ts";
import type { AnyTap } from "./contract/plugin.ts";

/** One run of one tap. `payload` lets the owner find the session it belongs to. */
export interface HookFired {
  point: HookPoint;
  tap: string;
  ms: number;
  outcome: "ok" | "changed" | "ask" | "deny" | "failed" | "timeout";
  message?: string;
  payload: HookPayloads[HookPoint];
}

/** What all judges of a point said together. `by` names the judge whose verdict stands; empty when none was stricter. */
export interface Ruling {
  verdict: Verdict;
  reason?: string;
  by: string;
}

export interface Hooks {
  /** PLUGIN_INVALID when the point does not have the tap's kind. */
  tap(plugin: string, tap: AnyTap): void;
  observe<P extends HookPoint>(point: P, payload: HookPayloads[P]): Promise<void>;
  rewrite<P extends RewritePoint>(point: P, payload: HookPayloads[P]): Promise<HookPayloads[P]>;
  judge<P extends HookPoint>(point: P, payload: HookPayloads[P]): Promise<Ruling>;
}

type Payload = HookPayloads[HookPoint];
type Run = (payload: Payload, context: { signal: AbortSignal }) => unknown;
type WaterfallHook = tapable.AsyncSeriesWaterfallHook<[unknown, Payload]>;

const strictness: Record<Verdict, number> = { allow: 0, ask: 1, deny: 2 };
const defaultTimeoutMs = 10_000;
const timedOut = Symbol("timed out");

export function createHooks({ onFired }: { onFired(fired: HookFired): void }): Hooks {
  const waterfalls = new Map<string, WaterfallHook>();
  const observers = new Map<HookPoint, tapable.AsyncSeriesHook<[Payload]>>();

  function waterfall(point: HookPoint, kind: HookKind): WaterfallHook {
    const key = `${point} ${kind}`;
    let hook = waterfalls.get(key);
    if (hook) return hook;
    hook = new tapable.AsyncSeriesWaterfallHook(["value", "payload"], key);
    waterfalls.set(key, hook);
    return hook;
  }

  function observerHook(point: HookPoint): tapable.AsyncSeriesHook<[Payload]> {
    let hook = observers.get(point);
    if (hook) return hook;
    hook = new tapable.AsyncSeriesHook(["payload"], point);
    observers.set(point, hook);
    return hook;
  }

  function tap(plugin: string, definition: AnyTap): void {
    const { on: point, kind } = definition;
    if (!hookTable[point]?.kinds.includes(kind)) {
      const offered = hookTable[point]?.kinds.join(" or ") ?? "no kind: there is no such point";
      throw new GantryError("PLUGIN_INVALID", `plugin ${plugin} taps ${point} as ${kind}; the point takes ${offered}`);
    }
    const name = `${plugin}:${definition.name ?? point}`;
    const options = tapOptions(plugin, name, definition);
    const run = timed(definition, name, onFired);
    if (kind === "observe") observerHook(point).tapPromise(options, async (payload) => void (await run(undefined, payload)));
    else waterfall(point, kind).tapPromise(options, run);
  }

  return {
    tap,
    async observe(point, payload) {
      await observers.get(point)?.promise(payload);
    },
    async rewrite(point, payload) {
      const hook = waterfalls.get(`${point} rewrite`);
      return hook ? ((await hook.promise(payload, payload)) as typeof payload) : payload;
    },
    async judge(point, payload) {
      const start: Ruling = { verdict: "allow", by: "" };
      const hook = waterfalls.get(`${point} judge`);
      return hook ? ((await hook.promise(start, payload)) as Ruling) : start;
    },
  };
}

/** `before` names taps of the same plugin by their own names, of another as `plugin:name`. */
function tapOptions(plugin: string, name: string, { stage, before }: AnyTap): tapable.Tap {
  const whole = before?.map((other) => (other.includes(":") ? other : `${plugin}:${other}`));
  // The types say one name; the library takes a list.
  return Object.assign({ name, stage: stage ?? 0 }, whole ? { before: whole as string & string[] } : {});
}

/** The tap as tapable runs it: never rejects, hands on the value it was given when it has nothing to say. */
function timed(definition: AnyTap, name: string, onFired: (fired: HookFired) => void) {
  const { on: point, kind } = definition;
  const settle = kind === "judge" ? stricter : kind === "rewrite" ? replaced : async () => undefined;
  return async (value: unknown, payload: Payload): Promise<unknown> => {
    const current = kind === "rewrite" ? (value as Payload) : payload;
    if (!concerns(definition, current)) return value;
    const startedAt = nowMs();
    const fired = (outcome: HookFired["outcome"], message?: string): void => {
      onFired({ point, tap: name, ms: nowMs() - startedAt, outcome, payload, ...(message ? { message } : {}) });
    };
    try {
      const reply = await bounded(definition.run as Run, current, definition.timeoutMs ?? defaultTimeoutMs);
      const next = reply === undefined ? value : await settle(point, value, reply, name);
      fired(outcomeOf(kind, value, next));
      return next;
    } catch (error) {
      const late = error === timedOut;
      const message = late ? `no answer within ${definition.timeoutMs ?? defaultTimeoutMs} ms` : messageOf(error);
      fired(late ? "timeout" : "failed", message);
      if (kind !== "judge" || hookTable[point].onJudgeFailure === "pass") return value;
      return { verdict: "deny", reason: `${name} could not decide: ${message}`, by: name } satisfies Ruling;
    }
  };
}

function concerns({ tools }: AnyTap, payload: Payload): boolean {
  return !tools || !("tool" in payload) || tools.includes(payload.tool);
}

function outcomeOf(kind: HookKind, before: unknown, after: unknown): HookFired["outcome"] {
  if (before === after) return "ok";
  if (kind === "rewrite") return "changed";
  const { verdict } = after as Ruling;
  return verdict === "allow" ? "ok" : verdict;
}

/** Waterfall, not bail: an early allow would hide a later deny (test/properties/hooks.test.ts). */
async function stricter(_point: HookPoint, value: unknown, reply: unknown, name: string): Promise<Ruling> {
  const { judgementReply } = await import("./contract/hook-replies.ts");
  const said = judgementReply.parse(reply);
  const standing = value as Ruling;
  if (strictness[said.verdict] <= strictness[standing.verdict]) return standing;
  return { verdict: said.verdict, by: name, ...(said.reason === undefined ? {} : { reason: said.reason }) };
}

async function replaced(point: HookPoint, value: unknown, reply: unknown): Promise<unknown> {
  const { hookReplies } = await import("./contract/hook-replies.ts");
  const change = hookReplies[point as RewritePoint].parse(reply) as object;
  if (point === "model.answer")
    return { ...(value as object), answer: { ...(value as HookPayloads["model.answer"]).answer, ...change } };
  if (point === "model.request")
    return { ...(value as object), request: { ...(value as HookPayloads["model.request"]).request, ...change } };
  return { ...(value as object), ...change };
}

async function bounded(run: Run, payload: Payload, timeoutMs: number): Promise<unknown> {
  const abort = new AbortController();
  const reply = run(payload, { signal: abort.signal });
  if (!(reply instanceof Promise)) return reply;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(timedOut);
      abort.abort();
    }, timeoutMs);
  });
  try {
    return await Promise.race([reply, late]);
  } finally {
    clearTimeout(timer);
  }
}
