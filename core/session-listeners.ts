/**
 * Who is told what hooks did: the session that the moment belongs to. What is said at moments without a session, and what
 * failed there, is told to the next session that opens. Owns the runs of hooks that nobody waits for.
 */
import type { HookSession } from "./config-hooks/input/stdin.ts";
import type { EventData } from "./contract/events.ts";
import type { CoreEffects } from "./contract/execution.ts";
import type { HookToolAnswer, HookToolCall } from "./contract/hook-run.ts";
import type { Usage } from "./contract/messages.ts";
import type { HookFired } from "./hooks.ts";

export interface SessionListener {
  fired(fired: EventData["hook.fired"]): void;
  note(note: EventData["note"]): void;
  /** What hooks are told of the session. */
  facts(): HookSession;
  /** What the session offers to whoever acts in it. */
  effects(): CoreEffects;
  /** The session's own model, or another by its name. */
  ask(prompt: string, options: { model?: string; signal: AbortSignal }): Promise<{ text: string; usage: Usage }>;
  /** A call of a hook's own, by the session's rules. */
  callTool(call: HookToolCall & { callId: string }, options: { signal: AbortSignal }): Promise<HookToolAnswer>;
}

export interface Listeners {
  onFired(fired: HookFired): void;
  /** The function handed back lets what runs in the background for the session end, then forgets it; the signal ends their time. */
  add(sessionId: string, listener: SessionListener): (options: { signal?: AbortSignal | undefined }) => Promise<void>;
  find(sessionId: string): SessionListener | undefined;
  /** Every open session; the next one that opens where there is none. */
  tellAll(note: EventData["note"]): void;
  /** A run that nobody waits for. */
  background(run: Promise<unknown>, sessionId: string | undefined): void;
  /** Aborted when background runs shall end: after the grace that the close of the last session gives them. Ask for it anew. */
  readonly closing: AbortSignal;
  /** Ends what still runs: the runtime closes. */
  end(): void;
}

/** What background runs have at the end. */
const graceMs = 1_500;
/** For runs that have been ended and their processes; then the log is closed without their word. */
const settleMs = 5_000;
const mostUnheard = 100;

export function createListeners(): Listeners {
  const listeners = new Map<string, SessionListener>();
  const runs = new Map<Promise<unknown>, string | undefined>();
  let closing = new AbortController();
  let unheard: EventData["note"][] = [];

  function later(note: EventData["note"]): void {
    if (unheard.length < mostUnheard) unheard.push(note);
  }

  /** Whoever runs in the background later is none of those. */
  function end(): void {
    const ending = closing;
    closing = new AbortController();
    ending.abort();
  }

  return {
    get closing() {
      return closing.signal;
    },
    end,
    onFired({ payload, say, ...fired }) {
      const listener = "sessionId" in payload ? listeners.get(payload.sessionId) : undefined;
      listener?.fired(fired);
      const { tap, point, outcome, message } = fired;
      if (say !== undefined) (listener?.note ?? later)({ text: say, from: tap });
      if (listener === undefined && (outcome === "failed" || outcome === "timeout"))
        later({ text: `at ${point} it failed: ${message ?? "no reason given"}`, from: tap });
    },
    find: (sessionId) => listeners.get(sessionId),
    tellAll(note) {
      if (listeners.size === 0) later(note);
      for (const listener of listeners.values()) listener.note(note);
    },
    add(sessionId, listener) {
      listeners.set(sessionId, listener);
      for (const note of unheard) listener.note(note);
      unheard = [];
      return async ({ signal }) => {
        const own = [...runs].filter(([, id]) => id === sessionId).map(([run]) => run);
        const settled = Promise.allSettled(own);
        if (own.length > 0) await within(graceMs, settled, signal);
        // What is left of another session's is not ours to end.
        if (listeners.size === 1) {
          end();
          await within(settleMs, settled);
        }
        listeners.delete(sessionId);
      };
    },
    background(run, sessionId) {
      const owned = run.catch(() => undefined).finally(() => runs.delete(owned));
      runs.set(owned, sessionId);
    },
  };
}

async function within(ms: number, work: Promise<unknown>, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = (): void => resolve();
  const timer = setTimeout(end, ms);
  signal?.addEventListener("abort", end, { once: true });
  await Promise.race([work, promise]);
  clearTimeout(timer);
  signal?.removeEventListener("abort", end);
}
