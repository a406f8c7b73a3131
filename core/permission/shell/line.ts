/**
 * A shell line as the decision sees it: every command that it would run, every file that its redirections write or read.
 * Most lines are one plain command (words and quotes, nothing that a shell would expand) and are read here at once; for
 * the others the parser is loaded (shell-parse.ts). What cannot be read for certain is undecided: somebody is asked.
 */
import { type Findings, lineOf, newFindings, readCommand } from "./command.ts";
import type { ShellCommand, ShellLine } from "./facts.ts";
import { maxLength, maxWords, reserved } from "./limits.ts";
import { plainWord } from "./word.ts";

export type { ShellCommand, ShellLine } from "./facts.ts";

/** Letters without a shape (Hangul fillers and the like): a line must not look like another. */
const invisible = /\p{Default_Ignorable_Code_Point}/u;
const plainLetter = /[\p{L}\p{N}_@%+=:,./-]/u;

/** At once, for plain lines; every other line is undecided here. */
export function readShellLine(line: string): ShellLine {
  const read = readPlain(line);
  return "why" in read ? undecidedLine(read.text, read.why) : plainLine(read, newFindings());
}

/** Loads the parser when the line needs it. Never throws. */
export async function parseShellLine(line: string): Promise<ShellLine> {
  const read = readPlain(line);
  if (!("why" in read)) {
    const found = newFindings();
    const plain = plainLine(read, found);
    if (!found.hasScript) return plain;
  } else if (read.isFinal) return undecidedLine(read.text, read.why);
  const { parseLine } = await import("./parse.ts");
  return parseLine(read.text);
}

function plainLine({ text, words }: PlainLine, found: Findings): ShellLine {
  const command = readCommand({ words: words.map(plainWord), assignments: [], text }, found);
  return lineOf(text, [command], found);
}

function undecidedLine(text: string, why: string): ShellLine {
  return {
    text,
    commands: [],
    writes: [],
    reads: [],
    looks: [],
    changes: [],
    moves: [],
    trees: [],
    folders: [],
    undecided: why,
  };
}

/** The text of each command that the line would run, those behind wrappers too; "undecided" when not all are known. */
export async function commandsOf(line: string): Promise<readonly string[] | "undecided"> {
  const { commands, undecided } = await parseShellLine(line);
  const all = commands.flatMap(withInner);
  if (undecided !== undefined || all.some((command) => command.undecided !== undefined)) return "undecided";
  return all.map(({ canonical }) => canonical);
}

/** The command and all that it runs by its arguments, outermost first. */
export function withInner(command: ShellCommand): ShellCommand[] {
  return [command, ...command.runs.flatMap(withInner)];
}

interface PlainLine {
  text: string;
  words: string[];
}

interface NotPlain {
  text: string;
  why: string;
  /** The parser is not asked either. */
  isFinal: boolean;
}

function readPlain(line: string): PlainLine | NotPlain {
  const text = trimmed(line);
  const undecided = (why: string, isFinal = false): NotPlain => ({ text, why, isFinal });
  if (text === "") return undecided("the line is empty", true);
  if (text.length > maxLength)
    return undecided(`the line has ${text.length} characters; more than ${maxLength} are not looked at`, true);
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === " " || text[at] === "\t") {
      at++;
      continue;
    }
    const word = readWord(text, at);
    if ("why" in word) return undecided(word.why);
    words.push(word.value);
    at = word.end;
  }
  if (words.length > maxWords)
    return undecided(`the line has ${words.length} words; more than ${maxWords} are not looked at`, true);
  const first = words[0] ?? "";
  if (/^[A-Za-z_]\w*(?:\+?=)/.test(first)) return undecided(`the line sets the variable ${first.split(/\+?=/)[0]}`);
  if (first === "" || reserved.has(first)) return undecided(`the line begins with ${JSON.stringify(first)}`);
  return { text, words };
}

/** Without the blanks that a shell drops at both ends; what else Unicode calls a space is part of a word. */
function trimmed(line: string): string {
  let [start, end] = [0, line.length];
  while (start < end && " \t\n".includes(line[start] ?? "")) start++;
  while (end > start && " \t\n".includes(line[end - 1] ?? "")) end--;
  return line.slice(start, end);
}

function readWord(text: string, start: number): { value: string; end: number } | { why: string } {
  let value = "";
  let at = start;
  while (at < text.length) {
    const letter = String.fromCodePoint(text.codePointAt(at) ?? 0);
    if (letter === " " || letter === "\t") break;
    if (letter === "'" || letter === '"') {
      const close = text.indexOf(letter, at + 1);
      if (close === -1) return { why: `a quote ${letter} is not closed` };
      const inside = text.slice(at + 1, close);
      const special = (letter === "'" ? /[\0-\x08\x0a-\x1f\x7f]/ : /[$`\\!\0-\x08\x0a-\x1f\x7f]/).exec(inside)?.[0];
      if (special !== undefined) return { why: `it holds ${JSON.stringify(special)} inside ${letter}` };
      value += inside;
      at = close + 1;
    } else if (plainLetter.test(letter) && !invisible.test(letter) && !(at === start && letter === "=")) {
      value += letter;
      at += letter.length;
    } else return { why: whyNot(letter) };
  }
  return { value, end: at };
}

function whyNot(letter: string): string {
  if (letter === "\n" || letter === "\r") return "it has more than one line";
  if (";&|".includes(letter)) return `it may run more than one command (${letter})`;
  if ("<>".includes(letter)) return `it redirects (${letter})`;
  if ("*?[]".includes(letter)) return `it holds a file pattern (${letter})`;
  return `it holds ${JSON.stringify(letter)}, which a shell may read in its own way`;
}
