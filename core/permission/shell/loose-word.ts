/** A word of a command as deny and ask rules see it: what it says, and what it begins and ends with whatever it becomes. */
import type { OpenWord, ShellCommand } from "./facts.ts";

export interface LooseWord {
  text: string;
  isOpen: boolean;
  /** It becomes exactly one word. */
  isOne: boolean;
  /** Letters that it begins and ends with in any case; of a literal word the whole of it, and nothing. */
  start: string;
  end: string;
}

export function looseWords({ words, open }: Pick<ShellCommand, "words" | "open">): LooseWord[] {
  const byPlace = new Map(open.map((word) => [word.at, word]));
  return words.map((text, at) => looseWord(text, byPlace.get(at)));
}

function looseWord(text: string, open: OpenWord | undefined): LooseWord {
  if (open === undefined) return { text, isOpen: false, isOne: true, start: text, end: "" };
  const [only, ...more] = open.patterns ?? [];
  const end = only === undefined || more.length > 0 || only.includes("\\") ? "" : plainEnd(only);
  return { text, isOpen: true, isOne: open.isOne, start: startOf(text), end: end === text ? "" : end };
}

/** What follows the last sign of a pattern. */
function plainEnd(pattern: string): string {
  return pattern.slice(Math.max(...["*", "?", "]"].map((sign) => pattern.lastIndexOf(sign))) + 1);
}

/** Plain letters before anything that a shell expands; `@(`, `+(` and the like begin a pattern. */
function startOf(text: string): string {
  const plain = /^["']?([\w@%+=:,./-]*)/.exec(text);
  const start = plain?.[1] ?? "";
  return text[plain?.[0].length ?? 0] === "(" ? start.slice(0, -1) : start;
}
