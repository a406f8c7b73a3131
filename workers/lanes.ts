/**
 * The line in front of the threads. One thread serves small calls faster than two (a second costs 25 ms of CPU and 10 MiB),
 * so another lane opens only when the line has not moved for a while; it closes again when nothing runs.
 */
import { GantryError } from "../core/contract/errors.ts";

export interface Lanes {
  /** Resolves with the function that leaves the lane. QUEUE_FULL; the signal's reason when it is aborted in line. */
  enter(signal: AbortSignal): Promise<() => void>;
  readonly running: number;
  readonly waiting: number;
}

export interface LanesOptions {
  max: number;
  maxWaiting: number;
  /** Lanes that cost nothing: threads already there. */
  ready(): number;
}

/** Until the first call has ended the thread may still be starting. */
const patienceMs = { starting: 100, started: 20 };

export function createLanes({ max, maxWaiting, ready }: LanesOptions): Lanes {
  const line: (() => void)[] = [];
  let running = 0;
  let opened = 1;
  let moved = false;
  let timer: NodeJS.Timeout | undefined;

  const free = (): boolean => running < Math.min(max, Math.max(opened, ready()));

  function watch(): void {
    clearTimeout(timer);
    if (line.length === 0 || opened >= max) return;
    timer = setTimeout(openAnother, moved ? patienceMs.started : patienceMs.starting);
  }

  function openAnother(): void {
    opened = Math.min(max, Math.max(opened, ready(), running) + 1);
    admit();
  }

  function admit(): void {
    while (free() && line.length > 0) line.shift()?.();
    watch();
  }

  function begin(): () => void {
    running++;
    return () => {
      running--;
      moved = true;
      if (running === 0 && line.length === 0) opened = 1;
      admit();
    };
  }

  return {
    async enter(signal) {
      signal.throwIfAborted();
      if (free() && line.length === 0) return begin();
      if (line.length >= maxWaiting) {
        throw new GantryError("QUEUE_FULL", `${line.length} tool calls are already waiting for one of ${max} threads.`);
      }
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          line.splice(line.indexOf(go), 1);
          reject(signal.reason);
        };
        const go = (): void => {
          signal.removeEventListener("abort", leave);
          resolve(begin());
        };
        signal.addEventListener("abort", leave, { once: true });
        line.push(go);
        if (line.length === 1) watch();
      });
    },
    get running() {
      return running;
    },
    get waiting() {
      return line.length;
    },
  };
}
