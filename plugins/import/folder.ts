/** Names in folders of other agents' config: commands, agents, skills, rule files. */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { type At, type Finding, type FindingKind, notInThisBuild } from "./findings.ts";

/** More are counted, and not read. */
export const mostFiles = 500;

/** Sorted. Empty where there is no such folder. */
export async function filesIn(folder: string, ending: RegExp): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .flatMap((entry) => (!entry.isDirectory() && ending.test(entry.name) ? [path.join(folder, entry.name)] : []))
    .sort();
}

/** Files of this ending in the folder and two levels below it, relative to it and without the ending. */
async function namesBelow(folder: string, ending: RegExp, depth = 2): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    if (found.length > mostFiles) break;
    if (!entry.isDirectory() && ending.test(entry.name)) found.push(entry.name.replace(ending, ""));
    else if (entry.isDirectory() && depth > 0 && !["node_modules", ".git"].includes(entry.name))
      found.push(
        ...(await namesBelow(path.join(folder, entry.name), ending, depth - 1)).map((name) => `${entry.name}/${name}`),
      );
  }
  return found;
}

interface Kind {
  kind: FindingKind;
  /** In the plural. */
  words: string;
  ending: RegExp;
  why: string;
}

/** One line for a folder with anything in it: how many, and their names. */
export async function countedFolder(
  folder: string,
  layer: At["layer"],
  { kind, words, ending, why }: Kind,
): Promise<Finding[]> {
  const names = await namesBelow(folder, ending);
  if (names.length === 0) return [];
  const shown = names.map((name) => name.replace(/\/SKILL$/, "")).join(", ");
  return [notInThisBuild({ kind, what: `${names.length} ${words}: ${shown}`, source: `${folder}:1`, layer, why })];
}
