/** The test files of a plugin's folder: `*.test.ts` and its kin, not those of packages and of other plugins inside. */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { GantryError } from "../contract/errors.ts";

const testName = /\.test\.(?:[cm]?ts|[cm]?js)$/;
const skipped = new Set(["node_modules", "dist"]);
const maxFiles = 500;
const maxFolders = 5_000;

/** Absolute, sorted. PLUGIN_INVALID when there is none, or too much to look through. */
export async function findTests(folder: string): Promise<string[]> {
  const found: string[] = [];
  const waiting = [folder];
  for (let looked = 0; waiting.length > 0; looked++) {
    const next = waiting.pop() ?? folder;
    for (const entry of await entriesOf(next, folder)) {
      const file = path.join(next, entry.name);
      if (entry.isDirectory() && !skipped.has(entry.name) && !entry.name.startsWith(".")) waiting.push(file);
      else if (entry.isFile() && testName.test(entry.name)) found.push(file);
    }
    if (looked > maxFolders || found.length > maxFiles)
      throw new GantryError(
        "PLUGIN_INVALID",
        `${folder} has more than ${maxFolders} folders or ${maxFiles} test files: is it a plugin's?`,
      );
  }
  if (found.length === 0)
    throw new GantryError(
      "PLUGIN_INVALID",
      `${folder} has no tests: a test is a file named *.test.ts, for instance test/plugin.test.ts`,
    );
  return found.sort();
}

async function entriesOf(folder: string, top: string) {
  return await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (folder !== top) return [];
    throw new GantryError("PLUGIN_INVALID", `${folder} cannot be read: ${error.message}`, { cause: error });
  });
}
