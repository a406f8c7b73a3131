/** From what a user types to one session: `last`, an id, or the beginning of one. */
import { basename, dirname, join } from "node:path";
import { GantryError } from "../contract/errors.ts";
import { didYouMean } from "../contract/nearest.ts";
import { ignoring, namesIn, pathsIn, statFile } from "./disk.ts";

const suffix = ".jsonl";

export const idOf = (path: string): string => basename(path, suffix);

/** Logs of one project's folder. */
export async function logsIn(folder: string): Promise<string[]> {
  return await pathsIn(folder, suffix);
}

/** Logs of every project. */
export async function allLogs(sessionsFolder: string): Promise<string[]> {
  const folders = (await namesIn(sessionsFolder)).map((name) => join(sessionsFolder, name));
  return (await Promise.all(folders.map((folder) => ignoring("ENOTDIR", () => logsIn(folder))))).flatMap(
    (paths) => paths ?? [],
  );
}

/** With the time of their last change, newest first; of one moment, the later id first. */
export async function byLastChange(paths: readonly string[]): Promise<{ path: string; changedAt: Date; isFile: boolean }[]> {
  const dated = await Promise.all(
    paths.map(async (path) => {
      const stats = await ignoring("ENOENT", () => statFile(path));
      return stats ? [{ path, changedAt: stats.mtime, isFile: stats.isFile(), ms: stats.mtimeMs }] : [];
    }),
  );
  return dated.flat().sort((a, b) => b.ms - a.ms || (a.path < b.path ? 1 : -1));
}

/** The log's path. Of this project first, then of any. SESSION_NOT_FOUND with the nearest id, SESSION_AMBIGUOUS with all candidates. */
export async function findLog(
  reference: string,
  { folder, sessionsFolder }: { folder: string; sessionsFolder: string },
): Promise<string> {
  const own = await logsIn(folder);
  if (reference === "last") return await newest(own);
  const found = pick(reference, own);
  if (found !== undefined) return found;
  const all = await allLogs(sessionsFolder);
  const elsewhere = pick(reference, all);
  if (elsewhere !== undefined) return elsewhere;
  const ids = all.map(idOf);
  throw new GantryError(
    "SESSION_NOT_FOUND",
    `there is no session ${reference || "without a name"}.${didYouMean(reference, ids)}`,
    {
      detail: { reference },
    },
  );
}

async function newest(paths: readonly string[]): Promise<string> {
  const first = (await byLastChange(paths)).find(({ isFile }) => isFile);
  if (!first) throw new GantryError("SESSION_NOT_FOUND", "this project has no session yet", { detail: { reference: "last" } });
  return first.path;
}

function pick(reference: string, paths: readonly string[]): string | undefined {
  const exact = paths.find((path) => idOf(path) === reference);
  if (exact !== undefined) return exact;
  const candidates = reference === "" ? [] : paths.filter((path) => idOf(path).startsWith(reference));
  if (candidates.length <= 1) return candidates[0];
  const ids = candidates.map(idOf).sort();
  const shown = ids.length > 10 ? `${ids.slice(0, 10).join(", ")} and ${ids.length - 10} more` : ids.join(", ");
  throw new GantryError("SESSION_AMBIGUOUS", `${reference} is the beginning of ${ids.length} sessions: ${shown}`, {
    detail: { reference, candidates: ids },
  });
}

/** Whether a log is of this project's folder. */
export const isIn = (folder: string, path: string): boolean => dirname(path) === folder;
