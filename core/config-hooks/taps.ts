/**
 * Config hooks as taps of the hook table, at a stage of their own, in their order: each is asked whether the moment is its
 * own (matcher, `if`, once), runs, and its reply is told in the table's words. PreToolUse has a file of its own.
 */
import { longestTimerMs } from "../contract/clock.ts";
import type { HookPayloads, TapExtras, TrustedJudgement } from "../contract/hooks.ts";
import type { JsonObject } from "../contract/messages.ts";
import type { AnyTap, TapContext } from "../contract/plugin.ts";
import { type PublicEvent, publicEventTable } from "../contract/public-events.ts";
import { extrasOf, judgementOf } from "./answer/judgement.ts";
import type { ConfigHook } from "./declared/config-hook.ts";
import { createFiring, type Firing, type FiringDeps, type Moment } from "./firing.ts";
import type { ServedPoint } from "./input/stdin.ts";
import { preToolUseTaps } from "./pre-tool-use.ts";

export type ConfigTapDeps = FiringDeps;

export interface ConfigTap {
  tap: AnyTap;
  /** `file:line` of the hook. */
  source: string;
  event: PublicEvent;
  mayAllow: true;
  /** The handler's statusMessage. */
  status?: string;
}

/** After the taps of built-ins and of whoever embeds Gantry, which cost next to nothing. */
export const hookStage = 100;
/** Over a hook's own bound: for its polite end. */
const endingMs = 5_000;

/** In the order given, which is the order of runs. The caller hangs them all in one go. */
export function createConfigTaps(hooks: readonly ConfigHook[], deps: ConfigTapDeps): ConfigTap[] {
  const firing = createFiring(deps);
  return hooks.flatMap((hook) =>
    tapsOf(hook, firing).map(
      (tap): ConfigTap => ({ tap, source: hook.source, event: hook.event, mayAllow: true, ...statusOf(hook) }),
    ),
  );
}

export function tapName({ event, order, source }: ConfigHook): string {
  return `${event}#${order} (${source})`;
}

function tapsOf(hook: ConfigHook, firing: Firing): AnyTap[] {
  const shared = { name: tapName(hook), stage: hookStage, timeoutMs: Math.min(hook.timeoutMs + endingMs, longestTimerMs) };
  if (hook.event === "PreToolUse") return preToolUseTaps(hook, firing, shared);
  return publicEventTable[hook.event].points.map((point) => {
    const own = (taps as Partial<Record<string, (hook: ConfigHook, firing: Firing) => OwnTap>>)[point];
    if (own === undefined) throw new Error(`${hook.event} is served by ${point}, which config hooks have no tap for`);
    return { ...shared, ...own(hook, firing) } as AnyTap;
  });
}

type OwnTap = Pick<AnyTap, "on" | "kind" | "run">;
type Run<P extends ServedPoint, Reply> = (payload: HookPayloads[P], context: TapContext) => Promise<Reply>;

/** One for each point that a public event is served by. */
const taps = {
  "tool.ask": (hook, firing) => judge("tool.ask", hook, firing),
  "tool.batch": (hook, firing) => judge("tool.batch", hook, firing),
  "input.receive": (hook, firing) => judge("input.receive", hook, firing),
  "turn.stop": (hook, firing) => judge("turn.stop", hook, firing),
  "config.change": (hook, firing) => judge("config.change", hook, firing),
  "mcp.elicit": (hook, firing) => judge("mcp.elicit", hook, firing),
  "mcp.elicited": (hook, firing) => judge("mcp.elicited", hook, firing),
  "tool.result": (hook, firing) => ({ on: "tool.result", kind: "rewrite", run: rewriteResult(hook, firing) }),
  "tool.failure": (hook, firing) => observe("tool.failure", hook, firing),
  "tool.denied": (hook, firing) => observe("tool.denied", hook, firing),
  "session.open": (hook, firing) => observe("session.open", hook, firing),
  "session.close": (hook, firing) => observe("session.close", hook, firing),
  "turn.fail": (hook, firing) => observe("turn.fail", hook, firing),
  notify: (hook, firing) => observe("notify", hook, firing),
  "instructions.load": (hook, firing) => observe("instructions.load", hook, firing),
  "cwd.change": (hook, firing) => observe("cwd.change", hook, firing),
} satisfies { [P in ServedPoint]?: (hook: ConfigHook, firing: Firing) => OwnTap };

function observe<P extends ServedPoint>(point: P, hook: ConfigHook, firing: Firing): OwnTap {
  const run: Run<P, TapExtras> = async (payload, { signal }) => {
    const fired = await firing.fire(momentOf(point, hook, payload, signal));
    return fired === undefined ? { skipped: true } : extrasOf(fired.reply, fired.extras);
  };
  return { on: point, kind: "observe", run } as OwnTap;
}

/** Config files change together: the strictest word about any of them stands, and what is said of all is told. */
function judge<P extends ServedPoint>(point: P, hook: ConfigHook, firing: Firing): OwnTap {
  const run: Run<P, TrustedJudgement | TapExtras> = async (payload, { signal }) => {
    const fired = await firing.fire(momentOf(point, hook, payload, signal));
    return fired === undefined ? { skipped: true } : judgementOf(fired.reply, fired.extras);
  };
  return { on: point, kind: "judge", run } as OwnTap;
}

function rewriteResult(hook: ConfigHook, firing: Firing): Run<"tool.result", JsonObject | TapExtras> {
  return async (payload, { signal }) => {
    // A failed call's result is PostToolUseFailure's.
    const fired = payload.isError ? undefined : await firing.fire(momentOf("tool.result", hook, payload, signal));
    if (fired === undefined) return { skipped: true };
    const { content } = fired.reply;
    return { ...extrasOf(fired.reply, fired.extras), ...(content === undefined ? {} : { content }) };
  };
}

function momentOf<P extends ServedPoint>(point: P, hook: ConfigHook, payload: HookPayloads[P], signal: AbortSignal): Moment<P> {
  return { point, hook, payload, signal };
}

function statusOf({ handler }: ConfigHook): { status?: string } {
  return handler.statusMessage === undefined ? {} : { status: handler.statusMessage };
}
