/** Folders for what is in flight: fetched sources, half-made bundles. Named after their process, so that those of the dead can be swept. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { ignoring, namesIn, statFile } from "../session/disk.ts";
import { findProcess } from "../session/process-start.ts";
import { stagingFolder } from "./layout.ts";
import { makeFolders, own, removeTree } from "./write-whole.ts";

/** Of another machine's process nothing can be known but how old its folder is. */
const mostAgeMs = 24 * 3600 * 1000;

export interface Staging {
  folder: string;
  remove(): Promise<void>;
}

export async function makeStaging(dataHome: string): Promise<Staging> {
  const self = await findProcess(process.pid);
  const name = `${hostMark()}-${process.pid}-${self?.started ?? "0"}-${randomBytes(6).toString("hex")}`;
  const folder = join(stagingFolder(dataHome), name);
  await makeFolders(folder, own);
  return { folder, remove: async () => void (await removeTree(folder)) };
}

export async function sweepStaging(dataHome: string): Promise<void> {
  const root = stagingFolder(dataHome);
  for (const name of await namesIn(root)) if (await isLeft(join(root, name), name)) await removeTree(join(root, name));
}

async function isLeft(path: string, name: string): Promise<boolean> {
  const [, host, pid, started] = /^([a-z0-9]*)-(\d+)-(\d+)-[0-9a-f]{12}$/.exec(name) ?? [];
  if (host !== hostMark()) {
    const stats = await ignoring("ENOENT", () => statFile(path));
    return stats !== undefined && Date.now() - stats.mtimeMs > mostAgeMs;
  }
  const found = await findProcess(Number(pid));
  return found === undefined || (found.started !== undefined && found.started !== started);
}

const hostMark = (): string =>
  hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "")
    .slice(0, 24);
