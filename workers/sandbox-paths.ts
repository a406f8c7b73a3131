/**
 * Which existing paths a sandbox must close: bubblewrap takes names and no patterns. Below the roots everything is looked at
 * before each line; a folder that has not changed since is not read again. Elsewhere patterns with a place are followed.
 */
import { type Dirent, lstatSync, readdirSync, realpathSync } from "node:fs";
import { join, sep } from "node:path";
import { nowMs } from "../core/contract/clock.ts";
import type { HiddenPaths } from "../core/contract/execution.ts";
import { compilePatterns, type PathTest } from "../core/permission/patterns/path-pattern.ts";
import type { SandboxPolicy } from "./sandbox-messages.ts";

export interface ClosedPaths {
  unreadable: string[];
  unwritable: string[];
}

interface Folder {
  /** Of the folder itself, when it was read. */
  stamp: string;
  unreadable: string[];
  unwritable: string[];
  below: string[];
}

interface Tests {
  hides: PathTest;
  guards: PathTest;
}

const maxSearchMs = 20_000;
/** Each is a mount of its own, and bubblewrap takes 9,000 arguments. */
const maxPaths = 2_500;
/** A folder that changed this shortly before it was read may change again within the same tick of the clock. */
const settledMs = 2_000;

/** A search that remembers; throws when it takes too long or finds more than can be closed. */
export function createPathSearch(): (policy: SandboxPolicy) => Promise<ClosedPaths> {
  let known: { policy: string; folders: Map<string, Folder>; tests: Tests } | undefined;
  return async (policy) => {
    const { roots, hidden, secrets, opened, guarded } = policy;
    const key = JSON.stringify({ hidden, secrets, opened, guarded });
    if (known?.policy !== key) known = { policy: key, folders: new Map(), tests: await testsOf(policy) };
    const closed: ClosedPaths = { unreadable: [], unwritable: [] };
    searchBelow(roots, { ...known, closed });
    for (const path of elsewhere(policy)) if (known.tests.hides(path)) closed.unreadable.push(path);
    for (const path of [...closed.unreadable]) closed.unreadable.push(...targetOf(path));
    const found = closed.unreadable.length + closed.unwritable.length;
    if (found > maxPaths) {
      const [first] = closed.unreadable;
      throw new Error(
        `${found} secrets files and guarded files would have to be closed, and at most ${maxPaths} can be (${first}, …)`,
      );
    }
    return { unreadable: [...new Set(closed.unreadable)], unwritable: [...new Set(closed.unwritable)] };
  };
}

async function testsOf({ hidden, secrets, opened, guarded }: SandboxPolicy): Promise<Tests> {
  const compile = (groups: readonly HiddenPaths[], strict: boolean) =>
    Promise.all(groups.map((group) => compilePatterns(group, { strict })));
  const [hides, keeps, opens, guards] = await Promise.all([
    compile(hidden, true),
    compile(secrets, true),
    compile(opened, false),
    compile(guarded, true),
  ]);
  const matches = (tests: readonly PathTest[], path: string) => tests.some((test) => test(path));
  return {
    hides: (path) => matches(hides, path) || (matches(keeps, path) && !matches(opens, path)),
    guards: (path) => matches(guards, path),
  };
}

function searchBelow(
  roots: readonly string[],
  { folders, tests, closed }: { folders: Map<string, Folder>; tests: Tests; closed: ClosedPaths },
): void {
  const start = nowMs();
  const waiting = [...roots];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (nowMs() - start > maxSearchMs) {
      throw new Error(`looking for secrets files in ${roots.join(", ")} took more than ${maxSearchMs / 1_000} s`);
    }
    const folder = lookAt(path, folders.get(path), tests);
    if (folder === undefined) continue;
    folders.set(path, folder);
    closed.unreadable.push(...folder.unreadable);
    closed.unwritable.push(...folder.unwritable);
    waiting.push(...folder.below);
  }
}

function lookAt(path: string, known: Folder | undefined, { hides, guards }: Tests): Folder | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (!stat?.isDirectory()) return undefined;
  const stamp = `${stat.ino}:${stat.mtimeNs}:${stat.ctimeNs}`;
  if (known?.stamp === stamp) return known;
  const folder: Folder = { stamp, unreadable: [], unwritable: [], below: [] };
  if (Date.now() - Number(stat.mtimeMs) < settledMs) folder.stamp = "";
  for (const entry of entriesOf(path)) {
    const at = join(path, entry.name);
    if (hides(at)) folder.unreadable.push(at);
    else if (entry.isDirectory() && entry.name === ".git") folder.unwritable.push(join(at, "hooks"), join(at, "config"));
    // What is below node_modules is run as it is: nothing there is worth guarding.
    else if (!at.includes(`${sep}node_modules${sep}`) && guards(at)) folder.unwritable.push(at);
    else if (entry.isDirectory()) folder.below.push(at);
  }
  return folder;
}

/** A folder that cannot be read here cannot be read by the shell's user either. */
function entriesOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Existing paths that patterns with a place name, and all names directly in the home folder. */
function elsewhere({ hidden, secrets, home }: SandboxPolicy): string[] {
  const placed = [...hidden, ...secrets].flatMap(({ base, patterns }) =>
    patterns.filter(isPlaced).flatMap((pattern) => follow(base, pattern.replace(/\/\*\*\/?$/, "").split("/"))),
  );
  return [...placed, ...entriesOf(home).map(({ name }) => join(home, name))];
}

/** With a slash before its end it is relative to its base. /proc is another one inside. */
function isPlaced(pattern: string): boolean {
  return !pattern.startsWith("!") && !pattern.startsWith("/proc/") && /\/./.test(pattern.replace(/\/\*\*\/?$/, "/."));
}

function follow(base: string, segments: readonly string[]): string[] {
  let paths = [base];
  for (const segment of segments) {
    if (segment === "") continue;
    if (segment === "**") return [];
    const isLiteral = !/(?:^|[^\\])[*?[]/.test(segment);
    const name = segment.replace(/\\(.)/g, "$1");
    const like = isLiteral ? undefined : likeness(segment);
    paths = paths.flatMap((path) =>
      like === undefined
        ? [join(path, name)]
        : entriesOf(path)
            .filter((entry) => like.test(entry.name))
            .map((entry) => join(path, entry.name)),
    );
  }
  return paths.filter((path) => path !== base && lstatSync(path, { throwIfNoEntry: false }) !== undefined);
}

/** Wide on purpose, a class is any letter: what is found is compared with the whole pattern afterwards. */
function likeness(segment: string): RegExp {
  const source = segment.replace(/\[[^\]]*\]|[\\^$.*+?()[\]{}|]/g, (special) =>
    special === "*" ? ".*" : special === "?" || special.startsWith("[") ? "." : `\\${special}`,
  );
  return new RegExp(`^${source}$`, "isu");
}

/** A link is closed with what it leads to. */
function targetOf(path: string): string[] {
  try {
    const real = realpathSync.native(path);
    return real === path ? [] : [real];
  } catch {
    return [];
  }
}
