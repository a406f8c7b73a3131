/** One command by its words: what it is called, what it starts, sets and reads, and what nobody can know before it runs. */

import { builtins, readBuiltin } from "./builtins.ts";
import { movesOf } from "./command-moves.ts";
import { readsOf } from "./command-reads.ts";
import { treesOf } from "./command-trees.ts";
import { writesOf } from "./command-writes.ts";
import type { OpenWord, ShellCommand, ShellLine, ShellRead, ShellTree, ShellWrite } from "./facts.ts";
import { inFolders } from "./folders.ts";
import { unseenStart } from "./unseen-starts.ts";
import { isOwnVariable, kindOfVariable } from "./variables.ts";
import { quoted, type ShellWord } from "./word.ts";
import { startedBy } from "./wrappers.ts";

/** What is found while a line is read, beside its commands. */
export interface Findings {
  /** Of redirections. */
  reads: ShellRead[];
  writes: ShellWrite[];
  /** Of programs: what they read by their arguments, and what they look at. */
  named: ShellRead[];
  looks: ShellRead[];
  changes: ShellRead[];
  moves: ShellRead[];
  trees: ShellTree[];
  /** Of commands, in the order they are written. */
  count: number;
  /** Where each `cd` leads; undefined when nobody knows. */
  folders: (string | undefined)[];
  sets?: string;
  undecided?: string;
  /** A command holds a script, and there was no parser to read it. */
  hasScript: boolean;
  /** Reads a script that a command holds; shares these findings. */
  parse?: (script: string, depth: number) => ShellCommand[];
}

export interface CommandParts {
  words: readonly ShellWord[];
  /** `NAME=value` before the name. */
  assignments: readonly { name: string; text: string }[];
  /** Of a plain line, as typed. */
  text?: string;
  depth?: number;
  /** It may run more than once, or not where it stands. */
  repeats?: boolean;
}

const maxDepth = 6;

export function newFindings(parse?: Findings["parse"]): Findings {
  return {
    ...{ reads: [], writes: [], named: [], looks: [], changes: [], moves: [], trees: [], folders: [] },
    ...{ count: 0, hasScript: false },
    ...(parse && { parse }),
  };
}

export function readCommand(parts: CommandParts, found: Findings): ShellCommand {
  const { words, assignments, depth = 0 } = parts;
  const name = words[0]?.value ?? "";
  const bare = name.slice(name.lastIndexOf("/") + 1);
  const started = startedBy(bare, words);
  const builtin = readBuiltin(bare, words);
  const assigned = judgeAssignments(parts, [...(started.sets ?? [])], found);
  for (const set of builtin.sets) noteVariable(set, found);
  if (builtin.undecided !== undefined) found.undecided ??= builtin.undecided;
  noteFolder(bare, parts, found);
  const runs = readStarted(started, parts, found);
  const reading = readsOf(words);
  const unseen = started.unseen ?? unseenStart(words);
  const why =
    nameProblem(words[0]) ??
    assigned.undecided ??
    builtin.undecided ??
    started.undecided ??
    (depth > maxDepth ? "commands in commands in commands are not looked at" : undefined);
  const by = ++found.count;
  found.named.push(...reading.files.map((file) => ({ ...file, by })));
  found.moves.push(...movesOf(bare, words).map((move) => ({ ...move, by })));
  found.trees.push(...treesOf(bare, words).map((tree) => ({ ...tree, by })));
  found.looks.push(...reading.looks);
  found.changes.push(...writesOf(bare, words));
  const isRead = why === undefined && assigned.uncovered === undefined && builtin.sets.length === 0;
  return {
    ...spell(parts, why, assigned.kept),
    words: words.map(({ value }) => value),
    open: words.flatMap(openAt),
    ...(why !== undefined && { undecided: why }),
    ...(assigned.uncovered !== undefined && { uncovered: assigned.uncovered }),
    ...(unseen !== undefined && { unseen }),
    runs,
    isTransparent: started.isTransparent,
    // Setting a variable that only the shell sees starts nothing.
    reads:
      isRead &&
      ((words.length === 0 && assignments.every(({ name: set }) => isOwnVariable(set)) && "idle") ||
        reading.reads ||
        readsBehind(bare, started.isTransparent, runs)),
  };
}

/** As the decision sees a line when all of it has been read. */
export function lineOf(text: string, commands: readonly ShellCommand[], found: Findings): ShellLine {
  const { folders, undecided, sets } = found;
  const placed = <T extends { target: string | undefined }>(files: readonly T[]) =>
    files.flatMap((file) => inFolders(file, folders));
  const [known, unknown] = [found.named.filter(isPlaced), found.named.filter((file) => !isPlaced(file))];
  return {
    ...{ text, commands, folders },
    writes: placed(found.writes),
    // A file among the arguments that only the disk can place is no reason to ask where a rule allows the command; one that
    // stands in a folder which nobody knows is.
    reads: [...placed(found.reads), ...placed(known)],
    looks: [...placed(found.looks), ...unknown.map(asContent)],
    changes: placed(found.changes).filter(({ target, patterns }) => target !== undefined || patterns !== undefined),
    moves: placed(found.moves),
    trees: placed(found.trees),
    ...(undecided !== undefined && { undecided }),
    ...(sets !== undefined && { sets }),
  };
}

function isPlaced({ target }: ShellRead): boolean {
  return target !== undefined;
}

function asContent(file: ShellRead): ShellRead {
  return { ...file, isContent: true };
}

function nameProblem(word: ShellWord | undefined): string | undefined {
  if (word === undefined) return undefined;
  if (!word.isLiteral) return `the name of the command is known only when the line runs: ${word.text}`;
  return word.value === "" || /[\s\p{Cc}]/u.test(word.value)
    ? `${JSON.stringify(word.value)} is no name of a command`
    : undefined;
}

function openAt(word: ShellWord, at: number): OpenWord[] {
  const { isLiteral, isNoFlag, isOne, patterns } = word;
  return isLiteral ? [] : [{ at, isNoFlag, isOne, ...(patterns !== undefined && { patterns }) }];
}

/** Texts of the command: the canonical one is empty when nobody knows what it runs. `kept`: assignments that are not harmless. */
function spell({ words, assignments, text }: CommandParts, why: string | undefined, kept: boolean) {
  const said = words.filter((word) => word.text !== "");
  const before = assignments.map((assignment) => assignment.text);
  const typed = text ?? [...before, ...said.map((word) => word.text)].join(" ");
  const bare = said.map((word) => (word.isLiteral ? quoted(word.value) : word.text)).join(" ");
  const canonical = [...before, bare].join(" ");
  if (why !== undefined) return { text: typed, canonical: "", spellings: [typed] };
  const spellings = new Set([typed, canonical]);
  if (!kept) spellings.add(said.map((word) => word.text).join(" ")).add(bare);
  return { text: typed, canonical, spellings: [...spellings] };
}

function judgeAssignments({ words, assignments }: CommandParts, more: readonly string[], found: Findings) {
  const names = [...assignments.map(({ name }) => name), ...more];
  const bad = names.find((name) => kindOfVariable(name) === "dangerous");
  const isAlone = words.length === 0;
  if (bad !== undefined) {
    const undecided = `the line sets the variable ${bad}, which changes what programs do`;
    if (isAlone) found.undecided ??= undecided;
    return { undecided, kept: true };
  }
  if (isAlone) {
    for (const name of names) noteVariable(name, found);
    return { kept: true };
  }
  const unknown = names.find((name) => kindOfVariable(name) !== "harmless");
  if (unknown === undefined) return { kept: false };
  return { kept: true, uncovered: `it sets the variable ${unknown}` };
}

/** A variable that the shell itself is given: it may be one that programs see. */
export function noteVariable(name: string, found: Findings): undefined {
  const kind = kindOfVariable(name);
  if (kind === "dangerous") found.undecided ??= `the line sets the variable ${name}, which changes what programs do`;
  else if (kind === "unknown" && !isOwnVariable(name)) found.sets ??= name;
}

function noteFolder(name: string, { words, repeats }: CommandParts, found: Findings): void {
  if (name !== "cd" && name !== "pushd" && name !== "popd") return;
  const [, target, ...more] = words;
  const isPlain = name === "cd" && more.length === 0 && repeats !== true && target?.isGlob === false && target.isNoFlag;
  found.folders.push(isPlain && !target.isWinding ? target.path : undefined);
}

function readStarted(
  started: ReturnType<typeof startedBy>,
  { depth = 0, repeats }: CommandParts,
  found: Findings,
): ShellCommand[] {
  if (depth > maxDepth) return [];
  const inner = { depth: depth + 1, assignments: [], ...(repeats === true && { repeats }) };
  const commands = started.commands.map((words) => readCommand({ ...inner, words }, found));
  if (started.script === undefined) return commands;
  found.hasScript = true;
  return found.parse?.(started.script, depth + 1) ?? [];
}

function readsBehind(name: string, isTransparent: boolean, runs: readonly ShellCommand[]): ShellCommand["reads"] {
  // nohup may write a file of its own, and env says to start a program where the shell's own command was meant.
  if (!isTransparent || name === "nohup" || name === "env" || runs.length === 0 || runs.some(({ reads }) => reads === false))
    return false;
  if (runs.every(({ reads }) => reads === "idle")) return "idle";
  return runs.some(({ reads }) => reads === "git") ? "git" : true;
}

/** Whether a function of this name would stand for a command that rules and tables know. */
export function isShellName(name: string): boolean {
  return builtins.has(name);
}
