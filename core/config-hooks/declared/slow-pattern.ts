/**
 * Patterns that could take very long on some name. A regular expression of JavaScript cannot be stopped, so what multiplies is
 * bounded before one is used: repeats within repeats, and how many repeats and choices stand in a row.
 */

const maxRepeats = 4;
const maxChoices = 8;

/** Why a pattern is not used, or undefined. */
export function slowness(pattern: string): string | undefined {
  const bare = withoutLetters(pattern);
  if (repeatsRepeated(bare)) return "repeats a group that repeats";
  for (const alternative of alternatives(bare)) {
    if (count(alternative, /(?:[*+?]|\{[^}]*\})\??/g) > maxRepeats) return `repeats more than ${maxRepeats} things in a row`;
    if (count(alternative, /\([^()]*\|/g) > maxChoices) return `has more than ${maxChoices} choices in a row`;
  }
  return undefined;
}

/** Escapes and classes are one letter each, and groups of every kind are plain groups. */
function withoutLetters(pattern: string): string {
  const letters = pattern.replace(/\\./gs, "e").replace(/\[[^\]]*\]/g, "c");
  return letters.replace(/\(\?(?:[:=!]|<[=!]|<\w+>)/g, "(");
}

/** Looks at the innermost groups first and folds each into a letter. */
function repeatsRepeated(pattern: string): boolean {
  let folded = pattern;
  for (;;) {
    const group = /\(([^()]*)\)([*+]|\{\d+,\d*\})?/.exec(folded);
    if (group === null) return false;
    const repeats = /[*+]|\{\d+,\d*\}/.test(group[1] ?? "");
    if (repeats && group[2] !== undefined) return true;
    const letter = repeats || group[2] !== undefined ? "r+" : "r";
    folded = `${folded.slice(0, group.index)}${letter}${folded.slice(group.index + group[0].length)}`;
  }
}

/** Split at each `|` that is in no group: they are tried one after another, so that their times add up and do not multiply. */
function alternatives(pattern: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const letter of pattern) {
    if (letter === "(") depth++;
    if (letter === ")") depth--;
    if (letter === "|" && depth === 0) parts.push("");
    else parts.push((parts.pop() ?? "") + letter);
  }
  return parts;
}

function count(text: string, what: RegExp): number {
  return [...text.matchAll(what)].length;
}
