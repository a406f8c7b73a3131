/** When something that keeps ending is started again: the wait doubles from one end to the next, and the tries have an end. */
import { nowMs } from "../contract/clock.ts";

export interface RestartBounds {
  firstMs: number;
  longestMs: number;
  /** Ends in a row. */
  most: number;
  /** Who lived this long starts counting anew. */
  calmMs: number;
}

export interface Restarts {
  started(): void;
  /** It has ended: how long to wait before the next start; undefined when there is to be none. */
  ended(): number | undefined;
  /** Ends in a row. */
  readonly count: number;
}

export function createRestarts({ firstMs, longestMs, most, calmMs }: RestartBounds): Restarts {
  let count = 0;
  let startedAt = nowMs();
  return {
    get count() {
      return count;
    },
    started() {
      startedAt = nowMs();
    },
    ended() {
      if (nowMs() - startedAt > calmMs) count = 0;
      count++;
      return count > most ? undefined : Math.min(longestMs, firstMs * 2 ** (count - 1));
    },
  };
}
