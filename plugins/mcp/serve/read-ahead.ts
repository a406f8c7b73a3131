/** Pieces of input, one after the other; an end is seen also while one of them waits. */
import { setTimeout as pause } from "node:timers/promises";

interface ReadAheadOptions {
  act(piece: Uint8Array): Promise<void>;
  /** Of what is acted on after the end: whether it gets on. */
  isMoving(): boolean;
  /** What waits must wait no longer. */
  giveUp(): void;
}

/** A pipe holds little more than one piece: who reads one now and then, and holds it, comes upon the end. */
const lookMs = 500;
const lastWordsMs = 1_000;

export async function readAhead(pieces: AsyncIterable<Uint8Array>, { act, isMoving, giveUp }: ReadAheadOptions): Promise<void> {
  let last = Promise.resolve();
  for await (const piece of pieces) {
    last = last.then(async () => await act(piece));
    await isOver(last, lookMs);
  }
  isMoving();
  while (!(await isOver(last, lastWordsMs))) if (!isMoving()) giveUp();
  await last;
}

async function isOver(work: Promise<void>, withinMs: number): Promise<boolean> {
  const done = new AbortController();
  try {
    const late = pause(withinMs, false, { signal: done.signal }).catch(() => false);
    return await Promise.race([work.then(() => true), late]);
  } finally {
    done.abort();
  }
}
