/** What a command reads by its arguments, and whether it is known to only read (known-reads.ts). */

import type { ShellCommand, ShellRead } from "./facts.ts";
import { readFlags } from "./flags.ts";
import { alsoReads, type ReadRow, readRows } from "./known-reads.ts";
import { inert } from "./program-table.ts";
import type { ShellWord } from "./word.ts";

export interface ReadingOfCommand {
  reads: ShellCommand["reads"];
  files: readonly ShellRead[];
  looks: readonly ShellRead[];
}

const nothing: ReadingOfCommand = { reads: false, files: [], looks: [] };

export function readsOf(words: readonly ShellWord[]): ReadingOfCommand {
  const [program, ...args] = words;
  const name = program?.value ?? "";
  const bare = name.slice(name.lastIndexOf("/") + 1);
  if (name === "git") return gitReads(args);
  const row = rowOf(bare);
  if (row === undefined) return alsoReads.has(bare) ? { reads: false, files: allNamed(args), looks: [] } : nothing;
  const read = readBy(row, bare === "[" ? args.slice(0, -1) : args, inert.has(bare));
  if (read !== undefined && name === bare) return read;
  const isContent = row.names === "content" || row.names === "behind first";
  return {
    reads: false,
    files: read?.files ?? (isContent ? allNamed(row.names === "content" ? args : behindFirst(args)) : []),
    looks: [],
  };
}

function rowOf(name: string): ReadRow | undefined {
  return Object.hasOwn(readRows, name) ? readRows[name] : undefined;
}

function gitReads(args: readonly ShellWord[]): ReadingOfCommand {
  const at = args.findIndex(({ value }) => !/^(?:--no-pager|-P|--no-optional-locks|--literal-pathspecs)$/.test(value));
  const sub = args[at];
  if (at === -1 || sub === undefined) return nothing;
  if (/^(?:--version|-v|version)$/.test(sub.value) && args.length === at + 1) return { reads: true, files: [], looks: [] };
  const row = sub.isLiteral ? rowOf(`git ${sub.value}`) : undefined;
  return row === undefined ? nothing : (readBy(row, args.slice(at + 1)) ?? nothing);
}

const mark = "\0";

/** Undefined when an argument is not one of the row's. */
function readBy(row: ReadRow, args: readonly ShellWord[], isInert = false): ReadingOfCommand | undefined {
  const isText = row.names === "words" && row.git === undefined;
  // A word that only the shell knows stands for itself: it can be told from every literal word.
  const values = args.map((word, at) => (word.isLiteral ? word.value : `${mark}${at}`));
  const unknown = args.find((word) => !word.isLiteral && !isReadable(word, { isText, isHarmless: isText || isInert }));
  if (unknown !== undefined) return undefined;
  const isEcho = isText && row.flags === "" && row.valued === undefined;
  const read = isEcho ? { all: values, names: values, values: [], isMixed: false } : readFlags(values, row);
  if (typeof read === "string" || row.objects?.(read) === true) return undefined;
  const isScripted = row.scripts !== undefined && read.values.some(({ flag }) => row.scripts?.includes(flag));
  const names = row.names === "behind first" && !isScripted ? read.names.slice(1) : read.names;
  if (row.names === "behind first" && !isScripted && read.names[0]?.startsWith(mark)) return undefined;
  const files = names.flatMap((name) => fileOf(name, args, isText || row.git === true));
  const isContent = row.names === "content" || row.names === "behind first";
  return {
    reads: row.git === true ? "git" : row.idle === true ? "idle" : true,
    files: isContent ? files : [],
    looks: isContent ? [] : files,
  };
}

/**
 * A word whose files can be found. `isHarmless`: no flag of the program is dangerous, so that a pattern may become one.
 * Words that are only printed may hold anything but a pattern whose files are not known.
 */
function isReadable(word: ShellWord, { isText, isHarmless }: { isText: boolean; isHarmless: boolean }): boolean {
  if (word.path !== undefined) return !word.isGlob || word.isNoFlag || isHarmless;
  return isText && !/[*?[{~]/.test(word.text.replace(/"[^"]*"/g, ""));
}

/** Of words that are only printed or looked up, a pattern shows names of files. */
function fileOf(name: string, args: readonly ShellWord[], isText: boolean): ShellRead[] {
  if (name === "-") return [];
  const word = name.startsWith(mark) ? args[Number(name.slice(1))] : args.find((one) => one.isLiteral && one.value === name);
  if (word === undefined || (isText && !word.isGlob)) return [];
  return filesOf(word);
}

function filesOf({ path, text, isGlob, isWinding }: ShellWord): ShellRead[] {
  const file = { target: path, text, isGlob, byArgument: true };
  return isWinding ? [file, { ...file, target: undefined }] : [file];
}

function behindFirst(args: readonly ShellWord[]): readonly ShellWord[] {
  return args.slice(args.findIndex(({ value }) => !value.startsWith("-")) + 1);
}

/** Every word that may name a file, and what follows `=`, `:` or `@` in one: more than are read. */
function allNamed(args: readonly ShellWord[]): ShellRead[] {
  return args.flatMap((word) => {
    const { path, text, value, isLiteral } = word;
    const whole = path === undefined || value.startsWith("-") ? [] : filesOf(word);
    const part = isLiteral ? /^[^/]*?[=@](.+)$/s.exec(value)?.[1] : undefined;
    return part === undefined ? whole : [...whole, { target: part, text, isGlob: false, byArgument: true }];
  });
}
