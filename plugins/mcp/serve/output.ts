/** Lines on their way to stdout: those that wait for a write to end go out together. */
import { once } from "node:events";

export interface Output {
  write(line: string): void;
  /** Characters that stdout has not taken yet. */
  readonly waiting: number;
  /** Characters that it has taken, or that were lost. */
  readonly taken: number;
  /** Waits until no more than `most` wait, or all has been lost; false when that takes too long. */
  room(most: number, options: { patienceMs: number; signal?: AbortSignal }): Promise<boolean>;
}

export function createOutput(
  { write }: { write(text: string): Promise<boolean> },
  /** The reader has left. */
  onGone: () => void,
): Output {
  let lines: string[] = [];
  let waiting = 0;
  let taken = 0;
  let writing: Promise<void> | undefined;

  async function send(): Promise<void> {
    while (lines.length > 0) {
      const text = lines.join("");
      lines = [];
      if (!(await write(text))) onGone();
      waiting -= text.length;
      taken += text.length;
    }
    writing = undefined;
  }

  return {
    write(line) {
      lines.push(line);
      waiting += line.length;
      // Behind what the same turn of the loop has to say.
      writing ??= Promise.resolve().then(send);
    },
    get waiting() {
      return waiting;
    },
    get taken() {
      return taken;
    },
    async room(most, { patienceMs, signal }) {
      const over = AbortSignal.timeout(patienceMs);
      const patience = signal === undefined ? over : AbortSignal.any([signal, over]);
      const ended = aborted(patience);
      while (waiting > most && !patience.aborted) await Promise.race([writing, ended]);
      return waiting <= most;
    },
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}
