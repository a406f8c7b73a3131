/** Whether files are still what they were, by their stats alone: no file is read for it. */
import { statSync } from "node:fs";

type Stamps = ReadonlyMap<string, string>;

/** A stamp per path. Looks at once: a stat costs 2 µs this way, and this is asked before every turn. */
export function stampsOf(paths: Iterable<string>): Stamps {
  return new Map([...new Set(paths)].map((path) => [path, stampOf(path)]));
}

/** The paths that changed, came or went. */
export function changedPaths(stamps: Stamps): string[] {
  return [...stamps].filter(([path, stamp]) => stampOf(path) !== stamp).map(([path]) => path);
}

/** The change time tells of an edit that put size and modification time back. */
function stampOf(path: string): string {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats === undefined ? "" : [stats.size, stats.mtimeMs, stats.ctimeMs, stats.ino, stats.dev].join(" ");
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown";
  }
}
