/** What a list or search may show and what a grant is asked about, in terms of paths. */
import { GantryError } from "../../core/contract/errors.ts";
import type { Reach } from "../../core/contract/execution.ts";
import { isInside, spellOut } from "../../core/permission/files/confined-path.ts";
import { coversPath, pathPrefix } from "../../core/permission/grants.ts";
import type { EffectEnv, ScopePlace } from "./effect.ts";

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

/** Whether the scopes cover a request's path as it is spelled: `.`, `..` and `~/` resolved by text, links not followed. */
export function coversText(scopes: readonly string[], path: string | undefined, place: ScopePlace): boolean {
  const spelled = spelledOut(path, place);
  return spelled !== undefined && coversPath(scopes, spelled, place.workspace, place.home);
}

/** The same for a folder that is listed or searched: also where all that a scope speaks of begins in it. Its rows are asked about one by one. */
export function coversFolderText(scopes: readonly string[], path: string | undefined, place: ScopePlace): boolean {
  const spelled = spelledOut(path, place);
  if (spelled === undefined) return false;
  return (
    coversPath(scopes, spelled, place.workspace, place.home) || scopes.some((scope) => pathPrefix(scope, place) === spelled)
  );
}

function spelledOut(path: string | undefined, { cwd, home }: ScopePlace): string | undefined {
  try {
    return spellOut(path ?? cwd, { cwd, home });
  } catch {
    return undefined;
  }
}

/** Throws PERMISSION_DENIED where a guest's grant does not reach the real path. Says nothing of where a link led. */
export function demandReal(
  real: string,
  { granted }: EffectEnv,
  requested: string | undefined,
  { isFolder = false }: { isFolder?: boolean } = {},
): void {
  if (granted === undefined || granted.covers(real) || (isFolder && granted.coversFolder(real))) return;
  throw new GantryError(
    "PERMISSION_DENIED",
    `${granted.plugin} may not use ${requested ?? "the working folder"}: it leads out of what its ${granted.kind} covers.`,
    { detail: { plugin: granted.plugin, kind: granted.kind } },
  );
}
