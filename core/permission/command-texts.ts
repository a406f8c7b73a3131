/**
 * What deny and ask rules are compared with: each command of a line from each of its words on, by the program's bare name,
 * with and without quotes. Where a line is not fully known, its parts between separators as well. Too many texts are
 * harmless: they only make the answer stricter.
 */
import { startsNothing, startsPrograms } from "./program-flags.ts";
import type { ShellCommand, ShellLine } from "./shell-facts.ts";
import { maxLength, maxWords, reserved } from "./shell-limits.ts";

/** Of a line that is too long only the beginning is looked at; it is asked in any case. */
export function textsOf(line: ShellLine): string[] {
  const texts = new Set<string>([line.text]);
  for (const command of line.commands) addCommand(command, texts);
  if (line.undecided !== undefined || line.commands.some(isUnknown)) {
    const beginning = line.text.slice(0, maxLength);
    addSegments(beginning, texts);
    addSegments(beginning.replace(/\\\r?\n/g, "").replace(/['"\\]/g, ""), texts);
  }
  return [...texts];
}

function isUnknown({ undecided, runs }: ShellCommand): boolean {
  return undecided !== undefined || runs.some(isUnknown);
}

function addCommand({ spellings, words, runs }: ShellCommand, texts: Set<string>): void {
  for (const spelling of spellings) texts.add(spelling);
  if (words.length > 0) addWords(words, texts);
  if (startsPrograms(words)) for (const word of words.slice(1)) addSegments(word.replace(/^[^\s=]*=/, ""), texts);
  for (const inner of runs) addCommand(inner, texts);
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
