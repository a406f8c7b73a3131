/** Looks at a run's output file while it grows: ends the run at the limit, and shows the last line as progress. */
import { readAt } from "./output-file.ts";
import type { ShellRun } from "./shell-run.ts";
import { plainTextOf } from "./terminal-text.ts";

const lookEveryMs = 200;
const maxProgressBytes = 2_048;
const maxProgressCharacters = 200;

/** Bytes of output after which a run is ended. */
export const maxOutputFileBytes = 64 * 1024 * 1024;

export interface OutputLimit {
  readonly reached: boolean;
  /** Ends the looking; resolves when no look is under way. */
  stop(): Promise<void>;
}

export function limitOutput(
  run: ShellRun,
  {
    onSize,
    onOutput,
    maxBytes = maxOutputFileBytes,
  }: { onSize?(bytes: number): void; onOutput?(text: string): void; maxBytes?: number },
): OutputLimit {
  let seen = 0;
  let reached = false;
  let looking: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    const { size } = await run.output.stat();
    onSize?.(size);
    if (size > maxBytes && !reached) {
      reached = true;
      await run.end();
      await run.output.appendFile(`\n[ended: the output passed ${maxBytes} bytes]\n`);
    }
    if (size <= seen || !onOutput) return;
    seen = size;
    const from = Math.max(0, size - maxProgressBytes);
    const lines = plainTextOf(await readAt(run.output, from, size - from)).split("\n");
    const last = lines.findLast((line) => line.trim() !== "");
    if (last !== undefined) onOutput(last.slice(0, maxProgressCharacters));
  }

  const timer = setInterval(() => {
    // A look that fails (the disk is gone) says nothing about the run; its end is seen by others.
    looking = looking.then(look).catch(() => undefined);
  }, lookEveryMs);

  return {
    get reached() {
      return reached;
    },
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}
