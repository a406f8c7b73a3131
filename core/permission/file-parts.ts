/** The files of a shell line as parts: what its redirections write or read, what programs are told to read or to change. */
import { basename, dirname } from "node:path";
import { printable } from "../contract/printable.ts";
import { firstKept, isInside, namesIn } from "./files/confined-path.ts";
import { filesOfPattern } from "./files/file-patterns.ts";
import type { Ground } from "./ground.ts";
import type { Part } from "./parts.ts";
import { parseTextGlob, textMatches } from "./patterns/text-glob.ts";
import type { RuledTool } from "./rules/rule.ts";
import type { ShellCommand, ShellLine, ShellRead } from "./shell/facts.ts";
import { placesOf } from "./shell/folders.ts";
import { readRows, showsFiles } from "./shell/known-reads.ts";
import { pathSubjectOf, type Subject } from "./subject.ts";

type FilePart = Omit<Part, "input" | "whole">;

interface Around {
  commands: readonly ShellCommand[];
  cwd: string;
  ground: Ground;
}

const fileField = { kind: "path", field: "file_path" } as const;
/** What a redirection counts as, and what a known reader does. */
const editTool: RuledTool = { name: "Edit", effect: "writes", subject: fileField };
const readTool: RuledTool = { name: "Read", effect: "reads", subject: fileField };

/** More files than this behind one pattern are not looked at one by one: asked. */
const maxGlobbed = 100;
const whichIsRead = "which file it reads is known only when it runs";

/** In the order written: redirections, then what is read by name, then what is changed by name. */
export async function filesOf(line: ShellLine, around: Around): Promise<FilePart[]> {
  const { cwd, ground } = around;
  const files: FilePart[] = [];
  for (const { target, text, append, from } of line.writes) {
    const subject =
      target === undefined
        ? unknown(text, "which file it writes is known only when it runs")
        : await pathSubjectOf(target, await folderOf(from, cwd, ground), ground);
    // After a `cd` a name stands for a file in more than one folder.
    const isOne = line.writes.filter((write) => write.text === text).length === 1;
    const shown = `${append ? ">>" : ">"} ${isOne ? printable(text) : subject.shown}`;
    files.push({ text: shown, role: "write", tool: editTool, subject, within: [] });
  }
  for (const read of line.reads) {
    const subjects = await readSubjects(read, cwd, ground);
    const byName = subjects.map((subject) => readByName(read.text, subject));
    const text = `< ${printable(read.text)}`;
    files.push(...(read.byArgument ? byName : byName.map((part): FilePart => ({ ...part, text, role: "read" }))));
  }
  return [
    ...files,
    ...(await openReads(line, around)),
    ...(await movedReads(line, around)),
    ...(await keptInTrees(line, around)),
    ...(ground.restrictsPaths ? await changedByName(line, around) : []),
    ...(await readsOfAny(around)),
  ];
}

/** Where relative paths start: the call's folder, or where `cd` leads, links followed. */
async function folderOf(from: string | undefined, cwd: string, ground: Ground): Promise<string> {
  const folder = from === undefined ? undefined : await pathSubjectOf(from, cwd, ground);
  return folder?.kind === "path" ? folder.real : cwd;
}

/** A path that another command of the line may make mean another file: what it names now says nothing. */
async function movedReads(line: ShellLine, { cwd, ground }: Around): Promise<FilePart[]> {
  if (line.moves.length === 0) return [];
  // Only `a && b; c` on one level runs in the order written.
  const isInOrder = !/[|&(){}`\n]|\bdo\b/.test(line.text.replace(/&&|\|\|/g, ""));
  const place = async (file: ShellRead) =>
    file.target === undefined ? undefined : await pathSubjectOf(file.target, await folderOf(file.from, cwd, ground), ground);
  const parts: FilePart[] = [];
  for (const read of line.reads) {
    const subject = await place(read);
    if (subject?.kind !== "path") continue;
    const spellings = subject.spellings;
    for (const move of line.moves) {
      if (move.by === read.by || (isInOrder && (move.by ?? 0) > (read.by ?? 0))) continue;
      const moved = await place(move);
      // What holds the folder itself stays where it is.
      const isBelow =
        moved?.kind !== "path" ||
        moved.spellings.some((path) => !isInside(path, cwd) && spellings.some((spelling) => isInside(path, spelling)));
      if (isBelow) parts.push(readByName(read.text, unknown(read.text, `${printable(move.text)} may make it another file`)));
    }
  }
  return parts;
}

/** What rules or the secrets table keep, below folders of which all is read. */
async function keptInTrees(line: ShellLine, { cwd, ground }: Around): Promise<FilePart[]> {
  const parts: FilePart[] = [];
  for (const { target, text, from, skipsHidden } of line.trees) {
    const subject = target === undefined ? undefined : await pathSubjectOf(target, await folderOf(from, cwd, ground), ground);
    if (subject?.kind !== "path") continue;
    const kept = await firstKept(subject.real, ground.hides, { skipsHidden });
    if (kept === undefined || (kept === "too many" && !ground.restrictsPaths)) continue;
    const why =
      kept === "too many"
        ? `it reads all below ${subject.shown}, which is too much to look for files that are kept from reads`
        : `it reads all below ${subject.shown}, and ${printable(kept)} is kept from reads`;
    const isKept = kept === "too many" ? {} : { isKept: true as const };
    parts.push(readByName(text, { kind: "unknown", shown: printable(text), why, ...isKept }));
  }
  return parts;
}

/** A deny or ask rule for every Read holds for what known readers list, and for what git reads; files by name are parts already. */
async function readsOfAny({ commands, cwd, ground }: Around): Promise<FilePart[]> {
  const isRuled = [...ground.deny.of(readTool), ...ground.ask.of(readTool)].some(({ rule }) => rule.match.kind === "tool");
  if (!isRuled) return [];
  const listing = commands.filter(({ words }) => isListing(words));
  const here = listing.length === 0 ? undefined : await pathSubjectOf(".", cwd, ground);
  return listing.flatMap(({ text }) => (here === undefined ? [] : [readByName(text, here)]));
}

function isListing([program = "", ...args]: readonly string[]): boolean {
  const name = program.slice(program.lastIndexOf("/") + 1);
  const sub = name === "git" ? `git ${args.find((arg) => !arg.startsWith("-")) ?? ""}` : name;
  const row = Object.hasOwn(readRows, sub) ? readRows[sub] : undefined;
  const isTree =
    /^(?:[ru]g|ag|ack|rgrep|fd|fdfind|git grep|git show)$/.test(sub) ||
    (/grep$/.test(name) && args.some((arg) => /^-[a-zA-Z]*[rR]|^--(?:deref.*-)?rec/.test(arg)));
  return isTree || (row?.names === "places" && name !== "cd" && name !== "test" && name !== "[") || row?.git === true;
}

function readByName(text: string, subject: Subject): FilePart {
  return { text: `${printable(text)} (read by name)`, role: "argument", tool: readTool, subject, within: [] };
}

/**
 * Words of programs that show files, which the shell would still expand: they may name a file that no rule for the program
 * opens. Braces and patterns are looked up; of other words nobody knows, and somebody is asked where that could matter.
 */
async function openReads(line: ShellLine, around: Around): Promise<FilePart[]> {
  const parts: FilePart[] = [];
  for (const { words, open, reads } of around.commands) {
    const kind = reads === false ? kindOfReader(words[0] ?? "") : undefined;
    if (kind === undefined) continue;
    for (const { at, patterns, isNoFlag } of open) {
      const isScript =
        kind === "behind first" && isNoFlag && words.findIndex((word, index) => index > 0 && !word.startsWith("-")) === at;
      const text = words[at] ?? "";
      // A pattern in the last name alone has been looked up with what the line reads.
      const isSeen = line.reads.some((read) => read.isGlob && read.text === text) && !/[*?[{].*\//s.test(text);
      if (isScript || isSeen) continue;
      const subjects = (patterns && (await subjectsOf(patterns, line, around))) ?? [unknown(text, whichIsRead)];
      const isKnown = subjects.every((subject) => subject.kind !== "unknown");
      if (isKnown || kind === "content" || around.ground.restrictsPaths)
        parts.push(...subjects.map((subject) => readByName(text, subject)));
    }
  }
  if (around.ground.restrictsPaths)
    for (const look of line.looks)
      if (look.isContent === true) parts.push(readByName(look.text, unknown(look.text, whichIsRead)));
  return parts;
}

function kindOfReader(program: string): "content" | "behind first" | "other" | undefined {
  const name = program.slice(program.lastIndexOf("/") + 1);
  const row = Object.hasOwn(readRows, name) ? readRows[name] : undefined;
  if (row?.names === "content" || row?.names === "behind first") return row.names;
  return row === undefined && showsFiles(name) ? "other" : undefined;
}

/** What programs are told to change, as far as it can be known; nothing is asked for the rest. */
async function changedByName(line: ShellLine, around: Around): Promise<FilePart[]> {
  const parts: FilePart[] = [];
  for (const change of line.changes) {
    const { text, patterns } = change;
    const subjects = await (patterns === undefined
      ? readSubjects(change, around.cwd, around.ground)
      : subjectsOf(patterns, line, around));
    for (const subject of subjects ?? [])
      if (subject.kind === "path")
        parts.push({ text: `${printable(text)} (changed by name)`, role: "argument", tool: editTool, subject, within: [] });
  }
  return parts;
}

/** Undefined when they cannot all be found. After `cd`, a relative name stands where the line was before, or after. */
async function subjectsOf(patterns: readonly string[], { folders }: ShellLine, { cwd, ground }: Around) {
  const places = placesOf(folders);
  if (places === undefined) return undefined;
  const found: Subject[] = [];
  for (const place of [undefined, ...places]) {
    const start = await folderOf(place, cwd, ground);
    const subjectAt = (path: string) => pathSubjectOf(path, start, ground);
    const realOf = async (path: string) => {
      const subject = await subjectAt(path);
      return subject.kind === "path" ? subject.real : undefined;
    };
    for (const pattern of patterns) {
      const files = await filesOfPattern(pattern, realOf);
      if (files === undefined || found.length > maxGlobbed) return undefined;
      for (const file of files) found.push(await subjectAt(file));
    }
  }
  return found;
}

async function readSubjects(read: ShellRead, cwd: string, ground: Ground): Promise<Subject[]> {
  const { target, text, isGlob, from } = read;
  if (target === undefined) return [unknown(text, whichIsRead)];
  const folder = await pathSubjectOf(isGlob ? dirname(target) : target, await folderOf(from, cwd, ground), ground);
  if (!isGlob || folder.kind === "refused") return [folder];
  const names = await namesIn(folder.real);
  if (names === undefined) return [unknown(text, "the files that its pattern stands for cannot be looked at")];
  const glob = parseTextGlob(basename(target).replaceAll("?", "*"));
  const hidden = basename(target).startsWith(".");
  const found = names.filter((name) => name.startsWith(".") === hidden && textMatches(glob, name, { strict: true }));
  if (found.length > maxGlobbed) return [unknown(text, `its pattern stands for ${found.length} files`)];
  const files = await Promise.all(found.map((name) => pathSubjectOf(`${folder.real}/${name}`, cwd, ground)));
  return [folder, ...files];
}

function unknown(text: string, why: string): Subject {
  return { kind: "unknown", shown: printable(text), why };
}
