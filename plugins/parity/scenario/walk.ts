/** The regular files below a folder. No link is followed or taken, and what stands there is bounded before it is gone through. */
import type { Dirent } from "node:fs";
import { opendir } from "node:fs/promises";
import path from "node:path";

export interface WalkOptions {
  /** How the names of the files end. */
  ending: string;
  mostFiles: number;
  /** Of all kinds, those that are left out too. */
  mostEntries: number;
  /** Folders of this name are not gone into. */
  skips(folder: string): boolean;
}

interface Walked {
  /** Sorted. */
  files: string[];
  /** There is more than one of the bounds allows; the files are the first that were found. */
  isCut: boolean;
}

/** Rejects where the folder itself cannot be read; one below it that cannot is passed over. */
export async function walkFiles(folder: string, { ending, mostFiles, mostEntries, skips }: WalkOptions): Promise<Walked> {
  const files: string[] = [];
  let entries = 0;
  const queue = [folder];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const found = await readFolder(next, mostEntries - entries).catch((error: unknown) => {
      if (next === folder) throw error;
      return [];
    });
    entries += found.length;
    for (const entry of found) {
      const place = path.join(next, entry.name);
      if (entry.isDirectory() && !skips(entry.name)) queue.push(place);
      if (!entry.isFile() || !entry.name.endsWith(ending)) continue;
      if (files.length === mostFiles) return { files: files.sort(), isCut: true };
      files.push(place);
    }
    if (entries > mostEntries) return { files: files.sort(), isCut: true };
  }
  return { files: files.sort(), isCut: false };
}

/** At most one more than `most`: a folder is not held whole before it is known how large it is. */
async function readFolder(folder: string, most: number): Promise<Dirent[]> {
  const found: Dirent[] = [];
  for await (const entry of await opendir(folder)) {
    found.push(entry);
    if (found.length > most) break;
  }
  return found;
}
