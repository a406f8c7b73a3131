/**
 * What can be said about a shell line without a parser: either it is one plain command (words, quotes, nothing the shell
 * would expand), or it is undecided and somebody is asked. The alphabet is a list of what is known to be harmless.
 */
import { startsNothing, startsPrograms } from "./program-flags.ts";

export type ShellLine =
  /** `text` is the line as typed, `canonical` the same words in one spelling. */
  | { kind: "plain"; text: string; canonical: string; words: readonly string[] }
  | { kind: "undecided"; text: string; why: string };

const maxLength = 10_000;
const maxWords = 500;
const reserved = new Set(
  "if then else elif fi for while until do done case esac in select function time coproc { } ! [[ ]]".split(" "),
);
/** Letters without a shape (Hangul fillers and the like): a line must not look like another. */
const invisible = /\p{Default_Ignorable_Code_Point}/u;
const plainLetter = /[\p{L}\p{N}_@%+=:,./-]/u;

export function readShellLine(line: string): ShellLine {
  const text = trimmed(line);
  const undecided = (why: string): ShellLine => ({ kind: "undecided", text, why });
  if (text === "") return undecided("the line is empty");
  if (text.length > maxLength)
    return undecided(`the line has ${text.length} characters; more than ${maxLength} are not looked at`);
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
  if (words.length > maxWords) return undecided(`the line has ${words.length} words; more than ${maxWords} are not looked at`);
  const first = words[0] ?? "";
  if (/^[A-Za-z_]\w*(?:\+?=)/.test(first)) return undecided(`the line sets the variable ${first.split(/\+?=/)[0]}`);
  if (first === "" || reserved.has(first)) return undecided(`the line begins with ${JSON.stringify(first)}`);
  return { kind: "plain", text, words, canonical: words.map(quoted).join(" ") };
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

/** A word in the one spelling that its value has. */
function quoted(word: string): string {
  return word !== "" && /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

/**
 * Every text in a line that a deny or ask rule is compared with: the line, its parts between separators, with and without
 * quotes, after assignments and keywords, from its words on, by the program's bare name. Too many are harmless:
 * they only make the answer stricter. Of a line that is too long only the beginning is looked at; it is asked in any case.
 */
export function textsOf(line: ShellLine): string[] {
  const texts = new Set<string>([line.text]);
  if (line.kind === "plain") {
    texts.add(line.canonical);
    addWords(line.words, texts);
    if (startsPrograms(line.words)) for (const word of line.words.slice(1)) addSegments(word.replace(/^[^\s=]*=/, ""), texts);
  } else {
    const beginning = line.text.slice(0, maxLength);
    addSegments(beginning, texts);
    addSegments(beginning.replace(/\\\r?\n/g, "").replace(/['"\\]/g, ""), texts);
  }
  return [...texts];
}

function addSegments(text: string, texts: Set<string>): void {
  for (const segment of text.split(/[;&|\n\r(){}`<>]|\$(?=\()/)) {
    const words = segment.split(/\s+/).filter((word) => word !== "");
    while (words[0] !== undefined && (/^[A-Za-z_]\w*\+?=/.test(words[0]) || reserved.has(words[0]))) words.shift();
    if (words.length === 0) continue;
    texts.add(segment.trim());
    addWords(words, texts);
  }
}

/**
 * The command, and, unless it is known to start nothing, what begins at each of its words: whatever wrapper stands in front,
 * what it starts is looked at.
 */
function addWords(words: readonly string[], texts: Set<string>): void {
  const starts = startsNothing(words) ? 1 : Math.min(words.length, maxWords);
  for (let start = 0; start < starts; start++) {
    const [program = "", ...rest] = words.slice(start);
    const name = program.slice(program.lastIndexOf("/") + 1);
    for (const spelling of new Set([program, name, name.toLowerCase()])) texts.add([spelling, ...rest].join(" "));
  }
}
