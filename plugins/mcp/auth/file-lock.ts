/**
 * A lock between processes and threads: a file that exists. Its holder writes its pid and a word of its own into it; a lock
 * whose holder is gone, or that is older than anyone holds one, is moved away and taken.
 */
import { randomBytes } from "node:crypto";
import { link, open, readFile, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOfSystem } from "./system-errors.ts";
import { makePrivateFolder } from "./token-files.ts";

export interface LockOptions {
  /** Older than this a lock is nobody's. Longer than any holder works. */
  staleMs: number;
  /** How long it is waited for; 0: not at all. */
  waitMs: number;
  signal: AbortSignal;
}

/** The undo, or undefined when another holds it for all of `waitMs`. Throws where the folder cannot be written. */
export async function takeLock(
  path: string,
  { staleMs, waitMs, signal }: LockOptions,
): Promise<(() => Promise<void>) | undefined> {
  await makePrivateFolder(dirname(path));
  const mine = `${process.pid} ${randomBytes(8).toString("hex")}\n`;
  for (const until = Date.now() + waitMs; ; ) {
    signal.throwIfAborted();
    if (await create(path, mine)) return () => release(path, mine);
    if (await isStale(path, staleMs)) {
      await moveAway(path, staleMs);
      continue;
    }
    if (Date.now() >= until) return undefined;
    await sleep(25, undefined, { signal });
  }
}

async function create(path: string, text: string): Promise<boolean> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, "wx", 0o600);
  } catch (error) {
    if (codeOfSystem(error) === "EEXIST") return false;
    throw error;
  }
  await file.writeFile(text).finally(() => file.close());
  return true;
}

async function release(path: string, mine: string): Promise<void> {
  const text = await readFile(path, "utf8").catch(() => "");
  if (text === mine) await unlink(path).catch(() => undefined);
}

async function isStale(path: string, staleMs: number): Promise<boolean> {
  try {
    const [facts, text] = await Promise.all([stat(path), readFile(path, "utf8")]);
    if (Date.now() - facts.mtimeMs > staleMs) return true;
    const pid = Number(text.split(" ")[0]);
    // Between its creation and its first bytes a lock is empty: it is its holder's.
    return text !== "" && (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid));
  } catch (error) {
    if (codeOfSystem(error) === "ENOENT") return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOfSystem(error) === "EPERM";
  }
}

/** Two that find one stale lock must not remove the fresh one of the first: it is looked at again where no one else sees it. */
async function moveAway(path: string, staleMs: number): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (codeOfSystem(error) === "ENOENT") return;
    throw error;
  }
  if (!(await isStale(aside, staleMs))) await link(aside, path).catch(() => undefined);
  await unlink(aside).catch(() => undefined);
}
