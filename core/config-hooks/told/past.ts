/** What hooks did in stored sessions, told from their hook.fired events. */
import type { SessionEvent } from "../../contract/events.ts";
import type { HookFacts } from "../../contract/host.ts";

export interface PastRuns {
  /** The newest. */
  last: NonNullable<HookFacts["last"]>;
  medianMs: number;
}

interface Session {
  id: string;
  events: readonly SessionEvent[];
}

/** By `event source`, as `pastKey` makes it. Sessions may come in any order. */
export function tellPast(sessions: readonly Session[]): Map<string, PastRuns> {
  const runs = new Map<string, { last: PastRuns["last"]; times: Map<string, number> }>();
  for (const { id, events } of sessions) {
    for (const fired of events) {
      if (fired.type !== "hook.fired" || fired.data.event === undefined || fired.data.source === undefined) continue;
      const { event, source, ms, outcome, message, callId } = fired.data;
      const last = { at: fired.at, sessionId: id, outcome, ms, ...(message === undefined ? {} : { message }) };
      const key = pastKey(event, source);
      const known = runs.get(key) ?? { last, times: new Map<string, number>() };
      runs.set(key, known);
      // One run can be told of at two points of one call, and is one run all the same.
      const run = `${id} ${callId ?? `#${fired.seq}`}`;
      known.times.set(run, (known.times.get(run) ?? 0) + ms);
      if (fired.at >= known.last.at) known.last = last;
    }
  }
  return new Map([...runs].map(([key, { last, times }]) => [key, { last, medianMs: median([...times.values()]) }]));
}

export function pastKey(event: string, source: string): string {
  return `${event} ${source}`;
}

function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
