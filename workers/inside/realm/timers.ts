/** The plugin's timers: numbers in a table with a bound, none of the process's own objects. They end with the guest. */

import { cleanly } from "./cleanly.ts";
import { messageOf } from "./error-text.ts";
import type { Log } from "./log.ts";

type Callback = (...args: unknown[]) => unknown;

const maxDelayMs = 2 ** 31 - 1;

export interface Timers {
  setTimeout(callback: Callback, delayMs?: number, ...args: unknown[]): number;
  setInterval(callback: Callback, delayMs?: number, ...args: unknown[]): number;
  setImmediate(callback: Callback, ...args: unknown[]): number;
  clearTimeout(id?: number): void;
  clearInterval(id?: number): void;
  clearImmediate(id?: number): void;
}

/** Each way to set one throws RangeError when `max` are set. */
export function createTimers({ max, log }: { max: number; log: Log }): Timers {
  const set = new Map<number, () => void>();
  let lastId = 0;

  const add = (
    callback: Callback,
    args: readonly unknown[],
    start: (fire: () => void) => () => void,
    isLasting: boolean,
  ): number => {
    if (typeof callback !== "function") throw new TypeError("A timer's callback is no function.");
    if (set.size >= max) throw new RangeError(`${max} timers are set already, which is as many as a plugin may have.`);
    const id = ++lastId;
    const fire = (): void => {
      if (!isLasting) set.delete(id);
      try {
        callback(...args);
      } catch (error) {
        log("error", `A timer's callback failed: ${messageOf(error)}`);
      }
    };
    set.set(
      id,
      cleanly(() => start(fire)),
    );
    return id;
  };
  const clear = (id?: number): void => {
    if (typeof id !== "number") return;
    set.get(id)?.();
    set.delete(id);
  };

  return {
    setTimeout: (callback, delayMs, ...args) =>
      add(callback, args, (fire) => stopper(clearTimeout, setTimeout(fire, bounded(delayMs))), false),
    setInterval: (callback, delayMs, ...args) =>
      add(callback, args, (fire) => stopper(clearInterval, setInterval(fire, bounded(delayMs))), true),
    setImmediate: (callback, ...args) => add(callback, args, (fire) => stopper(clearImmediate, setImmediate(fire)), false),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
  };
}

function stopper<Timer>(stop: (timer: Timer) => void, timer: Timer): () => void {
  return () => stop(timer);
}

/** Node warns, and takes 1 ms, for what it cannot count. */
function bounded(delayMs: unknown): number {
  const ms = Number(delayMs ?? 0);
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 1), maxDelayMs) : 1;
}
