/** One command by its words: what it is called, what it starts, sets and reads, and what nobody can know before it runs. */
import { readsOf } from "./command-reads.ts";
import { builtins, readBuiltin } from "./shell-builtins.ts";
import type { OpenWord, ShellCommand, ShellLine, ShellRead, ShellWrite } from "./shell-facts.ts";
import { isOwnVariable, kindOfVariable } from "./shell-variables.ts";
import { quoted, type ShellWord } from "./shell-word.ts";
import { startedBy } from "./shell-wrappers.ts";

/** What is found while a line is read, beside its commands. */
export interface Findings {
  /** Of redirections. */
  reads: ShellRead[];
  writes: ShellWrite[];
  /** Of programs: what they read by their arguments, and what they look at. */
  named: ShellRead[];
  looks: ShellRead[];
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
  return { reads: [], writes: [], named: [], looks: [], folders: [], hasScript: false, ...(parse && { parse }) };
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
  const why =
    nameProblem(words[0]) ??
    assigned.undecided ??
    builtin.undecided ??
    started.undecided ??
    (depth > maxDepth ? "commands in commands in commands are not looked at" : undefined);
  found.named.push(...reading.files);
  found.looks.push(...reading.looks);
  const isRead = why === undefined && assigned.uncovered === undefined && builtin.sets.length === 0;
  return {
    ...spell(parts, why, assigned.kept),
    words: words.map(({ value }) => value),
    open: words.flatMap(openAt),
    ...(why !== undefined && { undecided: why }),
    ...(assigned.uncovered !== undefined && { uncovered: assigned.uncovered }),
    runs,
    isTransparent: started.isTransparent,
    // Setting a variable that only the shell sees starts nothing.
    reads:
      isRead &&
      ((words.length === 0 && assignments.every(({ name: set }) => isOwnVariable(set))) ||
        reading.reads ||
        readsBehind(bare, started.isTransparent, runs)),
  };
}

/** As the decision sees a line when all of it has been read. */
export function lineOf(text: string, commands: readonly ShellCommand[], found: Findings): ShellLine {
  const { folders, undecided, sets } = found;
  const placed = <T extends { target: string | undefined }>(files: readonly T[]) =>
    files.flatMap((file) => inFolders(file, folders));
  return {
    ...{ text, commands, folders },
    writes: placed(found.writes),
    // A file among the arguments that nobody can place is no reason to ask where a rule allows the command.
    reads: [...placed(found.reads), ...placed(found.named).filter(({ target }) => target !== undefined)],
    looks: [...placed(found.looks), ...placed(found.named).filter(({ target }) => target === undefined)],
    ...(undecided !== undefined && { undecided }),
    ...(sets !== undefined && { sets }),
  };
}

/**
 * A relative path starts where the line was before it changed folders, or after: both are looked at. After more than one
 * change, or one that nobody can know, it is unknown.
 */
function inFolders<T extends { target: string | undefined }>(file: T, folders: readonly (string | undefined)[]): T[] {
  if (folders.length === 0 || file.target === undefined || /^(?:\/|~\/|~$)/.test(file.target)) return [file];
  const [folder, ...more] = folders;
  if (folder === undefined || more.length > 0 || isUpward(file.target)) return [file, { ...file, target: undefined }];
  return [file, { ...file, target: `${folder}/${file.target}` }];
}

/** After `cd`, `..` starts where a link leads. */
function isUpward(path: string): boolean {
  return path.split("/").includes("..");
}

function nameProblem(word: ShellWord | undefined): string | undefined {
  if (word === undefined) return undefined;
  if (!word.isLiteral) return `the name of the command is known only when the line runs: ${word.text}`;
  return word.value === "" || /[\s\p{Cc}]/u.test(word.value)
    ? `${JSON.stringify(word.value)} is no name of a command`
    : undefined;
}

function openAt(word: ShellWord, at: number): OpenWord[] {
  return word.isLiteral ? [] : [{ at, isNoFlag: word.isNoFlag }];
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

function readsBehind(name: string, isTransparent: boolean, runs: readonly ShellCommand[]): boolean | "git" {
  // nohup may write a file of its own, and env says to start a program where the shell's own command was meant.
  if (!isTransparent || name === "nohup" || name === "env" || runs.length === 0 || runs.some(({ reads }) => reads === false))
    return false;
  return runs.some(({ reads }) => reads === "git") ? "git" : true;
}

/** Whether a function of this name would stand for a command that rules and tables know. */
export function isShellName(name: string): boolean {
  return builtins.has(name);
}
