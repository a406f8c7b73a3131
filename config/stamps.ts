/** Whether files are still what they were, by their stats alone: no file is read for it. */
import { lstatSync, type Stats, statSync } from "node:fs";

type Stamps = ReadonlyMap<string, string>;

/** A stamp per path. Looks at once: a stat costs 2 µs this way, and this is asked before every turn. */
export function stampsOf(paths: Iterable<string>): Stamps {
  return new Map([...new Set(paths)].map((path) => [path, stampOf(path)]));
}

/** The paths that changed, came or went. */
export function changedPaths(stamps: Stamps): string[] {
  return [...stamps].filter(([path, stamp]) => stampOf(path) !== stamp).map(([path]) => path);
}

/** Of a link also what it leads to. */
function stampOf(path: string): string {
  try {
    const own = lstatSync(path, { throwIfNoEntry: false });
    if (own?.isSymbolicLink() !== true) return textOf(own);
    return `${textOf(own)} > ${textOf(statSync(path, { throwIfNoEntry: false }))}`;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown";
  }
}

/** The change time tells of an edit that put size and modification time back. A folder's tell of what comes and goes in it. */
function textOf(stats: Stats | undefined): string {
  if (stats === undefined) return "";
  if (stats.isDirectory()) return ["folder", stats.ino, stats.dev].join(" ");
  return [stats.size, stats.mtimeMs, stats.ctimeMs, stats.ino, stats.dev].join(" ");
}
