/**
 * Rules for shell lines. Deny and ask rules speak of a line when any of its commands matches; allow rules cover it only
 * when each command is covered, be it by different rules. An exact rule covers what it says; a prefix or glob covers no
 * flags that write or start programs, and no word that may become one when the line runs.
 */
import { type CommandPattern, commandMatches } from "./patterns/command-pattern.ts";
import type { ShellCommand, ShellLine } from "./shell/facts.ts";
import { looseTextsOf, mayMatch, wantedWord } from "./shell/open-words.ts";
import { judgesArguments, uncoverable } from "./shell/program-flags.ts";
import { inert } from "./shell/program-table.ts";

/** A rule of one shell tool: of every command when it has no pattern. */
export interface CommandRule<R> {
  rule: R;
  pattern: CommandPattern | undefined;
}

export interface Coverage<R> {
  /** The rule that covers the first command; undefined when some command is not covered. */
  rule?: R;
  /** What covers each command of the line, in its order. */
  parts: readonly { command: ShellCommand; rule?: R; why?: string }[];
  /** Why the nearest rule does not cover. */
  butNot?: { why: string; rule: R };
}

/** Whether a deny or ask pattern speaks of any command of the line. `texts`: textsOf(line). */
export function restrictsLine(pattern: CommandPattern, texts: readonly string[]): boolean {
  return texts.some((text) => commandMatches(pattern, text));
}

/** Whether an open word of the line may become what a deny or ask pattern speaks of: which, and what it would have to become. */
export function mayRestrictLine(pattern: CommandPattern, line: ShellLine): { word: string; wanted: string } | undefined {
  const text = mayMatch(pattern, looseTextsOf(line));
  return text && { word: text.word || "what it reads", wanted: wantedWord(pattern, text) ?? "what" };
}

/** Which allow rules cover the line's commands. An undecided line or command is covered by none. */
export function coverLine<R>(line: ShellLine, rules: readonly CommandRule<R>[]): Coverage<R> {
  const parts = line.commands.map((command) => ({ command, ...coverCommand(command, rules, line) }));
  const isCovered = line.undecided === undefined && parts.every(({ rule }) => rule !== undefined);
  // A line without commands only opens files.
  const rule = isCovered ? (parts[0]?.rule ?? rules.find(({ pattern }) => pattern === undefined)?.rule) : undefined;
  const missing = parts.find((part) => part.rule === undefined && part.nearest !== undefined);
  return {
    parts: parts.map(({ command, rule, why }) => ({
      command,
      ...(rule !== undefined && { rule }),
      ...(why !== undefined && { why }),
    })),
    ...(rule !== undefined && { rule }),
    ...(rule === undefined && missing?.nearest !== undefined && { butNot: { why: missing.why ?? "", rule: missing.nearest } }),
  };
}

interface CommandCoverage<R> {
  rule?: R;
  nearest?: R;
  why?: string;
}

function coverCommand<R>(command: ShellCommand, rules: readonly CommandRule<R>[], line: ShellLine): CommandCoverage<R> {
  if (isUnknown(command)) return { why: unknownOf(command) };
  let near: CommandCoverage<R> = {};
  for (const { rule, pattern } of rules) {
    if (pattern === undefined) return { rule };
    if (!command.spellings.some((text) => commandMatches(pattern, text))) continue;
    const why = pattern.kind === "exact" ? undefined : objectionTo(command, line);
    if (why === undefined) return { rule };
    if (near.nearest === undefined) near = { nearest: rule, why };
  }
  return coverBehind(command, rules, line) ?? near;
}

/** A wrapper that adds nothing is covered when all that it runs is. */
function coverBehind<R>(
  { isTransparent, runs }: ShellCommand,
  rules: readonly CommandRule<R>[],
  line: ShellLine,
): CommandCoverage<R> | undefined {
  if (!isTransparent || runs.length === 0) return undefined;
  const inner = runs.map((command) => coverCommand(command, rules, line));
  if (inner.every(({ rule }) => rule !== undefined)) return inner[0];
  return inner.find(({ rule, nearest }) => rule === undefined && nearest !== undefined);
}

/** Why no prefix or glob covers the command as it stands in this line. */
function objectionTo(command: ShellCommand, { sets }: ShellLine): string | undefined {
  if (sets !== undefined) return `the line sets the variable ${sets}, which programs may see`;
  return command.uncovered ?? uncoverable(command.words) ?? openObjection(command);
}

/** A word that only the shell knows may become a flag, or several; and no flag's value is judged unseen. */
function openObjection({ words, open }: ShellCommand): string | undefined {
  const name = (words[0] ?? "").slice((words[0] ?? "").lastIndexOf("/") + 1);
  if (inert.has(name) || open.length === 0) return undefined;
  const loose = judgesArguments(words) ? open[0] : open.find(({ isNoFlag }) => !isNoFlag);
  return loose === undefined
    ? undefined
    : `${words[loose.at] || "what it reads"} may become a flag of ${name} when the line runs`;
}

function isUnknown({ undecided, runs }: ShellCommand): boolean {
  return undecided !== undefined || runs.some(isUnknown);
}

/** Why the command, or one that it runs, cannot be known. */
export function unknownOf(command: ShellCommand): string {
  return command.undecided ?? command.runs.map(unknownOf).find((why) => why !== "") ?? "";
}

/** Why somebody must be asked for the line whatever rules allow, or undefined. */
export function undecidedOf(line: ShellLine): string | undefined {
  return line.undecided ?? line.commands.map(unknownOf).find((why) => why !== "");
}
