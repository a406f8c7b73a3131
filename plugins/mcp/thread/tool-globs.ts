/**
 * Which tools of a server the config lets through: `*` is any text and `?` any letter, compared without regular expressions, with
 * a tool's own name and with the form of it that the model sees (`delete.all`, `delete_all`).
 */
import { didYouMean } from "../../../core/contract/nearest.ts";

export interface ToolGlobs {
  allow?: readonly string[];
  deny: readonly string[];
}

export function isAllowed(name: string, { allow, deny }: ToolGlobs): boolean {
  if (deny.some((glob) => fits(glob, name))) return false;
  return allow === undefined || allow.some((glob) => fits(glob, name));
}

function fits(glob: string, name: string): boolean {
  return globMatches(glob, name) || globMatches(glob, name.replaceAll(/[^A-Za-z0-9_-]/g, "_"));
}

/** One sentence for each glob that fits none of the names. */
export function idleGlobs({ allow = [], deny }: ToolGlobs, names: readonly string[]): string[] {
  const idle = (key: string, globs: readonly string[]): string[] =>
    globs
      .filter((glob) => !names.some((name) => fits(glob, name)))
      .map((glob) => `tools.${key} has ${glob}, which fits no tool of it.${didYouMean(glob, names)}`);
  return [...idle("allow", allow), ...idle("deny", deny)];
}

export function globMatches(glob: string, text: string): boolean {
  let at = 0;
  let pattern = 0;
  let star = -1;
  let starText = 0;
  while (at < text.length) {
    if (glob[pattern] === "*") {
      star = pattern++;
      starText = at;
    } else if (glob[pattern] === "?" || glob[pattern] === text[at]) {
      pattern++;
      at++;
    } else if (star >= 0) {
      pattern = star + 1;
      at = ++starText;
    } else return false;
  }
  while (glob[pattern] === "*") pattern++;
  return pattern === glob.length;
}
