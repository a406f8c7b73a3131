/** A folder of the user's: read where it is when its packages are there, else copied and completed. Nothing is written into it. */
import { copyFile, lstat, mkdir, readdir, readlink, realpath, symlink } from "node:fs/promises";
import path from "node:path";
import type { FetchedSource, FetchParts } from "../fetch.ts";
import { maxFetchedBytes, maxFetchedFiles } from "../limits.ts";
import { installDependencies, missingDependencies } from "./dependencies.ts";
import { tooLargeError } from "./tree-size.ts";

export async function fetchFolder(
  { folder: given }: { folder: string },
  parts: FetchParts,
): Promise<Pick<FetchedSource, "folder" | "resolved">> {
  const folder = await realpath(given);
  if ((await missingDependencies(folder)).length === 0) return { folder, resolved: folder };
  const copy = path.join(parts.scratch, "plugin");
  await copyTree(folder, copy, parts.signal);
  await installDependencies(copy, parts);
  return { folder: copy, resolved: folder };
}

const notCopied = new Set(["node_modules", ".git"]);

async function copyTree(from: string, to: string, signal: AbortSignal): Promise<void> {
  const left = { files: maxFetchedFiles, bytes: maxFetchedBytes };
  const waiting = [""];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    signal.throwIfAborted();
    await mkdir(path.join(to, at), { recursive: true });
    for (const entry of await readdir(path.join(from, at), { withFileTypes: true })) {
      const name = path.join(at, entry.name);
      if (notCopied.has(entry.name)) continue;
      if (entry.isDirectory()) waiting.push(name);
      else await copyEntry(path.join(from, name), path.join(to, name), left);
    }
  }
}

/** Links stay links: where they lead is judged by the bundler. Sockets and devices are left out. */
async function copyEntry(from: string, to: string, left: { files: number; bytes: number }): Promise<void> {
  const stats = await lstat(from);
  left.files -= 1;
  left.bytes -= stats.size;
  if (left.files < 0 || left.bytes < 0) throw tooLargeError(`The folder is too large to be copied, at ${from}`);
  if (stats.isSymbolicLink()) await symlink(await readlink(from), to);
  else if (stats.isFile()) await copyFile(from, to);
}
