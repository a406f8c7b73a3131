/**
 * The bytes of one log on disk. A commit is all there or not at all as far as the disk allows it: what a failed one left is
 * cut back, at once or before the next. The file appears with its first commit complete: temp, fsync, rename, fsync of
 * the folder. It is opened for each commit and not held, because a thread shares the descriptor table.
 */
import { dirname } from "node:path";
import {
  appendThrough,
  closeFile,
  isWrittenThrough,
  openFile,
  removeFile,
  renameFile,
  syncData,
  syncFile,
  syncFolder,
  truncateFile,
  writeAll,
} from "./disk.ts";

export class LogFile {
  readonly path: string;
  #size: number | undefined;
  #isTorn = false;
  #closing: Promise<void> = Promise.resolve();

  /** `size` is the bytes of an existing log, undefined for one that is yet to appear. */
  constructor(path: string, size: number | undefined) {
    this.path = path;
    this.#size = size;
  }

  /** Resolves when the bytes are on disk. One at a time. Throws the file system's own error; then none of the bytes count. */
  async commit(bytes: Uint8Array): Promise<void> {
    await this.#closing;
    if (this.#size === undefined) await this.#appear(bytes);
    else await this.#append(bytes, this.#size);
  }

  /** Resolves when nothing of the file is open. */
  settled(): Promise<void> {
    return this.#closing;
  }

  async #append(bytes: Uint8Array, size: number): Promise<void> {
    const fd = await openFile(this.path, appendThrough);
    try {
      if (this.#isTorn) await this.#cutBack(fd, size);
      this.#isTorn = true;
      await writeAll(fd, bytes);
      // A failed sync may have dropped the pages it could not write; only writing them again makes the next one true.
      if (!isWrittenThrough) await syncData(fd);
      this.#isTorn = false;
      this.#size = size + bytes.length;
    } catch (error) {
      await this.#cutBack(fd, size).catch(() => undefined);
      throw error;
    } finally {
      // The bytes are on disk: who waits for them need not wait for this, and its failure changes nothing.
      this.#closing = closeFile(fd).catch(() => undefined);
    }
  }

  async #cutBack(fd: number, size: number): Promise<void> {
    await truncateFile(fd, size);
    this.#isTorn = false;
  }

  async #appear(bytes: Uint8Array): Promise<void> {
    const temp = this.path.replace(/\.jsonl$/, ".new");
    try {
      await this.#writeTemp(temp, bytes);
      await renameFile(temp, this.path);
    } catch (error) {
      await removeFile(temp).catch(() => undefined);
      throw error;
    }
    try {
      await syncFolder(dirname(this.path));
    } catch (error) {
      await removeFile(this.path).catch(() => undefined);
      throw error;
    }
    this.#size = bytes.length;
  }

  async #writeTemp(temp: string, bytes: Uint8Array): Promise<void> {
    const fd = await openFile(temp, "w");
    try {
      await writeAll(fd, bytes);
      await syncFile(fd);
    } finally {
      await closeFile(fd);
    }
  }
}
