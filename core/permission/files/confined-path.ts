/**
 * A path proven to be within a call's reach; `confine` is the only way to make one, and the only kind that the effects
 * accept. Order of work: spell out → follow every link → compare with the roots → compare with what is hidden.
 */
import fs from "node:fs";
import { basename, dirname, isAbsolute, join, resolve, sep } from "node:path";
import { isMainThread } from "node:worker_threads";
import { GantryError } from "../../contract/errors.ts";
import type { HiddenPaths, Reach } from "../../contract/execution.ts";
import { compilePatterns, type PathTest } from "../patterns/path-pattern.ts";

declare const proven: unique symbol;

/** `real` is absolute and free of links and `..`, whether or not the file exists; `requested` is what was asked for. */
export interface ConfinedPath {
  readonly real: string;
  readonly requested: string;
  readonly [proven]: true;
}

interface ConfineOptions {
  /** Absolute and real; relative paths start here. */
  cwd: string;
  home: string;
  reach: Reach;
  /** `search`: a folder (or file) whose content will be listed or searched. */
  intent: "read" | "write" | "search";
}

const maxNames = 10_000;
const maxLinks = 40;

/** At once in a tool's thread, where nobody else waits: the way through the pool of the file system costs ten times the call. */
const realpath = isMainThread
  ? (path: string) => fs.promises.realpath(path)
  : async (path: string) => fs.realpathSync.native(path);

/** PATH_OUTSIDE: not within the reach, NUL in the path, or links in a circle. PATH_DENIED: hidden and not approved by name. */
export async function confine(path: string, { cwd, home, reach, intent }: ConfineOptions): Promise<ConfinedPath> {
  const real = await realPathOf(spellOut(path, { cwd, home }));
  const isNamed = reach.approved.some((approved) => approved === real || (intent === "search" && isInside(approved, real)));
  if (!isNamed && !reach.roots.some((root) => isInside(root, real))) {
    throw new GantryError("PATH_OUTSIDE", `${describe(path, real)} is outside ${reach.roots.join(", ")}`);
  }
  if (!reach.approved.includes(real) && (await hiddenIn(reach))(real)) {
    const verb = { read: "reads", write: "changes", search: "searches" }[intent];
    throw new GantryError(
      "PATH_DENIED",
      `${describe(path, real)} is kept from ${verb}: a deny rule or the list of secrets files names it`,
    );
  }
  return { real, requested: path } as ConfinedPath;
}

/** Whether `path` is `root` or below it. Both absolute and real; no file is looked at. */
export function isInside(root: string, path: string): boolean {
  if (path === root) return true;
  return path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/**
 * A test for single real paths below a folder that a call may list or search: true for what the call must not show.
 * An approved path is shown; below an approved folder that is itself hidden, what the same group hides is shown.
 */
export async function hiddenIn(reach: Reach): Promise<(real: string) => boolean> {
  const groups = await Promise.all(
    reach.hidden.map(async (group) => {
      const hides = await compiled(group);
      return { hides, opened: reach.approved.filter(hides) };
    }),
  );
  return (real) => groups.some(({ hides, opened }) => hides(real) && !opened.some((approved) => isInside(approved, real)));
}

/** By the group itself: a session's groups are the same for all its calls. */
const compiledGroups = new WeakMap<HiddenPaths, Promise<PathTest>>();

function compiled(group: HiddenPaths): Promise<PathTest> {
  const known = compiledGroups.get(group) ?? compilePatterns(group, { strict: true });
  compiledGroups.set(group, known);
  return known;
}

/** The absolute path that the text means, `~/`, `.` and `..` resolved by text alone. PATH_OUTSIDE for a NUL. */
export function spellOut(path: string, { cwd, home }: { cwd: string; home: string }): string {
  if (path.includes("\0")) throw new GantryError("PATH_OUTSIDE", `the path ${JSON.stringify(path)} holds a NUL character`);
  if (path === "~") return resolve(home);
  if (path.startsWith("~/")) return resolve(home, path.slice(2));
  return resolve(cwd, path);
}

/**
 * The real path of the deepest existing ancestor, and the rest as it is. A link that leads nowhere yet is followed to where
 * a new file would appear. `path` is absolute. PATH_OUTSIDE for links in a circle.
 */
export async function realPathOf(path: string, links = 0): Promise<string> {
  let existing = path;
  let rest = "";
  while (true) {
    try {
      const real = await realpath(existing);
      return rest === "" ? real : join(real, rest);
    } catch (error) {
      refuseCircle(error, path);
    }
    const target = await linkTarget(existing);
    if (target !== undefined) {
      if (links >= maxLinks) throw circle(path);
      return realPathOf(join(target, rest), links + 1);
    }
    const parent = dirname(existing);
    if (parent === existing) return path;
    rest = join(basename(existing), rest);
    existing = parent;
  }
}

/** Every spelling on the way from `path` to its real path: after each link that is followed. First the path, last the real one. */
export async function spellingsOf(path: string, real: string): Promise<string[]> {
  if (path === real) return [real];
  const spellings = [path];
  let current: string | undefined = path;
  for (let links = 0; links < maxLinks; links++) {
    current = await followFirstLink(current);
    if (current === undefined || spellings.includes(current)) break;
    spellings.push(current);
  }
  if (!spellings.includes(real)) spellings.push(real);
  return spellings;
}

/** The names in a folder, unsorted; undefined for what is no folder, cannot be read, or has more than 10,000. `real` has no links. */
export async function namesIn(real: string): Promise<string[] | undefined> {
  try {
    const names: string[] = [];
    for await (const { name } of await fs.promises.opendir(real)) {
      if (names.push(name) > maxNames) return undefined;
    }
    return names;
  } catch {
    return undefined;
  }
}

/** More files below one folder than these are not looked at. */
const maxBelow = 3000;

/** The first path below `real` that is hidden, be it by a link to it; "too many" where not all of them were looked at. */
export async function firstKept(
  real: string,
  isHidden: (path: string) => boolean,
  { skipsHidden }: { skipsHidden: boolean },
): Promise<string | "too many" | undefined> {
  const folders = [real];
  let seen = 0;
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    try {
      for await (const entry of await fs.promises.opendir(folder, { bufferSize: 256 })) {
        if (skipsHidden && entry.name.startsWith(".")) continue;
        if (++seen > maxBelow) return "too many";
        const path = join(folder, entry.name);
        if (isHidden(path)) return path;
        // Of a repository's objects, names say nothing.
        if (entry.isDirectory() && !path.endsWith("/.git/objects")) folders.push(path);
        else if (entry.isSymbolicLink() && isHidden(await realPathOf(path).catch(() => path))) return path;
      }
    } catch {
      // No folder, or one that must not be looked at: nothing below is read either.
    }
  }
  return undefined;
}

/** False too for what is not there or must not be looked at. `real` has no links. */
export async function isFolder(real: string): Promise<boolean> {
  try {
    return (await fs.promises.lstat(real)).isDirectory();
  } catch {
    return false;
  }
}

async function followFirstLink(path: string): Promise<string | undefined> {
  const names = path.split(sep).filter((name) => name !== "");
  let folder: string = sep;
  for (const [index, name] of names.entries()) {
    const at = join(folder, name);
    const target = await readLink(at);
    if (target !== undefined) return join(isAbsolute(target) ? target : join(folder, target), ...names.slice(index + 1));
    folder = at;
  }
  return undefined;
}

async function linkTarget(path: string): Promise<string | undefined> {
  const target = await readLink(path);
  if (target === undefined) return undefined;
  return isAbsolute(target) ? target : resolve(await realpath(dirname(path)), target);
}

/** Undefined for whatever is not a link or cannot be looked at. */
async function readLink(path: string): Promise<string | undefined> {
  try {
    return await fs.promises.readlink(path);
  } catch (error) {
    refuseCircle(error, path);
    return undefined;
  }
}

function refuseCircle(error: unknown, path: string): void {
  if (typeof error === "object" && error !== null && "code" in error && error.code === "ELOOP") throw circle(path, error);
}

function circle(path: string, cause?: unknown): GantryError {
  return new GantryError("PATH_OUTSIDE", `the symbolic links of ${path} lead in a circle`, { cause });
}

function describe(path: string, real: string): string {
  return path === real ? path : `${path} (really ${real})`;
}
