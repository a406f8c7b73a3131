/**
 * Coalesced writing to one stream. Pieces of one tick go out as one write; while the stream is full nothing more is handed
 * to it; when the reader is gone (EPIPE) `onGone` is told once and everything later is dropped.
 */
import type { OutputStream } from "./style.ts";

export interface Writer {
  write(text: string): void;
  /** Resolves when all that was written has been taken by the stream, or can never be. */
  flush(): Promise<void>;
  readonly gone: boolean;
  /** Why what was written is lost, where the reader did not simply leave: a full disk. */
  readonly failure: Error | undefined;
}

// The reader left, as `head` does.
const leaving = new Set<unknown>(["EPIPE", "ERR_STREAM_DESTROYED"]);

const flushAtChars = 65_536;

export function createWriter(stream: OutputStream, options: { onGone?: () => void } = {}): Writer {
  let pending: string[] = [];
  let pendingChars = 0;
  let writing = false;
  let scheduled = false;
  let gone = false;
  let failure: Error | undefined;
  let waiting: (() => void)[] = [];

  const settle = (): void => {
    const ready = waiting;
    waiting = [];
    for (const resolve of ready) resolve();
  };
  const lose = (error: NodeJS.ErrnoException): void => {
    if (gone) return;
    gone = true;
    if (!leaving.has(error.code)) failure = error;
    pending = [];
    settle();
    options.onGone?.();
  };
  // Stays for the stream's life: an EPIPE without a listener would end the process with a stack.
  stream.on("error", lose);

  const send = (): void => {
    scheduled = false;
    if (writing || gone || pending.length === 0) return;
    const text = pending.join("");
    pending = [];
    pendingChars = 0;
    writing = true;
    stream.write(text, (error) => {
      writing = false;
      if (error) lose(error);
      else if (pending.length > 0) send();
      else settle();
    });
  };

  return {
    get gone() {
      return gone;
    },
    get failure() {
      return failure;
    },
    write(text) {
      if (gone || text === "") return;
      pending.push(text);
      pendingChars += text.length;
      if (pendingChars >= flushAtChars) send();
      else if (!scheduled) {
        scheduled = true;
        setImmediate(send);
      }
    },
    flush() {
      send();
      if (gone || (!writing && pending.length === 0)) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}
