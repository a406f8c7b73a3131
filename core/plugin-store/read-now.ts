/**
 * Files that a stranger may have written, read at once: only a regular file, of at most so many bytes, never a pipe that
 * makes us wait, never through a link in the last name. At start, before anything else runs, this is faster than turns of the loop.
 */
import fs from "node:fs";

/** `text`, or why there is none; neither where nothing is there. */
export interface ReadNow {
  text?: string;
  problem?: string;
}

const flags = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0) | (fs.constants.O_NOFOLLOW ?? 0);

export function readNow(path: string, maxBytes: number): ReadNow {
  let fd: number;
  try {
    fd = fs.openSync(path, flags);
  } catch (error) {
    return missing(error) ? {} : { problem: openProblem(error) };
  }
  try {
    const stats = fs.fstatSync(fd);
    if (!stats.isFile()) return { problem: `it is ${stats.isDirectory() ? "a folder" : "no file"}` };
    if (stats.size > maxBytes) return { problem: `it is ${stats.size} bytes long; at most ${maxBytes} are read` };
    const bytes = Buffer.allocUnsafeSlow(stats.size);
    let length = 0;
    while (length < bytes.length) {
      const more = fs.readSync(fd, bytes, length, bytes.length - length, null);
      if (more === 0) break;
      length += more;
    }
    return { text: bytes.toString("utf8", 0, length) };
  } catch (error) {
    return { problem: openProblem(error) };
  } finally {
    fs.closeSync(fd);
  }
}

/** Whether a folder is there and is one itself, not a link to one. */
export function isOwnFolder(path: string): boolean | undefined {
  try {
    return fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory();
  } catch {
    return false;
  }
}

/** What tells one content of a file from another without reading it: a file of ours is always replaced, never changed. */
export function stampOf(path: string): string {
  try {
    const stats = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? "none" : `${stats.ino}.${stats.size}.${stats.mtimeNs}.${stats.ctimeNs}`;
  } catch {
    return "unseen";
  }
}

function missing(error: unknown): boolean {
  return errno(error) === "ENOENT" || errno(error) === "ENOTDIR";
}

function openProblem(error: unknown): string {
  if (errno(error) === "ELOOP") return "it is a link; only a file itself is read";
  // What a socket, or a device without a driver, answers to being opened.
  if (errno(error) === "ENXIO") return "it is no file";
  return error instanceof Error ? error.message : String(error);
}

function errno(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}
