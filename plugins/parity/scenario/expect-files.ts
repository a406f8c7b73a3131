/** Files after a step: absent, with this whole text, or with a text that passes checks. Nothing is followed out of the scenario's folders. */
import { lstat, realpath } from "node:fs/promises";
import path from "node:path";
import { checkText } from "./expect-text.ts";
import { boundedCheck } from "./expression.ts";
import type { Failure } from "./failure.ts";
import type { FileExpectation, Place } from "./format.ts";
import { openRegular } from "./regular-file.ts";

const mostBytes = 8 * 1024 * 1024;

export async function checkFiles(
  wanted: Readonly<Record<string, FileExpectation>> | undefined,
  { folder, home, place }: { folder: string; home: string; place: Place },
): Promise<Failure[]> {
  const checked = Object.entries(wanted ?? {}).map(async ([name, expected]) => {
    const file = name.startsWith("~/") ? path.join(home, name.slice(2)) : path.join(folder, name);
    return await checkFile(expected, { name, file, folders: [folder, home], place: [...place, name] });
  });
  return (await Promise.all(checked)).flat();
}

async function checkFile(
  expected: FileExpectation,
  { name, file, folders, place }: { name: string; file: string; folders: readonly string[]; place: Place },
): Promise<Failure[]> {
  const found = await textOf(file, folders);
  if (expected === "absent")
    return found === undefined ? [] : [{ place, what: `${name} should not be there`, wanted: "absent", found: wordsOf(found) }];
  if (found === undefined) return [{ place, what: `${name} should be there`, wanted: "a file", found: "absent" }];
  if (typeof found !== "string")
    return [{ place, what: `${name} should be a file to read`, wanted: "a file", found: found.what }];
  const checks = typeof expected === "string" ? { equals: expected } : expected;
  return boundedCheck(place, () => checkText(checks, { text: found, subject: name, place }));
}

async function textOf(file: string, folders: readonly string[]): Promise<string | { what: string } | undefined> {
  try {
    if (!(await staysIn(path.dirname(file), folders)))
      return { what: "a link on its path leads out of the scenario's folders" };
    const stats = await lstat(file);
    if (stats.isDirectory()) return { what: "a folder" };
    if (!stats.isFile()) return { what: "no regular file" };
    if (stats.size > mostBytes) return { what: `a file of ${stats.size} bytes, more than is read` };
    const handle = await openRegular(file);
    if (handle === undefined) return { what: "no regular file" };
    try {
      return (await handle.readFile()).toString("utf8");
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return code === "ENOENT" || code === "ENOTDIR" ? undefined : { what: code };
  }
}

/** Whether a folder, with all links on its path followed, is one of these or below one. */
async function staysIn(folder: string, folders: readonly string[]): Promise<boolean> {
  const real = await realpath(folder);
  const roots = await Promise.all(folders.map(async (root) => await realpath(root)));
  return roots.some((root) => real === root || real.startsWith(`${root}${path.sep}`));
}

function wordsOf(found: string | { what: string }): string {
  return typeof found === "string" ? `a file of ${found.length} characters` : found.what;
}
