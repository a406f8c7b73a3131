/**
 * fs.list: names of files by a glob. Two questions to ripgrep at once: which files match the glob, and which files are
 * not ignored; a glob alone would bring back files that .gitignore leaves out.
 */
import { statSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { GantryError } from "../../core/contract/errors.ts";
import type { ListQuery, ListResult } from "../../core/contract/plugin.ts";
import { hiddenIn } from "../../core/permission/files/confined-path.ts";
import type { EffectEnv, ScopePlace } from "./effect.ts";
import { comparePaths } from "./path-order.ts";
import { type Deadline, ripgrepIn, searchTimedOut, startDeadline, walkArgs } from "./ripgrep.ts";
import { type FoundFiles, isStillBelow, type SearchStart, withSearchStart } from "./search-folder.ts";
import { coversFolderText } from "./visible.ts";

/** Some 400,000 names. */
const mostListBytes = 32 * 1024 * 1024;
const statsPerTurn = 2000;

export function covers(scopes: readonly string[], request: ListQuery, place: ScopePlace): boolean {
  return coversFolderText(scopes, request.path, place);
}

export function describe(request: ListQuery): string {
  return `list ${request.pattern} in ${request.path ?? "the working folder"}`;
}

/** PATTERN_INVALID, SEARCH_TIMEOUT, FILE_NOT_FOUND, FILE_NOT_REGULAR, PATH_*. */
export function perform(query: ListQuery, env: EffectEnv): Promise<ListResult> {
  const deadline = startDeadline();
  return withSearchStart(query.path, env, async (start) => {
    if (start.file !== undefined) {
      throw new GantryError("FILE_NOT_REGULAR", `${start.real}/${start.file} is a file; a list starts in a folder`);
    }
    const [found, isHidden] = await Promise.all([
      findFiles({ start, env, deadline, glob: query.pattern }),
      hiddenIn(env.reach),
    ]);
    const mayShow = (real: string): boolean => !isHidden(real) && (env.granted?.covers(real) ?? true);
    const shown = found.paths.filter((path) => mayShow(`${start.real}/${path}`));
    const sorted = await newestFirst(start.real, shown, { deadline, signal: env.signal });
    const paths = sorted.slice(0, query.limit).filter((path) => isStillBelow(start.real, path));
    return { paths, total: shown.length, ...(found.cut && { cut: true }) };
  });
}

interface Finding {
  start: SearchStart;
  env: EffectEnv;
  deadline: Deadline;
  /** All files without it. */
  glob: string | undefined;
}

/** Files below the folder that no ignore file leaves out and that match the glob. */
export async function findFiles({ start, env, deadline, glob }: Finding): Promise<FoundFiles> {
  const pattern = normalGlob(glob);
  const ripgrep = ripgrepIn(start, env, deadline);
  const list = (globs: string[]) =>
    ripgrep([...walkArgs(env, start.real, globs), "--files", "--null", "./"], { maxBytes: mostListBytes });
  const [all, matching] = await Promise.all([list([]), pattern === undefined ? undefined : list([pattern])]);
  if (all === undefined || (pattern !== undefined && matching === undefined)) {
    const { findFilesInJavascript } = await import("./fs-list-javascript.ts");
    return findFilesInJavascript({ folder: start.real, glob: pattern, deadline, signal: env.signal });
  }
  const notIgnored = namesOf(all.stdout);
  if (matching === undefined) return { paths: notIgnored, cut: all.cut };
  const allowed = new Set(notIgnored);
  return { paths: namesOf(matching.stdout).filter((path) => allowed.has(path)), cut: all.cut || matching.cut };
}

/** The glob as both engines understand it; undefined when it matches every file. PATTERN_INVALID. */
function normalGlob(glob: string | undefined): string | undefined {
  if (glob === undefined) return undefined;
  if (glob.split("/").includes("..")) {
    throw new GantryError("PATTERN_INVALID", `a pattern cannot leave its folder: ${glob}; give the folder as path`);
  }
  const own = glob.replace(/^(\.?\/)+/, "");
  const whole = own.endsWith("/") ? `${own}**` : own;
  return whole === "" || whole === "*" || whole === "**" || whole === "**/*" ? undefined : whole;
}

function namesOf(stdout: Buffer): string[] {
  const names = stdout.toString("utf8").split("\0");
  // After the last NUL: nothing, or a name that the cap cut.
  names.pop();
  return names.map((name) => (name.startsWith("./") ? name.slice(2) : name));
}

async function newestFirst(
  folder: string,
  paths: readonly string[],
  { deadline, signal }: { deadline: Deadline; signal: AbortSignal },
): Promise<string[]> {
  const dated: { path: string; at: number }[] = [];
  for (const path of paths) {
    const stat = statSync(`${folder}/${path}`, { throwIfNoEntry: false });
    dated.push({ path, at: stat?.mtimeMs ?? 0 });
    if (dated.length % statsPerTurn !== 0) continue;
    await nextTurn();
    signal.throwIfAborted();
    if (deadline() < 1) throw searchTimedOut(folder);
  }
  return dated.sort((a, b) => b.at - a.at || comparePaths(a.path, b.path)).map(({ path }) => path);
}
