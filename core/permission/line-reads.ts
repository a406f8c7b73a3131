/** What only the disk can say of a line that would only read: is each place in reach, does a repository start programs? */
import { basename, dirname, join } from "node:path";
import { isFolder, namesIn } from "./files/confined-path.ts";
import { parseTextGlob, textMatches } from "./patterns/text-glob.ts";
import type { ShellCommand, ShellLine, ShellRead } from "./shell/facts.ts";

export interface Place {
  real: string;
  /** In reach of reads, and nothing that is kept from them. */
  isOpen: boolean;
}

/** Where a path of the call leads, or one that starts in the folder `from`; undefined when it means nothing. */
export type FindPlace = (path: string, from?: string) => Promise<Place | undefined>;

/**
 * The line, with no command as a known read when one of its places is out of reach or hidden, or a file it reads is a
 * folder. `git` becomes true where the repository's settings start nothing, and stays as it is elsewhere.
 */
export async function settleReads(parsed: ShellLine, findPlace: FindPlace): Promise<ShellLine> {
  const line = settleIdle(parsed);
  const all = line.commands.flatMap(allOf);
  // Which repository git would find is decided by the line, and it may have made it: nothing speaks of that one.
  const settled = line.folders.length > 0 && all.some(isGit) ? withoutGit(line) : line;
  if (all.every(({ reads }) => reads === false)) return settled;
  if (!(await arePlacesInReach(line, findPlace))) return withReads(settled, () => false);
  // What changes files in the same line could change the repository before git reads it.
  const readsAll = line.writes.length === 0 && settled.commands.every(({ reads }) => reads !== false);
  if (!readsAll || !all.some(({ reads }) => reads === "git")) return settled;
  const { gitObjection } = await import("./files/git-settings.ts");
  const here = await findPlace(".");
  if (here === undefined || (await gitObjection(here.real)) !== undefined) return settled;
  return withReads(settled, (reads) => reads !== false);
}

/** A line that reads nothing is no read; beside what reads, or what is decided by itself, such a command says nothing. */
function settleIdle(line: ShellLine): ShellLine {
  const all = line.commands.flatMap(allOf);
  if (!all.some(({ reads }) => reads === "idle")) return line;
  const isIdle = line.commands.every(({ reads }) => reads === "idle");
  const files = line.reads.length + line.looks.length + line.writes.length;
  return withReads(line, (reads) => (reads === "idle" ? !isIdle || files > 0 : reads));
}

function isGit({ words }: ShellCommand): boolean {
  return /(?:^|\/)git$/i.test(words[0] ?? "");
}

function withoutGit(line: ShellLine): ShellLine {
  const changed = (command: ShellCommand): ShellCommand => ({
    ...command,
    runs: command.runs.map(changed),
    ...(isGit(command) && {
      reads: false,
      uncovered: "the repository in that folder may start programs by its own settings",
    }),
  });
  return { ...line, commands: line.commands.map(changed) };
}

function allOf(command: ShellCommand): ShellCommand[] {
  return [command, ...command.runs.flatMap(allOf)];
}

function withReads(line: ShellLine, change: (reads: ShellCommand["reads"]) => ShellCommand["reads"]): ShellLine {
  const changed = (command: ShellCommand): ShellCommand => ({
    ...command,
    runs: command.runs.map(changed),
    reads: change(command.reads),
  });
  return { ...line, commands: line.commands.map(changed) };
}

async function arePlacesInReach({ looks, reads }: ShellLine, findPlace: FindPlace): Promise<boolean> {
  for (const look of looks) if (!(await isInReach(look, findPlace))) return false;
  for (const read of reads) {
    if (read.target === undefined) return false;
    if (read.byArgument && !(await isInReach(read, findPlace))) return false;
    if (read.isGlob && !(await areMatchesInReach(read.target, findPlace, read.from))) return false;
    if (!read.isGlob && (await isFolder((await findPlace(read.target, read.from))?.real ?? "/"))) return false;
  }
  return true;
}

async function isInReach({ target, isGlob, from }: ShellRead, findPlace: FindPlace): Promise<boolean> {
  if (target === undefined) return false;
  // Names that a pattern stands for are seen as names of the folder; a folder that is itself a pattern may be a link.
  const cut = isGlob ? target.lastIndexOf("/") : -1;
  const place = isGlob ? (cut === -1 ? "." : target.slice(0, cut) || "/") : target;
  if (/[*?]/.test(place) && isGlob) return false;
  return (await findPlace(place, from))?.isOpen === true;
}

/** More files than this behind one pattern are not looked at one by one. */
const maxMatches = 100;

/** Each file that a pattern stands for by its last name: it may be a link, or one that is kept from reads. */
async function areMatchesInReach(pattern: string, findPlace: FindPlace, from?: string): Promise<boolean> {
  const folder = await findPlace(dirname(pattern), from);
  const names = folder === undefined ? undefined : await namesIn(folder.real);
  if (folder === undefined || names === undefined) return false;
  const glob = parseTextGlob(basename(pattern).replaceAll("?", "*"));
  const found = names.filter((name) => textMatches(glob, name, { strict: true }));
  if (found.length > maxMatches) return false;
  for (const name of found) {
    const place = await findPlace(join(folder.real, name));
    if (place?.isOpen !== true || (await isFolder(place.real))) return false;
  }
  return true;
}
