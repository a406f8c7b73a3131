/** What was left out, held back or refused of one server: one sentence each, the same one once, at most 50. */
import { cleanLine } from "./clean-text.ts";

const maxProblems = 50;
const maxLetters = 300;

export interface Problems {
  /** With a `key`, the newest sentence of that key counts. */
  add(text: string, key?: string): void;
  /** Those of lists that are read again. */
  clear(): void;
  all(): string[];
}

export function createProblems(onChange: () => void): Problems {
  const known = new Map<string, string>();
  let more = 0;
  return {
    add(text, key = text) {
      const line = cleanLine(text, maxLetters);
      if (known.get(key) === line) return;
      if (!known.has(key) && known.size >= maxProblems - 1) more++;
      else known.set(key, line);
      onChange();
    },
    clear() {
      known.clear();
      more = 0;
    },
    all: () => [...known.values(), ...(more > 0 ? [`${more} more are not shown.`] : [])],
  };
}
