/**
 * fs.write: a file is replaced whole or not at all. Order of work: confine the path, make the folders that are missing,
 * hold the folder open, write a temp file in it and fsync, look once more whether the file is what the caller expects,
 * put the temp file in its place, fsync the folder. A kill at any point leaves the old file or the new one, and at most
 * a temp file named `.<name>.gantry-<random>.tmp`.
 */
import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, sep } from "node:path";
import { codeOf, GantryError, hasCode, messageOf } from "../../core/contract/errors.ts";
import type { FileStamp } from "../../core/contract/events.ts";
import { confine } from "../../core/permission/files/confined-path.ts";
import type { EffectEnv, ScopePlace } from "./effect.ts";
import { inFolder, openFolder, openRegular, systemCode } from "./open-confined.ts";
import { coversText, demandReal } from "./visible.ts";

export interface WriteRequest {
  path: string;
  content: string | Uint8Array;
  /** The SHA-256 that the file must have now; null: it must not exist. */
  expect: string | null;
}

const mostBytes = 10 * 1024 * 1024;
const longestName = 255;

/** A folder held open, so that nobody can put another in its place between two calls. */
interface OpenFolder {
  fd: number;
  real: string;
}

interface Existing {
  stat: Stats;
  sha256: string;
}

export function covers(scopes: readonly string[], request: WriteRequest, place: ScopePlace): boolean {
  return coversText(scopes, request.path, place);
}

export function describe(request: WriteRequest): string {
  return `write ${request.path}`;
}

export async function perform(request: WriteRequest, env: EffectEnv): Promise<FileStamp> {
  const bytes = typeof request.content === "string" ? Buffer.from(request.content, "utf8") : request.content;
  if (bytes.length > mostBytes) {
    throw new GantryError(
      "FILE_TOO_LARGE",
      `${request.path} would have ${bytes.length} bytes; at most ${mostBytes} are written`,
    );
  }
  const { real } = await confine(request.path, { cwd: env.cwd, home: env.home, reach: env.reach, intent: "write" });
  demandReal(real, env, request.path);
  env.signal.throwIfAborted();
  try {
    const folder = openWithParents(dirname(real));
    try {
      return replace({ folder, real, bytes, expect: request.expect, signal: env.signal });
    } finally {
      closeSync(folder.fd);
    }
  } catch (error) {
    if (codeOf(error) !== undefined || env.signal.aborted) throw error;
    const left = request.expect === null ? "was not created" : "is as it was";
    throw new GantryError("FILE_WRITE_FAILED", `${real} ${left}: ${messageOf(error)}`, { cause: error });
  }
}

interface Replacement {
  folder: OpenFolder;
  real: string;
  bytes: Uint8Array;
  expect: string | null;
  signal: AbortSignal;
}

function replace({ folder, real, bytes, expect, signal }: Replacement): FileStamp {
  const name = basename(real);
  const target = inFolder(folder.fd, folder.real, name);
  const before = existing(real, target);
  checkExpected(real, before, expect);
  const temp = inFolder(folder.fd, folder.real, tempName(name));
  try {
    writeTemp(temp, bytes, before?.stat);
    // Once more, right before the rename: writing may have taken long enough for somebody else's save.
    checkExpected(real, existing(real, target), expect);
    signal.throwIfAborted();
    if (expect === null) createFrom(temp, target, real);
    else renameSync(temp, target);
  } catch (error) {
    removeTemp(temp);
    throw error;
  }
  fsyncSync(folder.fd);
  return { path: real, sha256: createHash("sha256").update(bytes).digest("hex") };
}

function checkExpected(real: string, before: Existing | undefined, expect: string | null): void {
  if (before?.sha256 === (expect ?? undefined)) return;
  const found = before === undefined ? "is gone" : expect === null ? "exists by now" : "has other content by now";
  throw new GantryError("FILE_CHANGED", `${real} ${found}; nothing was written`, {
    detail: { expected: expect, found: before?.sha256 ?? null },
  });
}

/** What is there now, by the open folder; never through a symlink. */
function existing(real: string, target: string): Existing | undefined {
  try {
    const { fd, stat } = openRegular(real, target);
    try {
      return { stat, sha256: hashOf(fd) };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (hasCode(error, "FILE_NOT_FOUND")) return undefined;
    throw error;
  }
}

function hashOf(fd: number): string {
  const hash = createHash("sha256");
  const chunk = Buffer.allocUnsafe(Math.min(1024 * 1024, fstatSync(fd).size + 1));
  for (let length = readSync(fd, chunk); length > 0; length = readSync(fd, chunk)) hash.update(chunk.subarray(0, length));
  return hash.digest("hex");
}

function writeTemp(temp: string, bytes: Uint8Array, like: Stats | undefined): void {
  // Nobody else may read it before it has the mode of the file it replaces.
  const fd = openSync(temp, "wx", like === undefined ? 0o666 : 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    if (like !== undefined) keepOwnerAndMode(fd, like);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function keepOwnerAndMode(fd: number, like: Stats): void {
  const ours = fstatSync(fd);
  if (ours.uid !== like.uid || ours.gid !== like.gid) {
    try {
      fchownSync(fd, like.uid, like.gid);
    } catch (error) {
      // Only root gives files away; a file of someone else in a folder of ours becomes ours, as with any editor.
      if (systemCode(error) !== "EPERM") throw error;
    }
  }
  fchmodSync(fd, like.mode & 0o7777);
}

/** link(2) and not rename(2): it fails when somebody has made the file since. */
function createFrom(temp: string, target: string, real: string): void {
  try {
    linkSync(temp, target);
  } catch (error) {
    const code = systemCode(error);
    if (code === "EEXIST")
      throw new GantryError("FILE_CHANGED", `${real} exists by now; nothing was written`, { cause: error });
    // A file system without hard links: the check just before has to do.
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "EOPNOTSUPP" && code !== "ENOSYS" && code !== "EMLINK") throw error;
    renameSync(temp, target);
    return;
  }
  removeTemp(temp);
}

/** Quietly: what failed before is the news. */
function removeTemp(temp: string): void {
  try {
    unlinkSync(temp);
  } catch {
    // It was never made, or its folder is gone.
  }
}

function tempName(name: string): string {
  const suffix = `.gantry-${randomBytes(6).toString("hex")}.tmp`;
  let kept = name;
  while (Buffer.byteLength(kept) + suffix.length + 1 > longestName) kept = kept.slice(0, -1);
  return `.${kept}${suffix}`;
}

/** Opens `real`, making what is missing of it one folder at a time, each inside the one that is held open. */
function openWithParents(real: string): OpenFolder {
  const missing: string[] = [];
  let at = real;
  while (lstatSync(at, { throwIfNoEntry: false }) === undefined && dirname(at) !== at) {
    missing.unshift(basename(at));
    at = dirname(at);
  }
  let folder: OpenFolder = { fd: openFolder(at), real: at };
  for (const name of missing) {
    const parent = folder;
    try {
      folder = madeInside(parent, name);
    } finally {
      closeSync(parent.fd);
    }
  }
  return folder;
}

function madeInside(parent: OpenFolder, name: string): OpenFolder {
  const path = inFolder(parent.fd, parent.real, name);
  try {
    mkdirSync(path);
    fsyncSync(parent.fd);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  }
  const real = parent.real.endsWith(sep) ? parent.real + name : parent.real + sep + name;
  return { fd: openFolder(real, path), real };
}
