/** Repeats a model request that failed for a passing reason: full jitter, Retry-After obeyed, at most 8 times or 2 minutes. */

import { setTimeout as sleep } from "node:timers/promises";
import { nowMs } from "../contract/clock.ts";
import { codeOf, type GantryError, messageOf } from "../contract/errors.ts";

export interface Retry {
  /** 1 for the first repetition. */
  attempt: number;
  code: string;
  message: string;
  delayMs: number;
}

export interface RetryOptions {
  signal: AbortSignal;
  onRetry(retry: Retry): void;
  /** In [0, 1). */
  random?: () => number;
}

const firstDelayMs = 500;
const longestDelayMs = 30_000;
const maxRetries = 8;
const maxTotalMs = 120_000;

/** The attempt's own error when it is not retryable, or when no time or try is left for another. */
export async function withRetries<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, onRetry, random = Math.random } = options;
  const startedAt = nowMs();
  for (let retry = 1; ; retry++) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted || !isRetryable(error) || retry > maxRetries) throw error;
      const delayMs = delayBefore(retry, error, random);
      if (nowMs() - startedAt + delayMs > maxTotalMs) throw error;
      onRetry({ attempt: retry, code: codeOf(error) ?? "INTERNAL", message: messageOf(error), delayMs });
      await sleep(delayMs, undefined, { signal });
    }
  }
}

function isRetryable(error: unknown): error is GantryError {
  return codeOf(error) !== undefined && (error as GantryError).detail?.["retryable"] === true;
}

/** What the provider asked for, plus jitter so that many clients do not come back at once; else full jitter. */
function delayBefore(retry: number, error: GantryError, random: () => number): number {
  const asked = error.detail?.["retryAfterMs"];
  if (typeof asked === "number") return Math.round(asked + random() * 250);
  return Math.round(random() * Math.min(longestDelayMs, firstDelayMs * 2 ** (retry - 1)));
}
