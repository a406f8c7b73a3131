/**
 * A lock that processes of one machine share: a link that only one can make, and that from its first moment names its holder
 * in place of a target. One whose holder has ended is taken away under a second lock, so that two who find it do not both
 * believe they have it.
 */
import { lstat, readlink, symlink, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { nowMs } from "../../core/contract/clock.ts";
import { GantryError } from "../../core/contract/errors.ts";
import { systemCode } from "./open-confined.ts";

interface LockOptions {
  signal: AbortSignal;
  /** What is locked, in words. */
  what: string;
  /** Until STORAGE_BUSY. */
  waitMs?: number;
}

/** What is done under the lock takes milliseconds: of a holder that cannot be asked about, this is taken as its end. */
const staleMs = 30_000;
const longestPauseMs = 50;

/** The function that unlocks. STORAGE_BUSY when somebody holds it for longer than `waitMs` (5 s). */
export async function lockFile(file: string, { signal, what, waitMs = 5_000 }: LockOptions): Promise<() => Promise<void>> {
  const started = nowMs();
  for (let pauseMs = 1; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    signal.throwIfAborted();
    if (await make(file)) return () => unlink(file).catch(() => undefined);
    await clearStale(file);
    if (nowMs() - started > waitMs) {
      throw new GantryError("STORAGE_BUSY", `${what} is held by another process (${file}) for more than ${waitMs} ms`);
    }
    await delay(pauseMs, undefined, { signal });
  }
}

async function make(file: string): Promise<boolean> {
  try {
    await symlink(`${process.pid}@${hostname()}`, file);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw new GantryError("STORAGE_BROKEN", `${file} cannot be made: ${systemCode(error) ?? String(error)}`, { cause: error });
  }
}

async function clearStale(file: string): Promise<void> {
  if (!(await isStale(file))) return;
  const second = `${file}.clear`;
  if (!(await make(second))) {
    // Whoever made it ended between two calls; nobody needs it for long.
    if ((await ageOf(second)) > staleMs) await unlink(second).catch(() => undefined);
    return;
  }
  try {
    if (await isStale(file)) await unlink(file).catch(() => undefined);
  } finally {
    await unlink(second).catch(() => undefined);
  }
}

async function isStale(file: string): Promise<boolean> {
  const [, pid, host] = /^(\d+)@(.*)$/s.exec(await readlink(file).catch(() => "")) ?? [];
  if (pid !== undefined && host === hostname() && !isAlive(Number(pid))) return true;
  // Of another machine, or one that never ends: only its age says anything.
  return (await ageOf(file)) > staleMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

/** Milliseconds since it was made, by the clock of files; 0 when it is gone. */
async function ageOf(file: string): Promise<number> {
  const { mtimeMs } = await lstat(file).catch(() => ({ mtimeMs: Date.now() }));
  return Date.now() - mtimeMs;
}
