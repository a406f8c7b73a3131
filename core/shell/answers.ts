/**
 * Lines typed (or piped) as answers to questions. Stdin is read only while somebody waits for a line, so that it never keeps
 * the process alive, and Ctrl-C stays the terminal's own.
 */
import type { Readable } from "node:stream";

export interface AnswerLines {
  /** The next line without its end, or undefined when stdin has ended. Rejects when `signal` is aborted. */
  next(options: { signal: AbortSignal }): Promise<string | undefined>;
}

const longestLine = 65_536;

export function createAnswerLines(stdin: Readable): AnswerLines {
  let buffered = "";
  let ended = false;

  const take = (): string | undefined => {
    const end = buffered.indexOf("\n");
    if (end === -1) {
      if (!ended || buffered === "") return undefined;
      const rest = buffered;
      buffered = "";
      return rest;
    }
    const line = buffered.slice(0, end).replace(/\r$/, "");
    buffered = buffered.slice(end + 1);
    return line;
  };

  const wait = (signal: AbortSignal): Promise<string | undefined> =>
    new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        stdin.off("data", onData).off("end", onEnd).off("error", onEnd);
        signal.removeEventListener("abort", onAbort);
        stdin.pause();
        act();
      };
      const onData = (chunk: Buffer | string): void => {
        buffered = (buffered + chunk.toString("utf8")).slice(-longestLine);
        const line = take();
        if (line !== undefined) settle(() => resolve(line));
      };
      const onEnd = (): void => {
        ended = true;
        settle(() => resolve(take()));
      };
      const onAbort = (): void => settle(() => reject(signal.reason));
      stdin.on("data", onData).on("end", onEnd).on("error", onEnd);
      signal.addEventListener("abort", onAbort, { once: true });
      stdin.resume();
    });

  return {
    async next({ signal }) {
      signal.throwIfAborted();
      const line = take();
      if (line !== undefined || ended || stdin.readableEnded) return line;
      return wait(signal);
    },
  };
}
