/**
 * Scopes of programs: `git log:*` an argument list that begins so, `git status` exactly that one, `*` any; with `shell:` in
 * front the same of a shell line. core/permission/grants.ts says which calls a scope covers.
 */
import { type CommandPattern, isAnyCommand, parseCommandPattern } from "../patterns/command-pattern.ts";

const shellMark = "shell:";

export function commandProblem(scope: string): string | undefined {
  const text = bare(scope);
  if (text.trim() === "") return 'names no program; write "git log:*", or "*" for any';
  if (text !== text.trim()) return `has spaces around it; write ${JSON.stringify(markOf(scope) + text.trim())}`;
  if (isAnyCommand(text)) return text === "*" ? undefined : `is "*" written as ${JSON.stringify(text)}`;
  const pattern = parseCommandPattern(text);
  if (pattern === undefined || (pattern.parts[0] ?? "").trim() === "")
    return 'begins with no program\'s name; write "git log:*", or "*" for any';
  return undefined;
}

/**
 * Whether every call that `narrow` covers is covered by `wide`. `coversExactly` asks the grant's own test about one exact
 * command, for a prefix covers no flags that write files or start programs.
 */
export function isCommandCovered(
  narrow: string,
  wide: string,
  coversExactly: (scope: string, command: string) => boolean,
): boolean {
  if (narrow === wide || wide === "*") return true;
  if (markOf(narrow) !== markOf(wide) || narrow === "*") return false;
  const [inner, outer] = [bare(narrow), bare(wide)];
  if (outer === "*") return true;
  const [narrower, wider] = [parseCommandPattern(inner), parseCommandPattern(outer)];
  if (narrower === undefined || wider === undefined || isAnyCommand(inner)) return false;
  if (narrower.kind === "exact") return coversExactly(wide, narrower.parts[0] ?? "");
  return wider.kind === "prefix" && beginsWith(narrower, wider.parts[0] ?? "");
}

/** At the end of a word. What follows the last literal part of a prefix begins a new word. */
function beginsWith({ kind, parts }: CommandPattern, prefix: string): boolean {
  const [first = ""] = parts;
  return first.startsWith(`${prefix} `) || (kind === "prefix" && first === prefix);
}

/** In words after "run". */
export function commandWords(scope: string): string {
  if (scope === "*") return "any program and any shell line";
  const text = bare(scope);
  if (scope.startsWith(shellMark)) return text === "*" ? "any shell line" : `the shell line ${JSON.stringify(text)}`;
  const pattern = parseCommandPattern(text);
  const said = quoted(pattern?.kind === "prefix" ? `${pattern.parts[0]}` : text);
  return pattern?.kind === "prefix" ? `${said} … (with any arguments that start no other program)` : said;
}

/** A long one, or one with other signs, could be read as words of ours. */
function quoted(words: string): string {
  return /^[\w@%+:./=~*-]+(?: [\w@%+:./=~*-]+){0,3}$/.test(words) ? words : JSON.stringify(words);
}

/** Any program, or any line of a shell. */
export const isWideCommand = (scope: string): boolean => isAnyCommand(bare(scope));

const bare = (scope: string): string => (scope.startsWith(shellMark) ? scope.slice(shellMark.length) : scope);

const markOf = (scope: string): string => (scope.startsWith(shellMark) ? shellMark : "");
