/**
 * One writer per session. A lock is taken by giving a finished file its second name, which succeeds for one taker only. A stale
 * lock X is followed by a claim `<lock>.after-X`, taken the same way: whoever made it is the holder, until it has put its own
 * file in the place of the lock. So two takers of one stale lock cannot both win, wherever either of them is killed.
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { GantryError } from "../contract/errors.ts";
import { errnoOf, ignoring, linkFile, nothingUnfit, readText, removeFile, renameFile, statFile, writeNewFile } from "./disk.ts";
import { findProcess } from "./process-start.ts";

export interface LockHolder {
  pid: number;
  host: string;
  /** The process's start as the kernel counts it. */
  started?: string;
  /** ISO time. */
  at: string;
  nonce: string;
}

export interface SessionLock {
  /** Who left the stale lock that was taken over. */
  readonly takenFrom: LockHolder | undefined;
  release(): Promise<void>;
}

const maxTries = 50;

/** SESSION_LOCKED, naming the holder, when another writer lives. `name` is the session's, for the message. */
export async function takeLock(path: string, name: string): Promise<SessionLock> {
  const mine = await describeSelf();
  const own = `${path}.${mine.nonce}`;
  await writeNewFile(own, encodeHolder(mine), { sync: false });
  try {
    for (let tries = 0; tries < maxTries; tries++) {
      if (await giveName(own, path, mine)) return lockOf(path, mine, undefined);
      const chain = await readHolders(path);
      const holder = chain.at(-1);
      if (!holder) continue;
      if (await isLive(holder)) throw lockedBy(holder, path, name);
      if (await takeOver({ path, own, mine, holder })) return lockOf(path, mine, holder);
    }
  } finally {
    await removeFile(own);
  }
  throw new GantryError(
    "SESSION_LOCKED",
    `session ${name} changed hands ${maxTries} times while its lock ${path} was being taken`,
  );
}

/** The lock of a session that nobody can look for yet, because its log is not there. Undefined when the name is taken. */
export async function takeNewLock(path: string, mine: LockHolder): Promise<SessionLock | undefined> {
  const isNew = await ignoring("EEXIST", () => writeNewFile(path, encodeHolder(mine), { sync: false }).then(() => true));
  return isNew ? lockOf(path, mine, undefined) : undefined;
}

/** The live holder of a lock, or undefined. */
export async function findLiveHolder(path: string): Promise<LockHolder | undefined> {
  const holder = (await readHolders(path)).at(-1);
  return holder && (await isLive(holder)) ? holder : undefined;
}

/** Whether a holder is this very process. */
export function isOwnProcess({ pid, host }: LockHolder): boolean {
  return pid === process.pid && host === hostname();
}

/** This process, as one new lock names it. */
export async function describeSelf(): Promise<LockHolder> {
  const self = await findProcess(process.pid);
  const nonce = randomBytes(8).toString("hex");
  return { pid: process.pid, host: hostname(), ...self, at: new Date().toISOString(), nonce };
}

async function takeOver(take: { path: string; own: string; mine: LockHolder; holder: LockHolder }): Promise<boolean> {
  const { path, own, mine, holder } = take;
  const claim = claimOn(path, holder);
  if (!(await giveName(own, claim, mine))) return false;
  const chain = await readHolders(path);
  if (chain.at(-1)?.nonce !== mine.nonce) {
    // The stale lock was replaced, or given back, between our look and our claim: the claim is on nothing.
    await removeFile(claim);
    return false;
  }
  await renameFile(own, path).catch(async (error: unknown) => {
    await removeFile(claim);
    throw unfitLock(path, error);
  });
  for (const earlier of chain.slice(0, -1)) await removeFile(claimOn(path, earlier));
  return true;
}

const claimOn = (path: string, { nonce }: LockHolder): string => `${path}.after-${nonce}`;

/** The lock's own holder, then who claimed it after that one had died, and so on; the last holds it. Empty: nobody does. */
async function readHolders(path: string): Promise<LockHolder[]> {
  const chain: LockHolder[] = [];
  let holder = await readHolder(path);
  while (holder && chain.length < maxTries) {
    chain.push(holder);
    holder = await readHolder(claimOn(path, holder));
  }
  return chain;
}

async function readHolder(path: string): Promise<LockHolder | undefined> {
  const text = await ignoring("ENOENT", () => readText(path).catch((error: unknown) => nothingUnfit(error) ?? ""));
  if (text === undefined) return undefined;
  try {
    const holder: unknown = JSON.parse(text);
    if (isHolder(holder)) return holder;
  } catch {
    // Falls through to the unreadable one.
  }
  const written = await ignoring("ENOENT", () => statFile(path));
  return written && { pid: 0, host: hostname(), at: written.mtime.toISOString(), nonce: "unreadable" };
}

function encodeHolder(holder: LockHolder): Buffer {
  return Buffer.from(`${JSON.stringify(holder)}\n`);
}

function isHolder(value: unknown): value is LockHolder {
  if (typeof value !== "object" || value === null) return false;
  const { pid, host, at, nonce } = value as Record<string, unknown>;
  const isWhole = typeof host === "string" && typeof at === "string" && /^[0-9a-f]{16}$/.test(String(nonce));
  return isWhole && Number.isInteger(pid) && Number(pid) >= 1;
}

/** Whether a lock says whose it is; one that could not be read does not. */
export const isNamed = ({ pid }: LockHolder): boolean => pid !== 0;

/** An unreadable lock was cut by a power loss, or is being written where there are no hard links: the second takes no 5 s. */
const unreadableAgeMs = 5_000;

async function isLive(holder: LockHolder): Promise<boolean> {
  // Nothing can be known of another machine's processes.
  if (holder.host !== hostname()) return true;
  // Of the future is not fresh: that clock was wrong, and may be so for years.
  const isFresh = Math.abs(Date.now() - Date.parse(holder.at)) < unreadableAgeMs;
  if (!isNamed(holder)) return isFresh;
  const found = await findProcess(holder.pid);
  if (!found) return false;
  // Where starts are seen every lock of ours has its own: without one, any process may be named.
  if (found.started !== undefined && holder.started === undefined) return isFresh;
  return found.started === undefined || found.started === holder.started;
}

const withoutLinks = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EACCES", "EMLINK"]);

async function giveName(own: string, name: string, mine: LockHolder): Promise<boolean> {
  try {
    return await linkFile(own, name);
  } catch (error) {
    // Some file systems have no hard links. An exclusive create is as good, but for the instant before its content is there.
    if (!withoutLinks.has(errnoOf(error) ?? "")) throw error;
  }
  return (await ignoring("EEXIST", () => writeNewFile(name, encodeHolder(mine), { sync: false }).then(() => true))) ?? false;
}

function lockOf(path: string, mine: LockHolder, takenFrom: LockHolder | undefined): SessionLock {
  return {
    takenFrom,
    release: async () => {
      // Somebody who removed the lock by hand may have let another in.
      if ((await readHolder(path))?.nonce === mine.nonce) await removeFile(path);
    },
  };
}

/** A folder in the lock's place. */
function unfitLock(path: string, cause: unknown): unknown {
  if (!["EISDIR", "ENOTDIR", "ENOTEMPTY", "EEXIST"].includes(errnoOf(cause) ?? "")) return cause;
  return new GantryError("SESSION_LOCKED", `the lock ${path} is no file; delete it`, { cause, detail: { lock: path } });
}

function lockedBy(holder: LockHolder, path: string, name: string): GantryError {
  const { pid, host, at } = holder;
  const who = isNamed(holder) ? `process ${pid}` : "another process";
  const elsewhere = host === hostname() ? `, says its lock ${path}` : `; if that machine no longer runs it, delete ${path}`;
  return new GantryError("SESSION_LOCKED", `session ${name} is in use by ${who} on ${host} since ${at}${elsewhere}`, {
    detail: { pid, host, at, lock: path },
  });
}
