/** How long a tap's answer is waited for: its own time, a cancel, the bound of all that are asked together. */
import type { HookPayloads, HookPoint } from "../contract/hooks.ts";
import type { JsonObject } from "../contract/messages.ts";
import type { AnyTap, TapContext } from "../contract/plugin.ts";
import type { HooksOptions } from "../hooks.ts";
import { bareContext } from "./bare-context.ts";
import type { LiveTap } from "./tap-run.ts";

type Payload = HookPayloads[HookPoint];

export const defaultTimeoutMs = 10_000;
const noOptions: JsonObject = Object.freeze({});
export const timedOut = Symbol("timed out");
const cancelled = Symbol("cancelled");

/** Why an answer was not waited for any longer; undefined for any other error. */
export function endedBefore(error: unknown, { timeoutMs }: AnyTap, outer: AbortSignal | undefined): string | undefined {
  if (error === cancelled) return "the turn was cancelled before it answered";
  if (error !== timedOut) return undefined;
  if (isBound(outer)) return "it was not done in the time that all hooks of this moment have together";
  return `no answer within ${timeoutMs ?? defaultTimeoutMs} ms`;
}

function isBound(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && signal.reason instanceof DOMException && signal.reason.name === "TimeoutError";
}

type Run = (payload: Payload, context: TapContext) => unknown;

/** What a rewriter or observer has begun may end after a cancel: a result that it was to clean is still written down. */
const graceMs = 1_500;

interface Begun {
  reply: unknown;
  abort: AbortController;
}

/** Nothing that an observer of a session's begin or end would still say is worth a wait. */
function graceAt(point: HookPoint, kind: AnyTap["kind"]): number {
  return kind === "judge" || point === "session.open" || point === "session.close" ? 0 : graceMs;
}

export function begin({ owner, tap }: LiveTap, payload: Payload, outer: AbortSignal | undefined, options: HooksOptions): Begun {
  const { on, run, kind } = tap;
  if (outer?.aborted === true && graceAt(on, kind) === 0) throw isBound(outer) ? timedOut : cancelled;
  const abort = new AbortController();
  const about = { owner, payload, signal: abort.signal, options: options.settings?.(owner) ?? noOptions };
  const context = options.context?.(about) ?? bareContext({ ...about, cwd: "cwd" in payload ? payload.cwd : "/" });
  return { abort, reply: (run as Run)(payload, context) };
}

/** Somebody who waits for a hook of a config is told which, once that takes longer than they would think. */
const noticeMs = 1_000;

export async function awaited(
  { tap, origin, status }: LiveTap,
  begun: Begun,
  outer: AbortSignal | undefined,
  { onWait }: HooksOptions,
): Promise<unknown> {
  const { event, source } = origin;
  if (onWait === undefined || event === undefined || source === undefined) return await bounded(tap, begun, outer);
  const hook = { event, source, ...(status === undefined ? {} : { status }) };
  const notice = setTimeout(() => onWait(hook), noticeMs);
  return await bounded(tap, begun, outer).finally(() => clearTimeout(notice));
}

async function bounded(tap: AnyTap, { reply, abort }: Begun, outer: AbortSignal | undefined): Promise<unknown> {
  const { on, kind, timeoutMs = defaultTimeoutMs } = tap;
  const timers: NodeJS.Timeout[] = [];
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const endIn = (ms: number, why: symbol): void => {
    const end = (): void => {
      reject(why);
      abort.abort();
    };
    if (ms === 0) end();
    else timers.push(setTimeout(end, ms));
  };
  const onAbort = (): void => endIn(graceAt(on, kind), isBound(outer) ? timedOut : cancelled);
  endIn(timeoutMs, timedOut);
  if (outer?.aborted === true) onAbort();
  outer?.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([reply, ended]);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    outer?.removeEventListener("abort", onAbort);
  }
}
