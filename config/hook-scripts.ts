/**
 * The files that hooks name in their command lines. Trust in a project's hook is trust in the file it starts as it is now, so
 * their bytes are bound with it, and each link that leads to them; and all of them are guarded from edits (core/permission).
 */
import { isAbsolute, join, relative, sep } from "node:path";
import type { DeclaredHook } from "../core/contract/host.ts";
import { printable } from "../core/contract/printable.ts";
import { firstLine, kindOf, readBytes, realFileNow } from "./files.ts";
import { isObject } from "./fragment.ts";
import { hookWords } from "./hook-words.ts";
import { walkPath } from "./linked-path.ts";
import { sha256 } from "./paths.ts";
import { changedPaths, stampsOf } from "./stamps.ts";
import type { TrustPart } from "./trust.ts";

export interface HookScripts {
  /** Real paths, of all hooks. */
  files: string[];
  /** One for each file of the project that a held hook names, and one for each held hook that may start others. */
  parts: TrustPart[];
  /** Their paths from the root and their contents' hashes; of links what they say. */
  seals: [file: string, content: string][];
  stamps: ReadonlyMap<string, string>;
  /** Files that a held hook names, by the place where the hook is written, that are not what they were. */
  changedOf(source: string): string[];
}

/** A hook, or another command line that a config names. */
export interface StartedCommand extends Pick<DeclaredHook, "handler" | "layer" | "source" | "base"> {
  /** Who starts it, in words. Default: a hook. */
  by?: string;
  /** Where it is started, below the root. */
  folder?: string;
}

interface Places {
  /** All real. */
  root: string;
  home: string;
  /** Where hooks that are not the project's are started, at first. */
  cwd: string;
}

/** Everything a held hook names in the project, or by a link in it. */
interface Bound {
  source: string;
  by: string;
  /** There or not: one that comes is one that changed. */
  watched: string[];
  links: { path: string; text: string }[];
  files: string[];
}

const maxSealedBytes = 1_048_576;
const maxFiles = 500;

export async function findHookScripts(
  all: readonly StartedCommand[],
  held: readonly StartedCommand[],
  places: Places,
): Promise<HookScripts> {
  // Hooks share many words.
  const looked = new Map<string, string | undefined>();
  const realOf = (path: string): string | undefined => {
    if (!looked.has(path)) looked.set(path, realFileNow(path));
    return looked.get(path);
  };
  const bound = held.map((hook) => boundBy(hook, places, realOf));
  const files = new Set(all.flatMap((hook) => [...pathsIn(hook, places)].flatMap((path) => realOf(path) ?? [])));
  for (const file of bound.flatMap((each) => each.files)) files.add(file);
  const sealed = firstSources(bound.flatMap(({ files: own, source, by }) => own.map((path) => ({ path, source, by }))));
  const links = firstSources(bound.flatMap(({ links: own, source, by }) => own.map((link) => ({ ...link, source, by }))));
  const name = (path: string): string => (path.startsWith(places.root + sep) ? relative(places.root, path) : path);
  const seals = await Promise.all(
    sealed.map(async ({ path }): Promise<[string, string]> => [name(path), await contentOf(path)]),
  );
  const watched = bySource(bound);
  const stamps = stampsOf([...watched.values()].flat());
  return {
    files: [...files].slice(0, maxFiles),
    parts: [
      ...sealed.map(({ path, source, by }) => ({
        what: `the file ${printable(name(path))}, as it is now, run by ${by}`,
        source,
      })),
      ...links.map(({ path, text, source, by }) => ({
        what: `the link ${printable(`${name(path)} to ${text}`)}, run by ${by}`,
        source,
      })),
      ...held.flatMap((hook) => othersOf(hook, places)),
    ],
    seals: [...seals, ...links.map(({ path, text }): [string, string] => [name(path), `link to ${text}`])],
    stamps,
    changedOf: changeFinder(watched, stamps),
  };
}

/** Each hook is told of its own. */
function changeFinder(
  watched: ReadonlyMap<string, readonly string[]>,
  stamps: HookScripts["stamps"],
): HookScripts["changedOf"] {
  return (source) => changedPaths(new Map((watched.get(source) ?? []).map((path) => [path, stamps.get(path) ?? ""])));
}

/** Hooks that are written on one line share their place. */
function bySource(bound: readonly Bound[]): Map<string, string[]> {
  const all = new Map<string, string[]>();
  for (const { source, watched } of bound) all.set(source, [...(all.get(source) ?? []), ...watched]);
  return all;
}

/** Each path once, with the hook that names it first. */
function firstSources<T extends { path: string }>(found: readonly T[]): T[] {
  const first = new Map<string, T>();
  for (const one of found) if (!first.has(one.path)) first.set(one.path, one);
  return [...first.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function boundBy(hook: StartedCommand, places: Places, realOf: (path: string) => string | undefined): Bound {
  const { root } = places;
  const bound: Bound = { source: hook.source, by: hook.by ?? "a hook", watched: [], links: [], files: [] };
  const bind = (path: string): void => {
    if (!path.startsWith(root + sep)) return;
    bound.watched.push(path);
    if (realOf(path) === undefined) return;
    const { links, real } = walkPath(root, path.slice(root.length + 1));
    bound.links.push(...links);
    bound.watched.push(...links.map((link) => link.path));
    if (real === undefined) return;
    bound.files.push(real);
    bound.watched.push(real);
  };
  for (const path of pathsIn(hook, places)) bind(path);
  for (const file of [...bound.files]) for (const interpreter of interpretersOf(file)) bind(interpreter);
  return bound;
}

/** What a script's first line names. */
function interpretersOf(file: string): string[] {
  const line = firstLine(file, 256);
  return line.startsWith("#!") ? line.slice(2).trim().split(/\s+/).filter(isAbsolute) : [];
}

/** What each word of a command may name, from where the hook is started and from each folder its line goes to. */
function pathsIn(hook: StartedCommand, { root, home, cwd }: Places): Set<string> {
  const found = hookWords(hook.handler, { root, home });
  if (found === undefined) return new Set();
  const isProjects = hook.layer === "project" || hook.layer === "local";
  const folders = new Set(isProjects ? [root] : [hook.base, root, cwd]);
  if (hook.folder !== undefined) folders.add(under(root, hook.folder));
  for (const to of found.folders) for (const from of [...folders]) folders.add(under(from, to));
  const paths = new Set<string>();
  for (const word of [
    ...found.words,
    ...(isPackageRun(hook) ? found.read.filter((name) => name !== "package.json") : found.read),
  ])
    for (const folder of folders) paths.add(under(folder, word));
  return paths;
}

/** Not made shorter where it goes up: behind a link that would be another place. */
function under(folder: string, path: string): string {
  const goesUp = path.split("/").includes("..");
  if (isAbsolute(path)) return goesUp ? path : join(path);
  return goesUp ? `${folder}/${path}` : join(folder, path);
}

/** What cannot be bound is said. */
function othersOf(hook: StartedCommand, places: Places): TrustPart[] {
  if (isPackageRun(hook) || hookWords(hook.handler, places)?.startsOthers !== true) return [];
  const command = isObject(hook.handler) ? String(hook.handler["command"]) : "";
  const shown = printable(command.length > 80 ? `${command.slice(0, 79)}…` : command);
  const what = `${hook.by === undefined ? "the hook" : "the MCP server's command"} ${shown} may also run files that its command line does not name; a change of them is not noticed`;
  return [{ what, source: hook.source }];
}

/** Of a server, `npx PACKAGE` and its like: what it runs is named, and package.json has no part in it. */
function isPackageRun({ by, handler }: StartedCommand): boolean {
  return by !== undefined && isObject(handler) && /^(?:npx|pnpx|bunx|uvx)$/.test(String(handler["command"]));
}

/**
 * The hash of its bytes; of a big file its size and times, so that a hook may start a whole program, and of one that may not be
 * read. What says that it is empty is not read: a file of the kernel's says so, and may have no end.
 */
async function contentOf(file: string): Promise<string> {
  const bytes = (await kindOf(file))?.bytes ?? 0;
  if (bytes === 0) return sha256("");
  const byStats = `${bytes} bytes, ${stampsOf([file]).get(file) ?? ""}`;
  return bytes > maxSealedBytes ? byStats : await readBytes(file).then(sha256, () => byStats);
}
