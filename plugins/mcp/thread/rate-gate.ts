/** How fast a server's messages are taken: a bucket that fills by the second. One that is never full again for long is a flood. */
export interface RateGate {
  /** Takes one message now, or says after how many milliseconds to ask again. */
  take(): { isTaken: true } | { isTaken: false; waitMs: number };
  /** Since when, in milliseconds, more came than was taken; 0 where the server has calmed down. */
  heldMs(): number;
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
    take() {
      fill();
      if (tokens < 1) {
        heldSince ??= now();
        return { isTaken: false, waitMs: Math.max(shortestWaitMs, Math.ceil(((1 - tokens) * 1000) / perSecond)) };
      }
      tokens -= 1;
      return { isTaken: true };
    },
    heldMs: () => (heldSince === undefined ? 0 : now() - heldSince),
  };
}
