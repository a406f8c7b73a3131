/**
 * Files and folders that are there whole, or not at all: written under another name, synced, then renamed, then the folder
 * is synced. Each call is one of `fs` as a property, so that a fault test can stand in front of it.
 */
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { basename, dirname, join } from "node:path";
import {
  closeFile,
  errnoOf,
  ignoring,
  namesIn,
  removeFile,
  renameFile,
  syncFile,
  syncFolder,
  writeAll,
} from "../session/disk.ts";

/** Modes: a user's own store is nobody else's, a project's files are as readable as its others. */
export const own = { file: 0o600, folder: 0o700 } as const;
export const shared = { file: 0o644, folder: 0o755 } as const;
export type Modes = typeof own | typeof shared;

export async function writeWhole(path: string, text: string, modes: Modes): Promise<void> {
  await makeFolders(dirname(path), modes);
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    await writeSynced(temporary, text, modes);
    await renameFile(temporary, path);
  } catch (error) {
    await removeFile(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Files in a new folder of this name. What is there already stays when `isSame` says so, else it is replaced. */
export async function placeFolder(
  folder: string,
  files: Readonly<Record<string, string>>,
  { modes, isSame }: { modes: Modes; isSame(folder: string): Promise<boolean> },
): Promise<void> {
  if (await isSame(folder)) return;
  await makeFolders(dirname(folder), modes);
  const made = join(dirname(folder), `.${basename(folder)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    await makeFolders(made, modes);
    for (const [name, text] of Object.entries(files)) await writeSynced(join(made, name), text, modes);
    await syncFolder(made);
    // What is there has other bytes than its name says: nobody can use it.
    await removeTree(folder);
    await renameFile(made, folder);
  } catch (error) {
    await removeTree(made).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(folder));
}

/** True when something was there. */
export async function removeTree(path: string): Promise<boolean> {
  const was = await new Promise<boolean>((resolve) => fs.lstat(path, (error) => resolve(error === null)));
  if (was)
    await new Promise<void>((resolve, reject) =>
      fs.rm(path, { recursive: true, force: true, maxRetries: 3 }, (error) => (error ? reject(error) : resolve())),
    );
  return was;
}

/** Takes a folder away when nothing is in it. */
export async function removeEmpty(folder: string): Promise<void> {
  await new Promise<void>((resolve) => fs.rmdir(folder, () => resolve()));
}

/** What writers that were killed left beside the files of a folder. Only for who holds the store's lock. */
export async function sweepTemporary(folder: string): Promise<void> {
  const left = (await ignoring("ENOTDIR", () => namesIn(folder))) ?? [];
  for (const name of left) if (/^\..+\.[0-9a-f]{12}\.tmp$/.test(name)) await removeTree(join(folder, name));
}

export async function makeFolders(folder: string, { folder: mode }: Modes): Promise<void> {
  const first = await new Promise<string | undefined>((resolve, reject) =>
    fs.mkdir(folder, { recursive: true, mode }, (error, made) => (error ? reject(error) : resolve(made))),
  );
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

async function writeSynced(path: string, text: string, { file: mode }: Modes): Promise<void> {
  const fd = await new Promise<number>((resolve, reject) =>
    fs.open(path, "wx", mode, (error, opened) => (error ? reject(error) : resolve(opened))),
  );
  try {
    await writeAll(fd, Buffer.from(text));
    await syncFile(fd);
  } finally {
    await closeFile(fd);
  }
}

/** Whether a name is taken by anything but a folder of its own; undefined when nothing is there. */
export async function folderAt(path: string): Promise<boolean | undefined> {
  return await new Promise((resolve, reject) =>
    fs.lstat(path, (error, stats) => {
      if (error === null) resolve(stats.isDirectory());
      else if (errnoOf(error) === "ENOENT") resolve(undefined);
      else reject(error);
    }),
  );
}
