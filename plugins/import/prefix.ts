/** The beginning of a command as text, as other agents name it, and the rules of Gantry that speak of it. */

/** A word whose letters mean themselves in a rule and in a shell. */
const plainWord = /^[A-Za-z0-9_@%+:,./^-][A-Za-z0-9_@%+=:,./^-]*$/;

export function isPlainWord(word: string, at: number): boolean {
  return plainWord.test(word) && !(at === 0 && word.includes("=")) && !word.endsWith(":");
}

export interface PrefixWords {
  /** As many whole words from the first on as a rule can hold, one space between them. */
  text: string;
  isWhole: boolean;
}

export function prefixWords(prefix: string): PrefixWords {
  const words = prefix.trim().split(" ");
  const stop = words.findIndex((word, at) => !isPlainWord(word, at));
  if (stop === -1) return { text: words.join(" "), isWhole: true };
  return { text: words.slice(0, stop).join(" "), isWhole: false };
}
