/** fs.list without ripgrep: a walk that obeys ignore files, and tinyglobby for the glob. Never follows a link. */
import { type Dirent, readdirSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type IgnoreLevel, isIgnored, levelOf, levelsAbove, loadIgnore } from "./ignore-files.ts";
import { type Deadline, searchTimedOut } from "./ripgrep.ts";
import type { FoundFiles } from "./search-folder.ts";

/** More files than this are not listed: without ripgrep they would not be searched in time either. */
const mostFiles = 200_000;
const foldersPerTurn = 50;
const tempFile = /^\..*\.gantry-.{12}\.tmp$/s;

interface Walk {
  folder: string;
  glob: string | undefined;
  deadline: Deadline;
  signal: AbortSignal;
}

/** The same answer as ripgrep's `--files`, in no order. SEARCH_TIMEOUT. */
export async function findFilesInJavascript({ folder, glob, deadline, signal }: Walk): Promise<FoundFiles> {
  const tree = await walk({ folder, deadline, signal });
  if (glob === undefined) return { paths: tree.files, cut: tree.cut };
  const { glob: match, escapePath } = await import("tinyglobby");
  const isExclusion = glob.startsWith("!");
  const pattern = anywhere(isExclusion ? glob.slice(1) : glob);
  const matching = await match(pattern, {
    cwd: folder,
    dot: true,
    onlyFiles: true,
    followSymbolicLinks: false,
    expandDirectories: false,
    ignore: tree.ignoredFolders.map((path) => `${escapePath(path)}/**`),
    signal: AbortSignal.any([signal, AbortSignal.timeout(Math.max(deadline(), 1))]),
  });
  signal.throwIfAborted();
  if (deadline() < 1) throw searchTimedOut(folder);
  const set = new Set(matching);
  return { paths: tree.files.filter((path) => set.has(path) !== isExclusion), cut: tree.cut };
}

/** As in an ignore file, a pattern without a slash is about names at any depth. */
function anywhere(glob: string): string {
  return glob.includes("/") ? glob : `**/${glob}`;
}

interface Tree {
  files: string[];
  ignoredFolders: string[];
  cut: boolean;
}

async function walk({ folder, deadline, signal }: Omit<Walk, "glob">): Promise<Tree> {
  const make = await loadIgnore();
  const tree: Tree = { files: [], ignoredFolders: [], cut: false };
  const waiting: { path: string; above: IgnoreLevel | undefined }[] = [{ path: "", above: levelsAbove(folder, make) }];
  let visited = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (++visited % foldersPerTurn === 0) await nextTurn();
    signal.throwIfAborted();
    if (deadline() < 1) throw searchTimedOut(folder);
    if (tree.files.length >= mostFiles) return { ...tree, cut: true };
    const absolute = next.path === "" ? folder : `${folder}/${next.path}`;
    const entries = entriesOf(absolute);
    const level = levelOf(absolute, new Set(entries.map(({ name }) => name)), next.above, make);
    for (const entry of entries) {
      const path = next.path === "" ? entry.name : `${next.path}/${entry.name}`;
      if (!entry.isFile() && !entry.isDirectory()) continue;
      if (entry.name === ".git" || tempFile.test(entry.name)) continue;
      const isLeftOut = isIgnored(`${absolute}/${entry.name}`, entry.isDirectory(), level);
      if (entry.isDirectory() && isLeftOut) tree.ignoredFolders.push(path);
      else if (entry.isDirectory()) waiting.push({ path, above: level });
      else if (!isLeftOut) tree.files.push(path);
    }
  }
  return tree;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    // Not readable, or gone since: nothing to list there.
    return [];
  }
}
