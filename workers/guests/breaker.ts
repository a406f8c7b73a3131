/**
 * When a plugin that crashed may be started again. Each crash makes the next start wait longer, 250 ms to 30 s; five within five
 * minutes open the breaker until five minutes passed without one, or until it is reset. Pure: the clock is the caller's.
 */

export interface Breaker {
  crash(): void;
  /** Crashes that still count. */
  readonly recent: number;
  /** Milliseconds until a start is due; 0 now. */
  waitMs(): number;
  /** Milliseconds until it closes by itself; 0 when it is closed. */
  openMs(): number;
  reset(): void;
}

export const crashesThatOpen = 5;
export const quietMs = 5 * 60_000;
const firstWaitMs = 250;
const longestWaitMs = 30_000;

export function createBreaker({ nowMs, random }: { nowMs(): number; random(): number }): Breaker {
  let crashes: number[] = [];
  let isOpen = false;
  let startAt = 0;

  const forget = (): void => {
    const now = nowMs();
    crashes = crashes.filter((at) => now - at < quietMs);
    if (crashes.length === 0) isOpen = false;
  };

  return {
    crash() {
      forget();
      const now = nowMs();
      crashes = [...crashes, now].slice(-crashesThatOpen);
      if (crashes.length >= crashesThatOpen) isOpen = true;
      const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** (crashes.length - 1));
      // Half of it is chance: what crashed together does not come back together.
      startAt = now + waitMs * (0.5 + random() / 2);
    },
    get recent() {
      forget();
      return crashes.length;
    },
    waitMs: () => Math.max(0, startAt - nowMs()),
    openMs() {
      forget();
      return isOpen ? Math.max(1, (crashes.at(-1) ?? 0) + quietMs - nowMs()) : 0;
    },
    reset() {
      crashes = [];
      isOpen = false;
      startAt = 0;
    },
  };
}
