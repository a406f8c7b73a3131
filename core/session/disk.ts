/**
 * The session room's file calls, none of them synchronous. Each is a callback function of `fs`, called as its property at
 * the time of the call, so that a fault test can stand in front of it (test/support/kill-at-syscall.cjs).
 */
import fs from "node:fs";
import { dirname, join } from "node:path";

type Done<T> = (error: NodeJS.ErrnoException | null, value?: T) => void;

function call<T>(start: (done: Done<T>) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value as T)));
  });
}

/** A pipe in a file's place is opened without waiting for its other end; for a file it changes nothing. */
const unwaiting: number = fs.constants.O_NONBLOCK ?? 0;
/** Flags for adding to a log that must exist already. */
export const appendOnly = fs.constants.O_WRONLY | fs.constants.O_APPEND | unwaiting;
/** Undefined where the system has no such flag: write and fdatasync in one call, one way through the thread pool less. */
const writeThrough: number | undefined = fs.constants.O_DSYNC;
/** The same, where what is written is on disk when the write returns. `isWrittenThrough` says whether this system can. */
export const appendThrough = appendOnly | (writeThrough ?? 0);
export const isWrittenThrough = writeThrough !== undefined;
/** Flags for a small file that is overwritten in place, without being emptied first. */
export const inPlace = fs.constants.O_WRONLY | fs.constants.O_CREAT | unwaiting;

export const openFile = (path: string, flags: string | number): Promise<number> =>
  call((done) => fs.open(path, flags, 0o600, done));
export const closeFile = (fd: number): Promise<void> => call((done) => fs.close(fd, done));
export const syncFile = (fd: number): Promise<void> => call((done) => fs.fsync(fd, done));
export const syncData = (fd: number): Promise<void> => call((done) => fs.fdatasync(fd, done));
export const truncateFile = (fd: number, size: number): Promise<void> => call((done) => fs.ftruncate(fd, size, done));
export const renameFile = (from: string, to: string): Promise<void> => call((done) => fs.rename(from, to, done));
export const statFile = (path: string): Promise<fs.Stats> => call((done) => fs.stat(path, done));

/** What a file of ours cannot be: a folder, a pipe, a device, or larger than any of its kind. */
export class UnfitFile extends Error {
  /** Goes on after "it is" or "the log is". */
  readonly what: string;

  constructor(path: string, what: string) {
    super(`${path} is ${what}`);
    this.name = "UnfitFile";
    this.what = what;
  }
}

/** For a `catch`: what is there is as good as nothing when it is no file of ours. */
export function nothingUnfit(error: unknown): undefined {
  if (!(error instanceof UnfitFile)) throw error;
}

const maxSmallBytes = 4_096;

/** The whole of a regular file of at most `maxBytes`; what is written to it meanwhile may be missing. UnfitFile. */
export async function readBytes(path: string, maxBytes: number): Promise<Buffer> {
  const fd = await openFile(path, fs.constants.O_RDONLY | unwaiting);
  try {
    const stats = await call<fs.Stats>((done) => fs.fstat(fd, done));
    if (!stats.isFile()) throw new UnfitFile(path, `${kindOf(stats)}, not a file`);
    if (stats.size > maxBytes) throw new UnfitFile(path, `${stats.size} bytes long; at most ${maxBytes} are read`);
    // What /proc shows is of size 0 until it is read.
    return await readUpTo(fd, Buffer.allocUnsafeSlow(stats.size === 0 ? maxSmallBytes : stats.size));
  } finally {
    await closeFile(fd);
  }
}

/** A small file as text. UnfitFile for what is not one of at most 4 KiB. */
export async function readText(path: string): Promise<string> {
  return (await readBytes(path, maxSmallBytes)).toString("utf8");
}

async function readUpTo(fd: number, buffer: Buffer): Promise<Buffer> {
  let length = 0;
  while (length < buffer.length) {
    const more = await call<number>((done) => fs.read(fd, buffer, length, buffer.length - length, null, done));
    if (more === 0) break;
    length += more;
  }
  return buffer.subarray(0, length);
}

function kindOf(stats: fs.Stats): string {
  if (stats.isDirectory()) return "a folder";
  return stats.isFIFO() ? "a pipe" : "a device or socket";
}

/** Writes all of `bytes` at `position`, or at the end of a file opened to append; a short write is gone on with. */
export async function writeAll(fd: number, bytes: Uint8Array, position: number | null = null): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const at = position === null ? null : position + written;
    const more = await call<number>((done) => fs.write(fd, bytes, written, bytes.length - written, at, done));
    if (more === 0) throw new Error(`the disk took ${written} of ${bytes.length} bytes`);
    written += more;
  }
}

/** Writes a new file and waits until its bytes are on disk. EEXIST when there is one. */
export async function writeNewFile(path: string, bytes: Uint8Array, { sync }: { sync: boolean }): Promise<void> {
  const fd = await openFile(path, "wx");
  try {
    await writeAll(fd, bytes);
    if (sync) await syncFile(fd);
  } finally {
    await closeFile(fd);
  }
}

/** Removes a file; that there is none is fine. */
export async function removeFile(path: string): Promise<void> {
  await ignoring("ENOENT", () => call<void>((done) => fs.unlink(path, done)));
}

/** Gives `from` a second name in one step. False when the name is taken. */
export async function linkFile(from: string, to: string): Promise<boolean> {
  try {
    await call<void>((done) => fs.link(from, to, done));
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Makes the names in a folder last through a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder, and keeps names without being asked.
  if (process.platform === "win32") return;
  const fd = await openFile(folder, "r");
  try {
    await syncFile(fd);
  } finally {
    await closeFile(fd);
  }
}

/** Makes a folder and what is missing above it, 0700, on disk when this returns. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await call<string | undefined>((done) => fs.mkdir(folder, { recursive: true, mode: 0o700 }, done));
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Names in a folder, or none where there is no folder. */
export async function namesIn(folder: string): Promise<string[]> {
  const names = await ignoring("ENOENT", () => call<string[]>((done) => fs.readdir(folder, done)));
  return names ?? [];
}

/** Paths of `folder`'s entries that end in `suffix`. */
export async function pathsIn(folder: string, suffix: string): Promise<string[]> {
  return (await namesIn(folder)).filter((name) => name.endsWith(suffix)).map((name) => join(folder, name));
}

/** The value, or undefined when it failed with this errno. */
export async function ignoring<T>(errno: string, run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (errnoOf(error) === errno) return undefined;
    throw error;
  }
}

export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
