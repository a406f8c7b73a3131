/** The wait before a server is started again, which a login cuts short. */

export interface RetryPause {
  /** The wait of now, or the next one, is over at once. */
  skip(): void;
  /** Over early when the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function createRetryPause(): RetryPause {
  let isSkipped = false;
  let end: (() => void) | undefined;
  return {
    skip() {
      isSkipped = true;
      end?.();
    },
    async wait(ms, signal) {
      if (!isSkipped && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        end = resolve;
        const timer = setTimeout(resolve, ms);
        signal.addEventListener("abort", end, { once: true });
        await promise;
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
      }
      end = undefined;
      isSkipped = false;
    },
  };
}
