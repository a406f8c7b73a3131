/**
 * Commands with words that only the running line knows: may one become what a deny or ask rule speaks of? Such a word is read
 * as anything, several words or none, and the command is compared letter by letter with the rule: do both have a text in
 * common? A program whose own name is open is not compared here; it is undecided, and asked, anyway.
 */
import type { CommandPattern } from "../patterns/command-pattern.ts";
import type { ShellCommand, ShellLine } from "./facts.ts";
import { subcommandsOf } from "./global-flags.ts";
import { maxWords } from "./limits.ts";
import { type LooseWord, looseWords } from "./loose-word.ts";
import { startsNothing } from "./program-flags.ts";

/** One way to read a command. */
export interface LooseText {
  /** The word that may become something else, as written. */
  word: string;
  /** What the text begins with in any case. */
  start: string;
  units: readonly Unit[];
}

/** A letter; any text; or: this and so many units more may be left out. */
type Unit = string | typeof anything | number;
const anything = Symbol("any text");

const mostTexts = 64;
const mostUnits = 1_000;
const known = new WeakMap<ShellLine, readonly LooseText[]>();

/** Readings of each command of the line that has open words, from each of its words on. Kept with the line. */
export function looseTextsOf(line: ShellLine): readonly LooseText[] {
  const found = known.get(line);
  if (found !== undefined) return found;
  const texts: LooseText[] = [];
  for (const command of line.commands) addCommand(command, texts);
  known.set(line, texts);
  return texts;
}

function addCommand(command: ShellCommand, texts: LooseText[]): void {
  const words = looseWords(command);
  const last = words.findLastIndex(({ isOpen }) => isOpen);
  const starts = startsNothing(command.words) ? 1 : Math.min(words.length, maxWords);
  for (let start = 0; start < starts; start++) {
    const [program, ...args] = words.slice(start);
    if (program === undefined || program.isOpen) continue;
    const name = program.text.slice(program.text.lastIndexOf("/") + 1);
    const readings = [...(last > start ? [args] : []), ...behindFlags(name.toLowerCase(), args)];
    for (const reading of readings) {
      // More than anybody writes: it may be anything.
      if (texts.length >= mostTexts) return void texts.push({ word: program.text, start: "", units: [anything] });
      for (const spelling of new Set([program.text, name, name.toLowerCase()])) texts.push(looseText(spelling, reading));
    }
  }
  for (const inner of command.runs) addCommand(inner, texts);
}

/** A word that may become any words, and swallows what follows. */
interface Rest {
  rest: LooseWord;
}

/** The arguments without the program's own flags, where some word is open or may mean another subcommand. */
function behindFlags(name: string, args: readonly LooseWord[], from = 0): (readonly (LooseWord | Rest)[])[] {
  const found = subcommandsOf(name, args, from);
  if (found === undefined) return [];
  const readings: (readonly (LooseWord | Rest)[])[] = [];
  const before = from === 0 ? [] : args.slice(from - 1, from);
  const open = found.open === undefined ? undefined : args[found.open];
  if (open !== undefined) readings.push([...before, { rest: open }]);
  for (const at of found.at) {
    const behind = args.slice(at);
    if (at > from && behind.some(({ isOpen }) => isOpen)) readings.push([...before, ...behind]);
    const sub = args[at];
    if (from === 0 && sub?.isOpen === false) readings.push(...behindFlags(`${name} ${sub.text}`, args, at + 1));
  }
  return readings;
}

function looseText(name: string, words: readonly (LooseWord | Rest)[]): LooseText {
  const units: Unit[] = [...name];
  for (const word of words) {
    if ("rest" in word) units.push(2, " ", anything);
    else if (!word.isOpen) units.push(" ", ...word.text);
    else if (word.start === "" && word.end === "" && !word.isOne) units.push(2, " ", anything);
    else units.push(" ", ...word.start, anything, ...word.end);
  }
  if (units.length > mostUnits) units.splice(mostUnits, units.length, anything);
  const first = units.findIndex((unit) => typeof unit !== "string");
  const open = words.find((word) => "rest" in word || word.isOpen);
  const text = open === undefined ? name : "rest" in open ? open.rest.text : open.text;
  return { word: text, start: units.slice(0, first === -1 ? units.length : first).join(""), units };
}

/** The reading that the pattern may speak of. */
export function mayMatch(pattern: CommandPattern, texts: readonly LooseText[]): LooseText | undefined {
  const [lead = ""] = pattern.parts;
  return texts.find(({ start, units }) => {
    if (!lead.startsWith(start) && !start.startsWith(lead)) return false;
    return unitsOf(pattern).some((wanted) => haveCommon(wanted, units));
  });
}

/** What an open word would have to become, for the reader; undefined when the pattern does not say. */
export function wantedWord({ parts }: CommandPattern, { start }: LooseText): string | undefined {
  const [lead = ""] = parts;
  if (!lead.startsWith(start)) return undefined;
  const wanted = lead
    .slice(start.endsWith(" ") ? start.length : start.lastIndexOf(" ") + 1)
    .trimStart()
    .split(" ");
  const behindName = start.includes(" ") ? wanted[0] : wanted[1];
  return behindName === "" ? undefined : behindName;
}

function unitsOf({ parts, wordEnd }: CommandPattern): Unit[][] {
  const units = parts.flatMap((part, index): Unit[] => (index === 0 ? [...part] : [anything, ...part]));
  return wordEnd ? [units, units.concat(" ", anything)] : [units];
}

/** Whether some text is spoken of by both. From the end on, one row of answers for each unit of `wanted`. */
function haveCommon(wanted: readonly Unit[], units: readonly Unit[]): boolean {
  let below: boolean[] = [];
  for (let at = wanted.length; at >= 0; at--) {
    const row: boolean[] = [];
    for (let to = units.length; to >= 0; to--) {
      const [want, unit] = [wanted[at], units[to]];
      if (unit === undefined) row[to] = want === undefined || (want === anything && below[to] === true);
      else if (typeof unit === "number") row[to] = row[to + 1] === true || row[to + 1 + unit] === true;
      else if (want === anything || unit === anything)
        row[to] = row[to + 1] === true || (want !== undefined && below[to] === true);
      else row[to] = want === unit && below[to + 1] === true;
    }
    below = row;
  }
  return below[0] === true;
}
