/**
 * The small file beside a log that knows how long the log was: `count hash check`, of a fixed length, overwritten in place
 * after each commit and never waited for. It may be behind the log, never ahead of it, so a head that counts more lines than
 * the log has shows a loss at the end. The check tells a head whose writing was cut in two (test/faults/log-kill.test.ts).
 */

import { hash as hashOf } from "node:crypto";
import { nowMs } from "../contract/clock.ts";
import { closeFile, ignoring, inPlace, nothingUnfit, openFile, readText, syncData, writeAll } from "./disk.ts";

export interface Head {
  count: number;
  hash: string;
}

export const headPathOf = (logPath: string): string => logPath.replace(/\.jsonl$/, ".head");

const pauseMs = 250;

export class HeadFile {
  readonly #path: string;
  #wanted: Head | undefined;
  #writing: Promise<void> | undefined;
  #pause: NodeJS.Timeout | undefined;
  #writtenAt = Number.NEGATIVE_INFINITY;

  constructor(logPath: string) {
    this.#path = headPathOf(logPath);
  }

  /**
   * Has the head written in the background, at most once in `pauseMs`: of several wanted meanwhile only the last is. A kill
   * leaves it that much behind.
   */
  want(head: Head): void {
    this.#wanted = head;
    const waitMs = this.#writtenAt + pauseMs - nowMs();
    if (waitMs <= 0) this.#writing ??= this.#writeWanted();
    else this.#pause ??= setTimeout(() => this.#writeNow(), waitMs).unref();
  }

  /** Resolves when the last wanted head is written. */
  async settled(): Promise<void> {
    this.#writeNow();
    await this.#writing;
  }

  #writeNow(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
    if (this.#wanted) this.#writing ??= this.#writeWanted();
  }

  async #writeWanted(): Promise<void> {
    while (this.#wanted) {
      const head = this.#wanted;
      this.#writtenAt = nowMs();
      this.#wanted = undefined;
      // A head that could not be written is behind the log, and that is allowed; the log's own failure is what is reported.
      await writeHead(this.#path, head, { sync: false }).catch(() => undefined);
    }
    this.#writing = undefined;
  }
}

export async function writeHead(path: string, head: Head, { sync }: { sync: boolean }): Promise<void> {
  const fd = await openFile(path, inPlace);
  try {
    await writeAll(fd, Buffer.from(encodeHead(head)), 0);
    if (sync) await syncData(fd);
  } finally {
    await closeFile(fd);
  }
}

/** Undefined when there is none, or none that can be believed. */
export async function readHead(path: string): Promise<Head | undefined> {
  const text = await ignoring("ENOENT", () => readText(path)).catch(nothingUnfit);
  const [, count, hash] = /^ *(\d+) ([0-9a-f]{64}) /.exec(text ?? "") ?? [];
  if (count === undefined || hash === undefined) return undefined;
  const head = { count: Number(count), hash };
  return encodeHead(head) === text ? head : undefined;
}

function encodeHead({ count, hash }: Head): string {
  const facts = `${String(count).padStart(16)} ${hash}`;
  return `${facts} ${hashOf("sha256", facts, "hex").slice(0, 16)}\n`;
}
