/**
 * What deny and ask rules are compared with: each command of a line from each of its words on, by the program's bare name,
 * with and without quotes, and as if flags before its subcommand were not there (global-flags.ts). Where a line is not fully known, its parts between separators as well. Too many texts are
 * harmless: they only make the answer stricter.
 */

import type { OpenWord, ShellCommand, ShellLine } from "./facts.ts";
import { hasSubcommands, subcommandsOf } from "./global-flags.ts";
import { maxLength, maxWords, reserved } from "./limits.ts";
import { looseWords } from "./loose-word.ts";
import { startsNothing, startsPrograms } from "./program-flags.ts";

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

function addCommand({ spellings, words, open, runs }: ShellCommand, texts: Set<string>): void {
  for (const spelling of spellings) texts.add(spelling);
  if (words.length > 0) addWords(words, texts, open);
  if (startsPrograms(words)) for (const word of words.slice(1)) addScript(word.replace(/^[^\s=]*=/, ""), texts);
  for (const inner of runs) addCommand(inner, texts);
}

/** Text of another language, in which the command may stand between quotes. */
function addScript(text: string, texts: Set<string>): void {
  addSegments(text, texts);
  if (/['"\\!]/.test(text)) addSegments(text.replace(/['"\\!]/g, ""), texts);
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
function addWords(words: readonly string[], texts: Set<string>, open: readonly OpenWord[] = []): void {
  const starts = startsNothing(words) ? 1 : Math.min(words.length, maxWords);
  for (let start = 0; start < starts; start++) {
    const [program = "", ...rest] = words.slice(start);
    const name = program.slice(program.lastIndexOf("/") + 1);
    const readings = [rest, ...behindFlags(words, open, start)];
    for (const spelling of new Set([program, name, name.toLowerCase()]))
      for (const reading of readings) texts.add([spelling, ...reading].join(" "));
  }
}

/** The arguments without flags before the subcommand, and before the one behind it where that has flags of its own. */
function behindFlags(words: readonly string[], open: readonly OpenWord[], start: number): (readonly string[])[] {
  const program = words[start] ?? "";
  const name = program.slice(program.lastIndexOf("/") + 1).toLowerCase();
  if (!hasSubcommands(name)) return [];
  const loose = looseWords({ words, open });
  const readings: (readonly string[])[] = [];
  for (const at of subcommandsOf(name, loose, start + 1)?.at ?? []) {
    if (at > start + 1) readings.push(words.slice(at));
    const sub = words[at] ?? "";
    const inner = subcommandsOf(`${name} ${sub}`, loose, at + 1)?.at ?? [];
    for (const second of inner) if (second > at + 1 || at > start + 1) readings.push([sub, ...words.slice(second)]);
  }
  return readings;
}
