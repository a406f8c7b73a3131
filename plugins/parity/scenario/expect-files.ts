/** Files after a step: absent, with this whole text, or with a text that passes checks. Nothing is followed out of the scenario's folders. */
import { lstat, readFile } from "node:fs/promises";
import path from "node:path";
import { checkText } from "./expect-text.ts";
import type { Failure } from "./failure.ts";
import type { FileExpectation, Place } from "./format.ts";

const mostBytes = 8 * 1024 * 1024;

export async function checkFiles(
  wanted: Readonly<Record<string, FileExpectation>> | undefined,
  { folder, home, place }: { folder: string; home: string; place: Place },
): Promise<Failure[]> {
  const checked = Object.entries(wanted ?? {}).map(async ([name, expected]) => {
    const file = name.startsWith("~/") ? path.join(home, name.slice(2)) : path.join(folder, name);
    return await checkFile(expected, { name, file, place: [...place, name] });
  });
  return (await Promise.all(checked)).flat();
}

async function checkFile(
  expected: FileExpectation,
  { name, file, place }: { name: string; file: string; place: Place },
): Promise<Failure[]> {
  const found = await textOf(file);
  if (expected === "absent")
    return found === undefined ? [] : [{ place, what: `${name} should not be there`, wanted: "absent", found: wordsOf(found) }];
  if (found === undefined) return [{ place, what: `${name} should be there`, wanted: "a file", found: "absent" }];
  if (typeof found !== "string")
    return [{ place, what: `${name} should be a file to read`, wanted: "a file", found: found.what }];
  if (typeof expected === "string") {
    return checkText({ equals: expected }, { text: found, subject: name, place });
  }
  return checkText(expected, { text: found, subject: name, place });
}

async function textOf(file: string): Promise<string | { what: string } | undefined> {
  try {
    const stats = await lstat(file);
    if (stats.isDirectory()) return { what: "a folder" };
    if (!stats.isFile()) return { what: "no regular file" };
    if (stats.size > mostBytes) return { what: `a file of ${stats.size} bytes, more than is read` };
    return await readFile(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return code === "ENOENT" || code === "ENOTDIR" ? undefined : { what: code };
  }
}

function wordsOf(found: string | { what: string }): string {
  return typeof found === "string" ? `a file of ${found.length} characters` : found.what;
}
