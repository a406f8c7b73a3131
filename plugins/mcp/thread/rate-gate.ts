/** How fast a server's messages are taken: a bucket that fills by the second. One that is never full again for long is a flood. */
export interface RateGate {
  /** Takes one message now, or says after how many milliseconds to ask again; with 0, asks only. */
  take(cost?: 0 | 1): { isTaken: true } | { isTaken: false; waitMs: number };
  /** Since when, in milliseconds, more came than was taken; 0 where the server has calmed down. */
  heldMs(): number;
  /** What a message cost over being one: its part of all that may come, or be worked on, in a second. */
  charge(share: number): void;
}

const bytesPerSecond = 32 * 1024 * 1024;
const workMsPerSecond = 500;
/** Of one message; shorter work is that of many messages, which are counted. */
const freeWorkMs = 4;

export function shareOf(bytes: number, workMs = 0): number {
  return bytes / bytesPerSecond + Math.max(0, workMs - freeWorkMs) / workMsPerSecond;
}

const shortestWaitMs = 20;

export function createRateGate(perSecond: number, now: () => number = () => performance.now()): RateGate {
  let tokens = perSecond;
  let filledAt = now();
  let heldSince: number | undefined;

  function fill(): void {
    const at = now();
    tokens = Math.min(perSecond, tokens + ((at - filledAt) / 1000) * perSecond);
    filledAt = at;
    if (tokens > perSecond / 2) heldSince = undefined;
  }

  return {
    take(cost = 1) {
      fill();
      if (tokens < 1) {
        heldSince ??= now();
        return { isTaken: false, waitMs: Math.max(shortestWaitMs, Math.ceil(((1 - tokens) * 1000) / perSecond)) };
      }
      tokens -= cost;
      return { isTaken: true };
    },
    charge(share) {
      tokens -= share * perSecond;
    },
    heldMs: () => (heldSince === undefined ? 0 : now() - heldSince),
  };
}
