/** What a list or search may show and what a grant is asked about, in terms of paths. */
import { isAbsolute, resolve } from "node:path";
import type { Reach } from "../../core/contract/execution.ts";
import { isInside } from "../../core/permission/files/confined-path.ts";

/**
 * `--glob` exclusions for ripgrep, so that hidden files are not even opened: only of patterns that mean the same below
 * `root`. What they miss is left out of the results by hiddenIn.
 */
export function hiddenGlobs(reach: Reach, root: string): string[] {
  if (reach.approved.length > 0) return [];
  const usable = reach.hidden.filter(({ base }) => isInside(base, root));
  return usable.flatMap(({ patterns }) => {
    if (patterns.some((pattern) => pattern.startsWith("!"))) return [];
    return patterns.filter((pattern) => /^[^/\\]+\/?$/.test(pattern)).map((pattern) => `--glob=!${pattern}`);
  });
}

/** A request's path as its grant is asked: absolute. `~/` stays a name of its own, which only a grant of everything covers. */
export function coveredText(path: string | undefined, workspace: string): string {
  if (path === undefined) return workspace;
  if (path.startsWith("~")) return `/${path}`;
  return isAbsolute(path) ? resolve(path) : resolve(workspace, path);
}
