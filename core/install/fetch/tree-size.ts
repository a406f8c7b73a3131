/** Keeps what is fetched within bounds while it is fetched: a small archive can unpack to anything. */
import { lstat, readdir } from "node:fs/promises";
import path from "node:path";
import { GantryError } from "../../contract/errors.ts";
import { maxFetchedBytes, maxFetchedFiles, mebibytes } from "../limits.ts";

const everyMs = 250;

export interface TreeSize {
  files: number;
  bytes: number;
}

/** Runs `task`; what it is given as signal is aborted when `folder` grows too large. PLUGIN_TOO_LARGE. */
export async function watchSize<T>(folder: string, signal: AbortSignal, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const tooLarge = new AbortController();
  let measuring: Promise<void> | undefined;
  const measure = async (): Promise<void> => {
    try {
      await requireSize(folder);
    } catch (error) {
      tooLarge.abort(error);
    }
  };
  const timer = setInterval(() => {
    measuring ??= measure().finally(() => {
      measuring = undefined;
    });
  }, everyMs);
  try {
    const result = await task(AbortSignal.any([signal, tooLarge.signal]));
    await requireSize(folder);
    return result;
  } finally {
    clearInterval(timer);
    await measuring;
  }
}

async function requireSize(folder: string): Promise<void> {
  const { files, bytes } = await sizeOf(folder);
  if (files <= maxFetchedFiles && bytes <= maxFetchedBytes) return;
  throw tooLargeError(`What was fetched has at least ${files} files and ${mebibytes(bytes)}`);
}

export function tooLargeError(what: string): GantryError {
  return new GantryError(
    "PLUGIN_TOO_LARGE",
    `${what}; at most ${maxFetchedFiles} files and ${mebibytes(maxFetchedBytes)} are taken`,
  );
}

/** Of regular files, links not followed; stops soon after a bound is passed. What vanishes meanwhile counts as nothing. */
async function sizeOf(folder: string): Promise<TreeSize> {
  const size = { files: 0, bytes: 0 };
  const waiting = [folder];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const entries = await readdir(at, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const file = path.join(at, entry.name);
      size.files += 1;
      if (entry.isDirectory()) waiting.push(file);
      else size.bytes += (await lstat(file).catch(() => undefined))?.size ?? 0;
    }
    if (size.files > maxFetchedFiles || size.bytes > maxFetchedBytes) return size;
  }
  return size;
}
