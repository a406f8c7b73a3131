/** Pure: does a grant's scope cover this request? The only test of a grant, in every tier. Path scopes are globs, case counts. */
import { coverLine } from "./command-match.ts";
import { isAnyCommand, parseCommandPattern } from "./patterns/command-pattern.ts";
import type { ShellLine } from "./shell/facts.ts";
import { readShellLine } from "./shell/line.ts";
import { kindOfVariable } from "./shell/variables.ts";

/**
 * Whether a scope covers a path. `./x/**` is below `workspace` (and `x` itself), `~/x/**` below `home`, `/**` anywhere, `*` and
 * `?` stay in one segment. `realPath`, `workspace` and `home` are absolute and real. A scope of another form, or one that
 * holds `..`, covers nothing; so does `~/…` without a home.
 */
export function coversPath(scopes: readonly string[], realPath: string, workspace: string, home?: string): boolean {
  return scopes.some((scope) => scopeCovers(scope, realPath, { workspace, home }));
}

/**
 * The folder (or file) that all of a scope is in, absolute: what stands before its first `*` or `?`. Undefined for a scope
 * that covers nothing.
 */
export function pathPrefix(scope: string, { workspace, home }: ScopeBases): string | undefined {
  const placed = place(scope, { workspace, home });
  if (placed === undefined) return undefined;
  const end = placed.glob.findIndex((part) => /[*?]/.test(part));
  return `/${[...placed.root, ...placed.glob.slice(0, end === -1 ? undefined : end)].join("/")}`;
}

/** Prefix of a scope for shell lines: `shell:npm test:*`. */
const shellMark = "shell:";

/**
 * Whether a scope covers a shell line: `*` any, `shell:git log:*` one plain command with this beginning that starts no other
 * program by a flag, `shell:` and a line exactly that line.
 */
export function coversCommand(scopes: readonly string[], line: string): boolean {
  if (scopes.some(isAnyCommand)) return true;
  const ours = scopes.filter((scope) => scope.startsWith(shellMark)).map((scope) => scope.slice(shellMark.length));
  return ours.some(isAnyCommand) || coversCommands(ours, readShellLine(line));
}

/**
 * Whether a scope covers a program with its arguments, no shell between: `*` any, `git log:*` what begins with exactly these
 * words and starts no other program by a flag (`timeout 5 git log` does not begin so), else exactly these words. `variables` are the names that its environment is given:
 * one that may change which program runs, or what it does, only `*` covers.
 */
export function coversArgv(scopes: readonly string[], argv: readonly string[], variables: readonly string[] = []): boolean {
  const [program = ""] = argv;
  if (program === "" || argv.some((word) => word.includes("\0"))) return false;
  if (scopes.some(isAnyCommand)) return true;
  if (variables.some((name) => kindOfVariable(name) !== "harmless")) return false;
  // A line break is only a letter here (a commit's message); in a line of a shell it would end the reading.
  const words = [program, ...argv.slice(1).map((word) => word.replace(/[\t\r\n]/g, "\u2424"))];
  const line = words.map(quoted).join(" ");
  const read = readShellLine(line);
  const [command, ...others] = read.commands;
  // Read back as anything but these very words (a reserved word, an assignment, too many), it is not what the scope means.
  if (command === undefined || others.length > 0 || command.open.length > 0) return false;
  if (command.words.length !== words.length || command.words.some((word, at) => word !== words[at])) return false;
  // No wrapper is looked behind: `git log:*` is about an argv that begins so, and `timeout 5 git log` does not.
  return coversCommands(
    scopes.filter((scope) => !scope.startsWith(shellMark)),
    { ...read, commands: [{ ...command, isTransparent: false }] },
  );
}

/** Whether an argument list is one of the granted ones, word by word. */
export function coversWords(scopes: readonly (readonly string[])[], argv: readonly string[]): boolean {
  if (argv.length === 0) return false;
  return scopes.some((words) => words.length === argv.length && words.every((word, at) => word === argv[at]));
}

/** Whether a name is one of the granted ones. There are no patterns of names. */
export function coversName(scopes: readonly string[], name: string): boolean {
  return name !== "" && scopes.includes(name);
}

/** Whether a session may be read: the own one by either scope, another by `all`. */
export function coversSession(scope: "own" | "all", { isOwn }: { isOwn: boolean }): boolean {
  return scope === "all" || (scope === "own" && isOwn);
}

/** `64KiB`, `1MiB`, `512B` or a number of bytes; 0, which is room for nothing, for any other text. */
export function bytesOf(scope: string): number {
  const [, digits = "", unit = "B"] = /^(\d{1,9})\s*(B|KiB|MiB|GiB)?$/.exec(scope) ?? [];
  if (digits === "") return 0;
  return Number(digits) * 1024 ** ["B", "KiB", "MiB", "GiB"].indexOf(unit);
}

function coversCommands(scopes: readonly string[], line: ShellLine): boolean {
  const rules = scopes.flatMap((rule) => {
    const pattern = parseCommandPattern(rule);
    return pattern === undefined ? [] : [{ rule, pattern }];
  });
  return coverLine(line, rules).rule !== undefined;
}

/** One word as a shell takes it, without a letter that it expands. */
function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

interface ScopeBases {
  workspace: string;
  home?: string | undefined;
}

/** A scope as the names of its base, which are literal, and those of its glob. */
function place(scope: string, { workspace, home }: ScopeBases): { root: string[]; glob: string[] } | undefined {
  if (scope.includes("\0")) return undefined;
  const base = scope.startsWith("./") ? workspace : scope.startsWith("~/") ? home : scope.startsWith("/") ? "/" : undefined;
  if (base === undefined) return undefined;
  const glob = partsOf(scope.startsWith("/") ? scope : scope.slice(2));
  return glob.includes("..") ? undefined : { root: partsOf(base), glob };
}

function scopeCovers(scope: string, path: string, bases: ScopeBases): boolean {
  if (scope === "/**") return path.startsWith("/");
  const placed = place(scope, bases);
  if (placed === undefined) return false;
  const parts = partsOf(path);
  if (placed.root.some((name, index) => parts[index] !== name)) return false;
  return globCovers(placed.glob, parts.slice(placed.root.length));
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

/** Two pointers with one place to come back to: linear in the path for each `**`, whatever the scope is. */
function globCovers(glob: readonly string[], path: readonly string[]): boolean {
  return starsCover(glob, path, { star: "**", covers: segmentCovers });
}

function segmentCovers(glob: string, name: string): boolean {
  if (!/[*?]/.test(glob)) return glob === name;
  return starsCover(glob, name, { star: "*", covers: (part, letter) => part === "?" || part === letter });
}

/** `star` stands for any number of items, every other part for the one that it covers. Linear but for going back to the last star. */
function starsCover(
  parts: ArrayLike<string>,
  items: ArrayLike<string>,
  { star, covers }: { star: string; covers(part: string, item: string): boolean },
): boolean {
  let at = 0;
  let from = 0;
  let last: { at: number; from: number } | undefined;
  while (from < items.length) {
    if (parts[at] === star) {
      last = { at, from };
      at++;
    } else if (at < parts.length && covers(parts[at] ?? "", items[from] ?? "")) {
      at++;
      from++;
    } else if (last !== undefined) {
      last.from++;
      at = last.at + 1;
      from = last.from;
    } else return false;
  }
  while (parts[at] === star) at++;
  return at === parts.length;
}
