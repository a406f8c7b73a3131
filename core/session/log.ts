/**
 * The log of one session, as its writer sees it. `append` takes an event into the chain at once; `flush` commits all that was
 * appended. Appends made while a commit runs go into the next one together. Nothing is lost by a failed commit: its
 * lines stay in the queue, in order, and a later flush tries them again.
 */
import { join } from "node:path";
import { GantryError, messageOf } from "../contract/errors.ts";
import type { EventData, EventOf, EventType } from "../contract/events.ts";
import { type Head, HeadFile } from "./head.ts";
import { encodeLine, firstPrev, hashLine } from "./line.ts";
import { LogFile } from "./log-file.ts";

export interface SessionLog {
  readonly id: string;
  readonly path: string;
  /** Events appended so far, on disk or not; the `seq` of the last. */
  readonly count: number;
  /**
   * Takes an event into the chain; synchronous, not on disk before the next flush. `data` must not change afterwards.
   * LOG_WRITE_FAILED when 64 MiB wait for a disk that does not take them.
   */
  append<T extends EventType>(type: T, data: EventData[T]): EventOf<T>;
  /** Resolves when all appended so far is on disk. LOG_WRITE_FAILED: nothing is lost, flush again. */
  flush(): Promise<void>;
  /** Flushes, ends the head file and gives the lock back, the last whatever happens. Once; later calls share it. */
  close(): Promise<void>;
}

/** `release` is called once when the log is closed. */
interface LogOwner {
  release?(): Promise<void>;
}

/** A new session's log in an existing folder, begun with `opened`. It appears there, 0600, with the first flush. */
export function createLog(
  options: { folder: string; id: string; open: EventData["session.open"] } & LogOwner,
): SessionLog & { readonly opened: EventOf<"session.open"> } {
  const path = join(options.folder, `${options.id}.jsonl`);
  const log = new ChainedLog(options.id, new LogFile(path, undefined), { count: 0, hash: firstPrev }, options);
  return Object.assign(log, { opened: log.append("session.open", options.open) });
}

/** Goes on with a log of `size` bytes that ends as `head` says: its line count and last hash, as readChain found them. */
export function openLog(options: { path: string; id: string; size: number; head: Head } & LogOwner): SessionLog {
  return new ChainedLog(options.id, new LogFile(options.path, options.size), options.head, options);
}

const maxWaitingBytes = 64 * 1024 * 1024;

class ChainedLog implements SessionLog {
  readonly id: string;
  readonly #file: LogFile;
  readonly #headFile: HeadFile;
  readonly #owner: LogOwner;
  #head: Head;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #running: Promise<void> | undefined;
  #following: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(id: string, file: LogFile, head: Head, owner: LogOwner) {
    this.id = id;
    this.#file = file;
    this.#headFile = new HeadFile(file.path);
    this.#head = head;
    this.#owner = owner;
  }

  get path(): string {
    return this.#file.path;
  }

  get count(): number {
    return this.#head.count;
  }

  append<T extends EventType>(type: T, data: EventData[T]): EventOf<T> {
    if (this.#closed !== undefined) throw new GantryError("INTERNAL", `${type} was appended to the closed log ${this.path}`);
    const event = { v: 1, seq: this.count + 1, at: new Date().toISOString(), type, data } as unknown as EventOf<T>;
    const line = encodeLine(event, this.#head.hash);
    if (this.#waitingBytes + line.length > maxWaitingBytes) {
      throw writeFailed(this.path, `${this.#waitingBytes} bytes wait to be written and ${line.length} more do not fit`);
    }
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    this.#head = { count: event.seq, hash: hashLine(line.subarray(0, -1)) };
    return event;
  }

  flush(): Promise<void> {
    if (!this.#running) return this.#waiting.length === 0 ? Promise.resolve() : this.#start();
    if (this.#waiting.length === 0) return this.#running;
    this.#following ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#following = undefined;
        return this.#start();
      });
    return this.#following;
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  #start(): Promise<void> {
    this.#running = this.#commit().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #commit(): Promise<void> {
    const batch = this.#waiting;
    const head = this.#head;
    this.#waiting = [];
    const [only] = batch;
    const bytes = batch.length === 1 && only ? only : Buffer.concat(batch);
    try {
      await this.#file.commit(bytes);
    } catch (error) {
      this.#waiting = [...batch, ...this.#waiting];
      throw writeFailed(this.path, messageOf(error), error);
    }
    this.#waitingBytes -= bytes.length;
    this.#headFile.want(head);
  }

  async #end(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#file.settled();
      await this.#headFile.settled();
      await this.#owner.release?.();
    }
  }
}

function writeFailed(path: string, why: string, cause?: unknown): GantryError {
  return new GantryError("LOG_WRITE_FAILED", `the session log ${path} could not be written: ${why}`, {
    cause,
    detail: { path },
  });
}
