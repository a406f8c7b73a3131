/**
 * Opens what `confine` has proven, and proves it again on the open descriptor: between the two an attacker may have put
 * a symlink in the path. O_NONBLOCK, so that a fifo or a device is refused instead of waited for.
 * Synchronous: a tool's thread is not the main one, and a small read then costs microseconds.
 */
import { closeSync, constants, fstatSync, openSync, readlinkSync, realpathSync, type Stats, statSync } from "node:fs";
import { GantryError } from "../../core/contract/errors.ts";

/** On Linux a descriptor has a name: the proof of an open file's path, and a folder that nobody can swap. */
export const hasDescriptorPaths = process.platform === "linux";

export interface OpenedFile {
  fd: number;
  stat: Stats;
}

/**
 * Opens a real path for reading; the caller closes it. `path` is another spelling of it, by an open folder.
 * FILE_NOT_FOUND, FILE_NOT_REGULAR, PATH_OUTSIDE.
 */
export function openRegular(real: string, path = real): OpenedFile {
  for (let tries = 1; ; tries++) {
    const fd = open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK, real);
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) throw notRegular(real, kindOf(stat));
      const opened = openedPath(fd, real);
      if (opened === real) return { fd, stat };
      // A rename replaced the file while it was opened: what is there now is as good, and is proven again.
      if (opened !== `${real} (deleted)` || tries === 5) throw swapped(real);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
  }
}

/** Opens a real folder, never through a symlink. The caller closes it. FILE_NOT_FOUND, FILE_NOT_REGULAR, PATH_OUTSIDE. */
export function openFolder(real: string, path = real): number {
  const fd = open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW, real);
  if (openedPath(fd, real) === real) return fd;
  closeSync(fd);
  throw swapped(real);
}

/** A name inside an open folder: by descriptor where the system can, else by the folder's path. */
export function inFolder(fd: number, folder: string, name: string): string {
  return hasDescriptorPaths ? `/proc/self/fd/${fd}/${name}` : `${folder}/${name}`;
}

/** The code of a system error (`ENOENT`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** What stands in the way of reading it, in words: `a folder`, `a named pipe`, … */
export function kindOf(stat: Stats): string {
  if (stat.isDirectory()) return "a folder";
  if (stat.isFIFO()) return "a named pipe";
  if (stat.isSocket()) return "a socket";
  if (stat.isSymbolicLink()) return "a symbolic link";
  return stat.isCharacterDevice() || stat.isBlockDevice() ? "a device" : "not a regular file";
}

function open(path: string, flags: number, real: string): number {
  try {
    return openSync(path, flags);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT") throw new GantryError("FILE_NOT_FOUND", `${real} does not exist`, { cause: error });
    if (code === "ENOTDIR") throw new GantryError("FILE_NOT_FOUND", `${real} is not, or is not in, a folder`, { cause: error });
    if (code === "ELOOP") throw notRegular(real, "a symbolic link that was put there just now", error);
    if (code === "ENXIO") throw notRegular(real, "a socket, or a device without a driver", error);
    throw new GantryError("TOOL_FAILED", `${real} cannot be opened: ${code ?? String(error)}`, { cause: error });
  }
}

function openedPath(fd: number, real: string): string | undefined {
  if (hasDescriptorPaths) return readlinkSync(`/proc/self/fd/${fd}`);
  const ours = fstatSync(fd, { bigint: true });
  const now = statSync(real, { bigint: true });
  return ours.dev === now.dev && ours.ino === now.ino ? realpathSync.native(real) : undefined;
}

function swapped(real: string): GantryError {
  return new GantryError("PATH_OUTSIDE", `${real} led somewhere else when it was opened: a part of it was replaced by a link`);
}

function notRegular(real: string, kind: string, cause?: unknown): GantryError {
  const advice = kind === "a folder" ? "; Glob lists the files in it" : "";
  return new GantryError("FILE_NOT_REGULAR", `${real} is ${kind}${advice}`, { cause });
}
