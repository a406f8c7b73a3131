/** Lets so many a second through, a second's worth at once; the others wait their turn, in order. Who may wait is bounded elsewhere. */
import type { After } from "../pending-call.ts";

export interface Throttle {
  /** Undefined: at once. */
  turn(): Promise<void> | undefined;
  /** Lets all that wait through; nothing waits after that. */
  close(): void;
}

export function createThrottle({ perSecond, nowMs, after }: { perSecond: number; nowMs(): number; after: After }): Throttle {
  let left = perSecond;
  let filledAt = nowMs();
  let waiting: (() => void)[] = [];
  let stop: (() => void) | undefined;
  let isClosed = false;

  function fill(): void {
    const now = nowMs();
    left = Math.min(perSecond, left + ((now - filledAt) / 1_000) * perSecond);
    filledAt = now;
  }
  function serve(): void {
    stop = undefined;
    fill();
    const served = waiting.splice(0, Math.floor(left));
    left -= served.length;
    for (const go of served) go();
    wait();
  }
  function wait(): void {
    if (waiting.length > 0 && stop === undefined) stop = after(Math.ceil(((1 - left) / perSecond) * 1_000), serve);
  }

  return {
    turn() {
      if (isClosed) return undefined;
      fill();
      if (waiting.length === 0 && left >= 1) {
        left--;
        return undefined;
      }
      return new Promise((resolve) => {
        waiting.push(resolve);
        wait();
      });
    },
    close() {
      isClosed = true;
      stop?.();
      const left = waiting;
      waiting = [];
      for (const go of left) go();
    },
  };
}
