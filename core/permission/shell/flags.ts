/** Reads a program's arguments by the flags that are known harmless; the first word that is not understood ends the reading. */

export interface FlagRow {
  /** Flags without a value of their own word, in words apart: single letters may be joined (`-la`), `#` is any digit, longer names take `--`. */
  flags: string;
  /** Flags whose value is joined, follows `=`, or is the next word. */
  valued?: string;
  /** However many dashes there are, one whole name follows (`-name`); letters are never joined. */
  words?: true;
  /** The first word may be joined letters without a dash (`tar xzf`). */
  bundle?: true;
}

export interface Arguments {
  all: readonly string[];
  /** What is neither a flag nor its value. */
  names: readonly string[];
  /** Values of flags, in order. */
  values: readonly { flag: string; value: string }[];
  /** A flag follows a name: some programs take it for a name then. */
  isMixed: boolean;
}

interface Reading {
  all: readonly string[];
  at: number;
  names: string[];
  values: { flag: string; value: string }[];
  isMixed: boolean;
}

/** The arguments, or the first word that holds an unknown flag. Abbreviated flags are unknown. */
export function readFlags(all: readonly string[], row: FlagRow): Arguments | string {
  const reading: Reading = { all, at: 0, names: [], values: [], isMixed: false };
  const known = { plain: setOf(row.flags), valued: setOf(row.valued ?? "") };
  for (; reading.at < all.length; reading.at++) {
    const arg = all[reading.at] ?? "";
    if (arg === "--") {
      reading.names.push(...all.slice(reading.at + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      if (row.bundle === true && reading.at === 0 && !isBundle(arg, known)) return arg;
      reading.names.push(arg);
      continue;
    }
    reading.isMixed ||= reading.names.length > 0;
    const isName = row.words === true || arg.startsWith("--");
    if (!(isName ? readName(arg, known, reading) : readLetters(arg.slice(1), known, reading))) return arg;
  }
  return reading;
}

interface Known {
  plain: ReadonlySet<string>;
  valued: ReadonlySet<string>;
}

function setOf(text: string): ReadonlySet<string> {
  return new Set(text.split(" "));
}

function readName(arg: string, { plain, valued }: Known, reading: Reading): boolean {
  const [, flag = "", value] = /^-+([^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
  if (flag === "") return false;
  if (!valued.has(flag)) return plain.has(flag);
  return value === undefined ? readNext(flag, reading) : reading.values.push({ flag, value }) > 0;
}

function readLetters(letters: string, { plain, valued }: Known, reading: Reading): boolean {
  for (const [index, letter] of [...letters].entries()) {
    if (valued.has(letter)) {
      const value = [...letters].slice(index + 1).join("");
      return value === "" ? readNext(letter, reading) : reading.values.push({ flag: letter, value }) > 0;
    }
    if (!plain.has(letter) && !(/\d/.test(letter) && plain.has("#"))) return false;
  }
  return true;
}

/** A next word that looks like a flag is not taken for a value: programs differ, and a number below zero is the only such value. */
function readNext(flag: string, reading: Reading): boolean {
  const value = reading.all[reading.at + 1];
  if (value === undefined) return true;
  if (/^-\D/.test(value)) return false;
  reading.at++;
  return reading.values.push({ flag, value }) > 0;
}

function isBundle(letters: string, { plain, valued }: Known): boolean {
  return [...letters].every((letter) => plain.has(letter) || valued.has(letter));
}
