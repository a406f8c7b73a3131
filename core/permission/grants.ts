/** Pure: does a grant's scope cover this request? The only test of a grant, in every tier. Path scopes are globs, case counts. */
import { coverLine } from "./command-match.ts";
import { isAnyCommand, parseCommandPattern } from "./patterns/command-pattern.ts";
import { readShellLine } from "./shell/line.ts";

/**
 * Whether a scope covers a path. `./x/**` is below `workspace` (and `x` itself), `/**` anywhere, `*` and `?` stay in one
 * segment. `realPath` and `workspace` are absolute and real. A scope that is neither `./…` nor `/…`, or holds `..`, covers nothing.
 */
export function coversPath(scopes: readonly string[], realPath: string, workspace: string): boolean {
  return scopes.some((scope) => scopeCovers(scope, realPath, workspace));
}

/**
 * Whether a scope covers a shell line: `*` any, `git log:*` one plain command with this beginning that starts no other
 * program by a flag, else exactly this line.
 */
export function coversCommand(scopes: readonly string[], line: string): boolean {
  return scopes.some((scope) => isAnyCommand(scope)) || coversPlainCommand(scopes, line);
}

function coversPlainCommand(scopes: readonly string[], line: string): boolean {
  const rules = scopes.flatMap((rule) => {
    const pattern = parseCommandPattern(rule);
    return pattern === undefined ? [] : [{ rule, pattern }];
  });
  return coverLine(readShellLine(line), rules).rule !== undefined;
}

function scopeCovers(scope: string, path: string, workspace: string): boolean {
  if (scope === "/**") return path.startsWith("/");
  const isBelow = scope.startsWith("./");
  if (!isBelow && !scope.startsWith("/")) return false;
  const segments = partsOf(isBelow ? scope.slice(2) : scope);
  if (segments.includes("..")) return false;
  if (!isBelow) return globCovers(segments, partsOf(path));
  const root = partsOf(workspace);
  const parts = partsOf(path);
  if (root.some((name, index) => parts[index] !== name)) return false;
  return globCovers(segments, parts.slice(root.length));
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
