/**
 * Shares the core's loop among guests that say much at once. What fits one slice is read as it comes; of more, all guests
 * together get so much of a turn of the loop, slice by slice and one after the other, and a guest whose rest waits is not
 * read further. So many tiny frames take their time from their own guest, not from the core.
 */

const sliceBytes = 8 * 1024;
const turnMs = 8;

export interface Spoken {
  push(chunk: Buffer): void;
  /** Nothing more is read of it until `resume`. */
  pause(): void;
  resume(): void;
}

export interface ReadingTurns {
  take(guest: Spoken, chunk: Buffer): void;
}

export function createReadingTurns({ nowMs, nextTurn }: { nowMs(): number; nextTurn(then: () => void): void }): ReadingTurns {
  const waiting = new Map<Spoken, Buffer>();
  let usedMs = 0;
  let isDue = false;

  function turn(): void {
    isDue = false;
    usedMs = 0;
    serve();
  }
  function serve(): void {
    for (const [guest, rest] of waiting) {
      if (usedMs >= turnMs) break;
      // To the end of the line, or out of it.
      waiting.delete(guest);
      readSlice(guest, rest);
    }
    // One more turn when nothing waits: the next starts with nothing used.
    if (isDue || (waiting.size === 0 && usedMs === 0)) return;
    isDue = true;
    nextTurn(turn);
  }
  function readSlice(guest: Spoken, rest: Buffer): void {
    const startedAt = nowMs();
    guest.push(rest.subarray(0, sliceBytes));
    usedMs += nowMs() - startedAt;
    if (rest.length > sliceBytes) waiting.set(guest, rest.subarray(sliceBytes));
    else guest.resume();
  }

  return {
    take(guest, chunk) {
      const rest = waiting.get(guest);
      if (rest === undefined && chunk.length <= sliceBytes) return guest.push(chunk);
      waiting.set(guest, rest === undefined ? chunk : Buffer.concat([rest, chunk]));
      guest.pause();
      serve();
    },
  };
}
