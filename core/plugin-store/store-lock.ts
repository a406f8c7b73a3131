/** One writer of the store at a time, in any number of processes. A lock whose holder is dead is taken over. */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { GantryError, hasCode, messageOf } from "../contract/errors.ts";
import { errnoOf, makeFolder, namesIn, readText, removeFile } from "../session/disk.ts";
import { findLiveHolder, type SessionLock, takeLock } from "../session/lock.ts";
import { findProcess } from "../session/process-start.ts";
import { storeFolder } from "./layout.ts";

const retryMs = 20;
/** Commits are short: fetching, bundling and asking happen before the lock is taken. */
const mostWaitMs = 20_000;

/** PLUGIN_STORE_FAILED when another process keeps the store for too long, or when the work meets the file system's own errors. */
export async function aloneInStore<T>(
  dataHome: string,
  work: () => Promise<T>,
  { waitMs = mostWaitMs }: { waitMs?: number } = {},
): Promise<T> {
  const folder = storeFolder(dataHome);
  try {
    await makeFolder(folder);
    const lock = await waitForLock(join(folder, "store.lock"), waitMs);
    try {
      await sweepLockParts(folder);
      return await work();
    } finally {
      await lock.release();
    }
  } catch (error) {
    throw storeFailure(error, folder);
  }
}

/** What the file system said, as an error of ours that names the store; others stay what they are. */
export function storeFailure(error: unknown, where: string): unknown {
  const isSystem = error instanceof Error && "syscall" in error;
  if (!isSystem && !hasCode(error, "LOG_WRITE_FAILED")) return error;
  return new GantryError("PLUGIN_STORE_FAILED", `the plugin store could not be written in ${where}: ${messageOf(error)}`, {
    cause: error,
  });
}

async function waitForLock(path: string, waitMs: number): Promise<SessionLock> {
  const until = Date.now() + waitMs;
  for (;;) {
    try {
      return await takeLock(path, "of the plugin store");
    } catch (error) {
      if (!hasCode(error, "SESSION_LOCKED") && !isSwept(error)) throw error;
      if (Date.now() >= until) throw await stillLocked(path, waitMs);
    }
    await delay(retryMs);
  }
}

/** Our own file was made, and not yet written, when another taker swept up what killed ones leave: there was nothing to tell them apart. */
function isSwept(error: unknown): boolean {
  return errnoOf(error) === "ENOENT" && error instanceof Error && "syscall" in error && error.syscall === "link";
}

async function stillLocked(path: string, waitMs: number): Promise<GantryError> {
  const holder = await findLiveHolder(path);
  const who = holder === undefined ? "other processes" : `process ${holder.pid} on ${holder.host}`;
  return new GantryError(
    "PLUGIN_STORE_FAILED",
    `${who} has been writing the plugin store for more than ${waitMs} ms (${path})`,
  );
}

/** What takers that were killed left of their own. */
async function sweepLockParts(folder: string): Promise<void> {
  const parts = (await namesIn(folder)).filter((name) => /^store\.lock\.(?:after-)?[0-9a-f]{16}$/.test(name));
  for (const name of parts) {
    if (!(await isOfLiving(join(folder, name)))) await removeFile(join(folder, name));
  }
}

async function isOfLiving(file: string): Promise<boolean> {
  try {
    const { pid, started } = JSON.parse(await readText(file)) as { pid?: unknown; started?: unknown };
    const found = typeof pid === "number" ? await findProcess(pid) : undefined;
    return found !== undefined && (found.started === undefined || found.started === started);
  } catch {
    return false;
  }
}
