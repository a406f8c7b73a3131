/**
 * storage: a key-value store of a plugin's own, one JSON file. A read takes the file as it is; a change is made under a
 * lock file that other processes heed too, and replaces the file whole: temp, fsync, rename. A file that cannot be read is
 * kept beside its place and told once. Performed in the core, by promises only.
 */
import { mkdir, open, readFile, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { GantryError, messageOf } from "../../core/contract/errors.ts";
import type { Json } from "../../core/contract/messages.ts";
import { bytesOf } from "../../core/permission/grants.ts";
import { lockFile } from "./lock-file.ts";
import { systemCode } from "./open-confined.ts";

export type StorageRequest = { op: "get"; key: string } | { op: "keys"; prefix: string } | StorageChange;
type StorageChange = { op: "delete"; key: string } | { op: "set"; key: string; value: Json };

export interface StorageEnv {
  /** Absolute; its folder is made when it is first written. */
  file: string;
  /** Bytes of the file. */
  quota: number;
  plugin: string;
  signal: AbortSignal;
  /** Who asks, by identity: what was read is remembered for it. Absent: it is read each time. */
  owner?: object;
}

const maxKeyChars = 256;
/** Beyond any grant that makes sense: such a file is not read. */
const mostBytes = 64 * 1024 * 1024;
const maxKeys = 100_000;

export function covers(scope: string): boolean {
  return bytesOf(scope) > 0;
}

export function describe(request: StorageRequest): string {
  return request.op === "keys"
    ? "list the keys of its storage"
    : `${request.op} ${JSON.stringify(request.key.slice(0, 60))} in its storage`;
}

/** `get` without the key: undefined. STORAGE_FULL, STORAGE_BROKEN, STORAGE_BUSY, REQUEST_INVALID. */
export async function perform(request: StorageRequest, env: StorageEnv): Promise<Json | undefined> {
  checkKey(request.op === "keys" ? request.prefix : request.key, request.op === "keys");
  if (request.op === "get") return (await readAlone(env)).get(request.key);
  if (request.op === "keys") return [...(await readAlone(env)).keys()].filter((key) => key.startsWith(request.prefix)).sort();
  await mkdir(dirname(env.file), { recursive: true, mode: 0o700 });
  return locked(env, () => change(request, env));
}

async function locked<T>({ file, plugin, signal }: StorageEnv, work: () => Promise<T>): Promise<T> {
  const unlock = await lockFile(`${file}.lock`, { signal, what: `the storage of ${plugin}` });
  try {
    return await work();
  } finally {
    await unlock();
  }
}

async function change(request: StorageChange, env: StorageEnv): Promise<Json> {
  // A copy: what others have read stays as they read it when this change fails.
  const entries = new Map((await readEntries(env)) ?? (await setAside(env)));
  if (request.op === "delete") {
    const had = entries.delete(request.key);
    if (had) await replace(entries, env);
    return had;
  }
  entries.set(request.key, request.value);
  const text = textOf(entries);
  const bytes = Buffer.byteLength(text);
  if (bytes > env.quota || entries.size > maxKeys) {
    throw new GantryError(
      "STORAGE_FULL",
      `${env.plugin} may keep ${env.quota} bytes; with ${JSON.stringify(request.key)} it would be ${bytes}`,
      { detail: { quota: env.quota, bytes } },
    );
  }
  await replace(entries, env, text);
  return null;
}

function checkKey(key: string, mayBeEmpty: boolean): void {
  if (key.length <= maxKeyChars && (key !== "" || mayBeEmpty)) return;
  const what =
    key === "" ? "a key must not be empty" : `a key has at most ${maxKeyChars} characters; this one has ${key.length}`;
  throw new GantryError("REQUEST_INVALID", `storage: ${what}.`);
}

type Remembered = Map<string, { stamp: string; entries: ReadonlyMap<string, Json> }>;

/** By owner and file, with the stamp of the bytes it was read from: most reads find the file unchanged. */
const lastReads = new WeakMap<object, Remembered>();
const mostRemembered = 16;

/** Without the lock. Only what is still broken under it is put aside: another process may just have replaced it. */
async function readAlone(env: StorageEnv): Promise<ReadonlyMap<string, Json>> {
  const entries = await readEntries(env);
  return entries ?? (await locked(env, async () => (await readEntries(env)) ?? (await setAside(env))));
}

/** Undefined for a file that is none of ours. */
async function readEntries({ file, plugin, owner }: StorageEnv): Promise<ReadonlyMap<string, Json> | undefined> {
  const stamp = await stampOf(file);
  if (stamp === undefined) return new Map();
  const known = owner && lastReads.get(owner)?.get(file);
  if (known?.stamp === stamp) return known.entries;
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw broken(`the storage of ${plugin} cannot be read: ${messageOf(error)}`, error);
  });
  const entries = text === undefined ? new Map<string, Json>() : parse(text);
  if (entries !== undefined && owner !== undefined) remember(owner, file, { stamp, entries });
  return entries;
}

function remember(owner: object, file: string, read: { stamp: string; entries: ReadonlyMap<string, Json> }): void {
  const lastRead: Remembered = lastReads.get(owner) ?? new Map();
  lastReads.set(owner, lastRead);
  lastRead.delete(file);
  lastRead.set(file, read);
  const [oldest] = lastRead.keys();
  if (lastRead.size > mostRemembered && oldest !== undefined) lastRead.delete(oldest);
}

async function stampOf(file: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeNs } = await stat(file, { bigint: true });
    if (size > mostBytes) throw broken(`${file} has ${size} bytes; at most ${mostBytes} are read`);
    return `${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Pairs, not an object: a key may be any text, `__proto__` too. */
function parse(text: string): Map<string, Json> | undefined {
  try {
    const { version, entries } = JSON.parse(text) as { version?: unknown; entries?: unknown };
    if (version !== 1 || !Array.isArray(entries)) return undefined;
    const isPair = (entry: unknown): entry is [string, Json] =>
      Array.isArray(entry) && entry.length === 2 && typeof entry[0] === "string";
    return entries.every(isPair) ? new Map(entries) : undefined;
  } catch {
    return undefined;
  }
}

function textOf(entries: ReadonlyMap<string, Json>): string {
  return `${JSON.stringify({ version: 1, entries: [...entries] })}\n`;
}

/** Out of the way, so that the plugin can go on, and kept, so that nothing is lost. */
async function setAside({ file, plugin }: StorageEnv): Promise<never> {
  const kept = `${file}.broken-${new Date().toISOString().replaceAll(":", "-")}`;
  try {
    await rename(file, kept);
  } catch (error) {
    throw broken(`the storage of ${plugin} is no valid file and could not be put aside: ${messageOf(error)}`, error);
  }
  throw broken(`the storage of ${plugin} was no valid file; it is kept as ${kept}, and the plugin begins anew`);
}

async function replace(
  entries: ReadonlyMap<string, Json>,
  { file, plugin, owner }: StorageEnv,
  text = textOf(entries),
): Promise<void> {
  // One name for all: who holds the lock is alone, and what a killed one left behind goes with the next change.
  const temp = `${file}.tmp`;
  try {
    await unlink(temp).catch(() => undefined);
    const handle = await open(temp, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temp, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await unlink(temp).catch(() => undefined);
    throw broken(`the storage of ${plugin} could not be written, and is as it was: ${messageOf(error)}`, error);
  }
  const stamp = await stampOf(file);
  if (stamp !== undefined && owner !== undefined) remember(owner, file, { stamp, entries: new Map(entries) });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function broken(message: string, cause?: unknown): GantryError {
  return new GantryError("STORAGE_BROKEN", message, cause === undefined ? {} : { cause });
}
