/**
 * Names in folders of other agents' config: commands, agents, skills, rule files. Never more than a bounded number of entries
 * and levels, and never behind a link that leads out: a project comes from anywhere, and its links may lead to all of the disk.
 */
import { lstat, opendir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { type At, type Finding, type FindingKind, notInThisBuild } from "./findings.ts";
import { shownText } from "./shown.ts";
import { isInside, isMissing } from "./source-file.ts";

/** More are told, and not read. */
export const mostFiles = 500;
const mostEntries = 5000;

export interface Wanted {
  /** Of names of files. */
  ending: RegExp;
  /** Levels below the folder; 0: it alone. */
  depth?: number;
  /** A real folder that no link may lead out of: of a project's folder the project, of the user's own the agent's. Absent: only the folder itself may be a link. */
  within?: string | undefined;
}

export interface Listing {
  /** Below the folder, sorted; at most `mostFiles`. */
  files: string[];
  /** `folder:1: …`, where some may be missing. What may hold a deny is broken then, and stops --write. */
  problem?: string;
}

/** Only what is not there is absent: a folder that cannot be read has a problem. */
export async function listFiles(folder: string, { ending, depth = 0, within }: Wanted): Promise<Listing> {
  const problems: string[] = [];
  const files: string[] = [];
  let left = mostEntries;
  const look = async (below: string, levels: number): Promise<void> => {
    for await (const entry of await opendir(path.join(folder, below))) {
      const name = path.join(below, entry.name);
      if (left-- <= 0 || files.length >= mostFiles) return;
      const linked = entry.isSymbolicLink() ? await kindBehind(path.join(folder, name)) : undefined;
      if (entry.isDirectory()) {
        if (levels > 0 && !skipped.includes(entry.name)) await look(name, levels - 1).catch((error) => tell(name, error));
      } else if (linked === "folder" && depth > 0) problems.push(`${name} is a link to a folder, and is not followed`);
      else if (linked !== "folder" && ending.test(entry.name)) files.push(name);
    }
  };
  const tell = (name: string, error: unknown): void => {
    if (!isMissing(error)) problems.push(`${name === "" ? "it" : name} cannot be read: ${reasonOf(error)}`);
  };
  const closed = await closedWords(folder, within);
  if (closed === undefined) await look("", depth).catch((error) => tell("", error));
  else if (closed !== "") problems.push(closed);
  if (left < 0) problems.push(`it has more than ${mostEntries} entries, and is not read to its end`);
  if (files.length >= mostFiles) problems.push(`at most ${mostFiles} of its files are read`);
  const [first] = problems;
  return { files: files.toSorted(), ...(first === undefined ? {} : { problem: `${folder}:1: ${first}` }) };
}

const skipped = ["node_modules", ".git"];

/** Why it is not opened; empty where nothing is there. */
async function closedWords(folder: string, within: string | undefined): Promise<string | undefined> {
  try {
    const real = await realpath(folder);
    if (within !== undefined && !isInside(real, within)) return `it is a link to a place outside ${within}, and is not read`;
    return (await stat(real)).isDirectory() ? undefined : "";
  } catch (error) {
    if (!isMissing(error)) return `it cannot be read: ${reasonOf(error)}`;
    const isLink = await lstat(folder).then(
      (stats) => stats.isSymbolicLink(),
      () => false,
    );
    return isLink ? "it is a link to nothing" : "";
  }
}

async function kindBehind(link: string): Promise<"folder" | "other"> {
  return await stat(link).then(
    (stats) => (stats.isDirectory() ? "folder" : "other"),
    () => "other",
  );
}

function reasonOf(error: unknown): string {
  return shownText(error instanceof Error ? error.message : String(error));
}

/** Whole paths, sorted, of the folder alone. Of what counts use `listFiles`, which says what is missing. */
export async function filesIn(folder: string, ending: RegExp, within?: string): Promise<string[]> {
  const { files } = await listFiles(folder, { ending, within });
  return files.map((name) => path.join(folder, name));
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
  within?: string,
): Promise<Finding[]> {
  const { files, problem } = await listFiles(folder, { ending, depth: 2, within });
  if (files.length === 0 && problem === undefined) return [];
  const shown = files.map((name) => path.join(path.dirname(name), path.basename(name).replace(ending, "")));
  const names = shown.map((name) => name.replace(/\/(?:SKILL|gemini-extension)$/, "")).join(", ");
  const left = problem?.slice(`${folder}:1: `.length);
  const what = files.length === 0 ? `${words} in ${path.basename(folder)}` : `${counted(files.length, words)}: ${names}`;
  return [
    notInThisBuild({
      kind,
      what,
      source: `${folder}:1`,
      layer,
      why: left === undefined ? why : `${why}; of the folder: ${left}`,
    }),
  ];
}

/** `words` is a plural in s. */
export function counted(count: number, words: string): string {
  return `${count} ${count === 1 ? words.replace(/s$/, "") : words}`;
}
