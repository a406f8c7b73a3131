/** The items of one call that streams: each takes a credit, what has none waits, and who makes them may wait for it too. */
import { maxFrameBytes, streamCredit } from "../../../core/contract/frames.ts";
import type { Json } from "../../../core/contract/messages.ts";

/** Of items that wait for a credit. */
const maxWaitingChars = 4 * 1024 * 1024;
/** An item crosses in one frame; a character is at most three bytes of it. */
export const maxItemChars = Math.floor((maxFrameBytes - 1024) / 3);

export interface ItemStream {
  /** Returns at once. Throws RangeError for an item that no frame takes, and when too much waits already. */
  push(item: Json): void;
  /** Resolves when everything pushed is sent; rejects with what `stop` was given. */
  flushed(): Promise<void>;
  grant(credits: number): void;
  /** Nobody reads on: what waits is dropped. */
  stop(reason: Error): void;
}

/** `send` is given the item's JSON. */
export function createItemStream(send: (itemJson: string) => void): ItemStream {
  let waiting: string[] = [];
  let waitingChars = 0;
  let credits = streamCredit;
  let stopped: Error | undefined;
  let listeners: { resolve(): void; reject(error: Error): void }[] = [];

  const push = (item: Json): void => {
    if (stopped) throw stopped;
    const text = JSON.stringify(item);
    if (text.length > maxItemChars) throw new RangeError(`An item of ${text.length} characters; at most ${maxItemChars} fit.`);
    if (waiting.length === 0 && credits > 0) {
      credits--;
      send(text);
      return;
    }
    if (waitingChars + text.length > maxWaitingChars)
      throw new RangeError(`More than ${maxWaitingChars} characters of output wait to be read.`);
    waiting.push(text);
    waitingChars += text.length;
  };

  return {
    push,
    flushed() {
      if (stopped) return Promise.reject(stopped);
      if (waiting.length === 0) return Promise.resolve();
      return new Promise((resolve, reject) => listeners.push({ resolve, reject }));
    },
    grant(more) {
      credits += more;
      const sent = waiting.splice(0, credits);
      credits -= sent.length;
      for (const text of sent) {
        waitingChars -= text.length;
        send(text);
      }
      if (waiting.length > 0) return;
      for (const { resolve } of listeners.splice(0)) resolve();
    },
    stop(reason) {
      stopped ??= reason;
      waiting = [];
      waitingChars = 0;
      const left = listeners;
      listeners = [];
      for (const { reject } of left) reject(reason);
    },
  };
}
