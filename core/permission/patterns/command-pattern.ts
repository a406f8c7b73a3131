/**
 * What stands in `Bash(…)`: an exact line, a prefix that ends at a word (`npm test:*`, `npm test *`), or a glob in which `*`
 * spans anything, spaces too. `\*` is a star, `\\` a backslash. Matching is linear: no line can stall a decision.
 */
import { starsMatch } from "./text-glob.ts";

export interface CommandPattern {
  kind: "exact" | "prefix" | "glob";
  /** The literal text between the stars; one part for exact and prefix. */
  parts: readonly string[];
  /** The pattern ended in a star after a space or colon: what follows the last part must begin a new word, or be nothing. */
  wordEnd: boolean;
}

/** Undefined for a text that can match no line: empty, or a prefix of nothing. */
export function parseCommandPattern(text: string): CommandPattern | undefined {
  const trimmed = text.trim();
  const { parts, ending } = split(trimmed);
  const last = parts.at(-1) ?? "";
  if (parts.length === 1) return last === "" ? undefined : { kind: "exact", parts, wordEnd: false };
  if (!ending) return { kind: "glob", parts, wordEnd: false };
  const lead = parts.slice(0, -1);
  const stem = (lead.pop() ?? "").trimEnd();
  if (stem === "" && lead.length === 0) return undefined;
  return { kind: lead.length === 0 ? "prefix" : "glob", parts: [...lead, stem], wordEnd: true };
}

/** Whether every line matches: the pattern is `*`. */
export function isAnyCommand(text: string): boolean {
  return /^\s*\*+\s*$/.test(text);
}

export function commandMatches({ parts, wordEnd }: CommandPattern, line: string): boolean {
  if (!wordEnd) return starsMatch(parts, line);
  if (starsMatch(parts, line)) return true;
  return starsMatch([...parts.slice(0, -1), `${parts.at(-1) ?? ""} `, ""], line);
}

/** `line` as a pattern that means only itself. */
export function escapeCommand(line: string): string {
  return line.replace(/[\\*]/g, "\\$&");
}

/** The literal parts, and whether the text ends in ` *` or `:*` (the mark is then cut from the part before the last star). */
function split(text: string): { parts: string[]; ending: boolean } {
  const parts = [""];
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] ?? "";
    const next = text[at + 1];
    if (letter === "\\" && (next === "*" || next === "\\")) {
      parts.push((parts.pop() ?? "") + next);
      at++;
    } else if (letter === "*") {
      if (at === text.length - 1 && text[at - 1] === ":") {
        parts.push((parts.pop() ?? "").slice(0, -1), "");
        return { parts, ending: true };
      }
      parts.push("");
    } else parts.push((parts.pop() ?? "") + letter);
  }
  const ending = parts.length > 1 && parts.at(-1) === "" && / $/.test(parts.at(-2) ?? "");
  return { parts, ending };
}
