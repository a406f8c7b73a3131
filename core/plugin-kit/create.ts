/** Writes a starter plugin into a new folder: name checked, nothing overwritten, all of it or nothing. */
import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { GantryError, messageOf } from "../contract/errors.ts";
import { distFolder } from "../dist-folder.ts";
import { checkPluginName, toolPrefix } from "./plugin-name.ts";

/** Beside this file in the sources; copied into dist/ by the build. */
const starterFolder =
  path.basename(import.meta.dirname) === "dist" ? path.join(distFolder, "starter") : path.join(import.meta.dirname, "starter");

export interface CreatedPlugin {
  /** Absolute. */
  folder: string;
  /** Relative to it, sorted. */
  files: string[];
}

/** `folder` is absolute; what is above it is made. PLUGIN_INVALID for the name, PLUGIN_EXISTS when something is there, PLUGIN_STORE_FAILED. */
export async function createPlugin({ name, folder }: { name: string; folder: string }): Promise<CreatedPlugin> {
  checkPluginName(name);
  await refuseExisting(folder);
  const draft = await makeDraft(path.dirname(folder)).catch((error: unknown) => {
    throw new GantryError("PLUGIN_STORE_FAILED", `${folder} cannot be written: ${messageOf(error)}`, { cause: error });
  });
  try {
    const files = await writeStarter(draft, name);
    // Takes the place of an empty folder, and of nothing else: one that was filled meanwhile is kept.
    await rename(draft, folder).catch(async (error: unknown) => {
      await refuseExisting(folder);
      throw error;
    });
    return { folder, files };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function makeDraft(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  return await mkdtemp(path.join(parent, ".gantry-new-"));
}

async function writeStarter(draft: string, name: string): Promise<string[]> {
  const entries = await readdir(starterFolder, { recursive: true, withFileTypes: true });
  const written = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => {
      const source = path.join(entry.parentPath, entry.name);
      const file = path.relative(starterFolder, source).replace(/^gitignore$/, ".gitignore");
      await mkdir(path.dirname(path.join(draft, file)), { recursive: true });
      await writeFile(path.join(draft, file), named(await readFile(source, "utf8"), name), { flag: "wx" });
      return file;
    });
  return (await Promise.all(written)).sort();
}

function named(text: string, name: string): string {
  return text.replaceAll("starter-plugin", name).replaceAll("StarterPlugin", toolPrefix(name));
}

async function refuseExisting(folder: string): Promise<void> {
  const there = await whatIsThere(folder);
  if (there !== undefined)
    throw new GantryError("PLUGIN_EXISTS", `${folder} ${there}; nothing was written`, { detail: { folder } });
}

/** Undefined for nothing and for an empty folder. */
async function whatIsThere(folder: string): Promise<string | undefined> {
  const stat = await lstat(folder).catch(ignoreMissing);
  if (stat === undefined) return undefined;
  if (!stat.isDirectory()) return stat.isSymbolicLink() ? "is a symbolic link" : "is a file";
  const names = (await readdir(folder)).sort();
  if (names.length === 0) return undefined;
  const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
  return `is not empty: it has ${names.slice(0, 5).join(", ")}${more}`;
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}
