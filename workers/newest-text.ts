/**
 * The newest of many texts, shown so often and not more: what comes in between is replaced by what comes after it. The realm thins
 * its progress too; a far side that is no realm of ours does not.
 */
import type { After } from "./pending-call.ts";

export interface NewestText {
  show(text: string): void;
  /** What waits is shown now; nothing after that. */
  end(): void;
}

export function createNewestText(
  tell: (text: string) => void,
  { everyMs, after }: { everyMs: number; after: After },
): NewestText {
  let waiting: string | undefined;
  let stop: (() => void) | undefined;
  let isOver = false;

  function next(): void {
    stop = undefined;
    const text = waiting;
    if (text === undefined) return;
    waiting = undefined;
    // First the clock: what is told may end the call.
    stop = after(everyMs, next);
    tell(text);
  }

  return {
    show(text) {
      if (isOver) return;
      waiting = text;
      if (stop === undefined) next();
    },
    end() {
      if (isOver) return;
      isOver = true;
      stop?.();
      stop = undefined;
      const text = waiting;
      waiting = undefined;
      if (text !== undefined) tell(text);
    },
  };
}
