/**
 * What a call would have happen, part by part: each command of a shell line, each file that its redirections write or that
 * it is known to read, and for every other call the call itself. Each part is decided by the same order; the strictest wins.
 */
import type { CallFacts } from "../contract/hooks.ts";
import type { JsonObject } from "../contract/messages.ts";
import { filesOf } from "./file-parts.ts";
import type { Ground } from "./ground.ts";
import type { RuledTool } from "./rules/rule.ts";
import type { ShellCommand, ShellLine } from "./shell/facts.ts";
import { commandSubjectOf, type Subject, subjectOf } from "./subject.ts";

export interface Part {
  /** As written, printable. */
  text: string;
  /**
   * `read` is a redirection; `argument` a file that a known reader is told to read, for deny and ask rules and secrets, or
   * one that a program is told to change, for deny and ask rules.
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
  const named = await filesOf(line, { commands: commands.map(({ command }) => command), cwd, ground });
  // Where rules restrict paths it may be one of those.
  const saysYes = allowsAll && !ground.restrictsPaths;
  const files = named
    .filter(({ role, subject: file }) => !(saysYes && role === "argument" && file.kind === "unknown" && file.isKept !== true))
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
  return {
    ...line,
    text: command.text,
    commands: [command],
    writes: [],
    reads: [],
    looks: [],
    changes: [],
    moves: [],
    trees: [],
  };
}
