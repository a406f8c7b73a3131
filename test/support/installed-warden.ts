/**
 * The warden in the store of a bench: installed by the built command in the first bench of a file, and in later ones written as
 * that install left it, with their own paths. It takes a second of two cores, and each time gives the same bytes.
 */
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import { wardenFiles, wardenFlags } from "./author-plugin.ts";
import { type Bench, writeFiles } from "./cli.ts";

interface StoreFile {
  /** Relative to the store. */
  name: string;
  text: string;
  mode: number;
}

let first: { cwd: string; files: StoreFile[] } | undefined;

const storeOf = ({ home }: Bench): string => path.join(home, ".local/share/gantry");

/** warden 1.0.0, with all that it asks for, from `./warden`, which is written too. */
export async function installWarden(place: Bench): Promise<void> {
  await writeFiles(path.join(place.cwd, "warden"), wardenFiles());
  if (first !== undefined) return await writeStore(place, first);
  expect(await place.gantry(["plugins", "install", "./warden", ...wardenFlags])).toMatchObject({ exit: 0, stderr: "" });
  first = { cwd: place.cwd, files: await readStore(storeOf(place)) };
}

async function readStore(store: string): Promise<StoreFile[]> {
  const entries = await readdir(store, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return await Promise.all(
    files.map(async (file) => {
      const [text, { mode }] = await Promise.all([readFile(file, "utf8"), stat(file)]);
      return { name: path.relative(store, file), text, mode };
    }),
  );
}

async function writeStore(place: Bench, { cwd, files }: { cwd: string; files: StoreFile[] }): Promise<void> {
  for (const { name, text, mode } of files) {
    const file = path.join(storeOf(place), name);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, text.replaceAll(cwd, place.cwd), { mode });
  }
}
