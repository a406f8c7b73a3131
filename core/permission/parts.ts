/**
 * What a call would have happen, part by part: each command of a shell line, each file that its redirections write or that
 * it is known to read, and for every other call the call itself. Each part is decided by the same order; the strictest wins.
 */
import { basename, dirname } from "node:path";
import type { CallFacts } from "../contract/hooks.ts";
import type { JsonObject } from "../contract/messages.ts";
import { printable } from "../contract/printable.ts";
import { namesIn } from "./confined-path.ts";
import type { Ground } from "./ground.ts";
import { readRows } from "./known-reads.ts";
import type { RuledTool } from "./rule.ts";
import type { ShellCommand, ShellLine, ShellRead } from "./shell-facts.ts";
import { commandSubjectOf, pathSubjectOf, type Subject, subjectOf } from "./subject.ts";
import { parseTextGlob, textMatches } from "./text-glob.ts";

export interface Part {
  /** As written, printable. */
  text: string;
  /**
   * `read` is a redirection; `argument` a file that a known reader is told to read, for deny and ask rules and secrets.
   * `line`: the shell line as a whole, for rules that speak of all of it and for lines that cannot be read.
   */
  role: "call" | "command" | "write" | "read" | "argument" | "line";
  tool: RuledTool;
  subject: Subject;
  /** Of the call. */
  input: JsonObject;
  /** The call in the words of a rule. */
  whole: string;
  /** What it is written in: an allow rule for exactly this text covers it. Outermost first. */
  within: readonly string[];
}

const fileField = { kind: "path", field: "file_path" } as const;
/** What a redirection counts as, and what a known reader does. */
const editTool: RuledTool = { name: "Edit", effect: "writes", subject: fileField };
const readTool: RuledTool = { name: "Read", effect: "reads", subject: fileField };

/** More files than this behind one pattern are not looked at one by one: asked. */
const maxGlobbed = 100;

/** At least one, in the order written; the line as a whole comes last. */
export async function partsOf(call: CallFacts, tool: RuledTool, ground: Ground): Promise<Part[]> {
  const subject = await subjectOf(call, tool, ground);
  const { input, cwd } = call;
  const whole = about(tool, subject);
  const itself: Part = { text: whole, role: "call", tool, subject, input, whole, within: [] };
  if (subject.kind !== "command") return [itself];
  const { line } = subject;
  const commands = line.undecided === undefined ? line.commands.flatMap((command) => flattened(command, [line.text])) : [];
  // A rule for every command says yes to what nobody knows before it runs.
  const allowsAll = ground.allow.of(tool).some(({ rule }) => rule.match.kind === "tool");
  const named = [...(await filesOf(line, cwd, ground)), ...commands.flatMap(({ command }) => openReads(command))];
  const files = named
    .filter(({ role, subject: file }) => !(allowsAll && role === "argument" && file.kind === "unknown"))
    .map((file): Part => ({ ...file, input, whole }));
  const [only] = commands;
  if (commands.length === 1 && only?.command === line.commands[0] && line.writes.length === 0) {
    return [{ ...itself, text: subject.shown }, ...files];
  }
  const parts = commands.map(({ command, within }): Part => {
    const own = commandSubjectOf(onlyCommand(line, command), ground);
    return { text: own.shown, role: "command", tool, subject: own, input, whole, within };
  });
  return [...parts, ...files, { ...itself, text: subject.shown, role: commands.length === 0 ? "call" : "line" }];
}

/** What a call is, in the words of a rule. */
export function about(tool: RuledTool, { kind, shown }: Subject): string {
  return kind === "none" ? tool.name : `${tool.name}(${shown})`;
}

interface Inner {
  command: ShellCommand;
  within: readonly string[];
}

/** A wrapper that adds nothing is what it starts; everything else is itself, and what it starts. */
function flattened(command: ShellCommand, within: readonly string[]): Inner[] {
  const inside = command.runs.flatMap((run) => flattened(run, [...within, command.text]));
  const isNothing = command.isTransparent && inside.length > 0 && command.undecided === undefined;
  return isNothing ? inside : [{ command, within }, ...inside];
}

function onlyCommand(line: ShellLine, command: ShellCommand): ShellLine {
  return { ...line, text: command.text, commands: [command], writes: [], reads: [], looks: [] };
}

type FilePart = Omit<Part, "input" | "whole">;

async function filesOf({ writes, reads }: ShellLine, cwd: string, ground: Ground): Promise<FilePart[]> {
  const files: FilePart[] = [];
  for (const { target, text, append } of writes) {
    const subject =
      target === undefined
        ? unknown(text, "which file it writes is known only when it runs")
        : await pathSubjectOf(target, cwd, ground);
    // After a `cd` a name stands for a file in more than one folder.
    const isOne = writes.filter((write) => write.text === text).length === 1;
    const shown = `${append ? ">>" : ">"} ${isOne ? printable(text) : subject.shown}`;
    files.push({ text: shown, role: "write", tool: editTool, subject, within: [] });
  }
  for (const read of reads) {
    const subjects = await readSubjects(read, cwd, ground);
    const part = {
      text: read.byArgument ? `${printable(read.text)} (read by name)` : `< ${printable(read.text)}`,
      role: read.byArgument ? ("argument" as const) : ("read" as const),
      tool: readTool,
      within: [],
    };
    files.push(...subjects.map((subject) => ({ ...part, subject })));
  }
  return files;
}

/** Words of a program that shows files, which the shell alone knows: they may name a file that no rule for the program opens. */
function openReads({ words, open, reads }: ShellCommand): FilePart[] {
  const [program = ""] = words;
  const name = program.slice(program.lastIndexOf("/") + 1);
  const row = Object.hasOwn(readRows, name) ? readRows[name] : undefined;
  if (reads !== false || row?.names !== "content") return [];
  return open.map(({ at }) => {
    const text = words[at] ?? "";
    const subject = unknown(text, "which file it reads is known only when it runs");
    return { text: `${subject.shown} (read by name)`, role: "argument", tool: readTool, subject, within: [] };
  });
}

async function readSubjects(read: ShellRead, cwd: string, ground: Ground): Promise<Subject[]> {
  const { target, text, isGlob } = read;
  if (target === undefined) return [unknown(text, "which file it reads is known only when it runs")];
  const folder = await pathSubjectOf(isGlob ? dirname(target) : target, cwd, ground);
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
