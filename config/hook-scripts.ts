/**
 * The files that hooks name in their command lines. Trust in a project's hook is trust in the file it starts as it is now, so
 * their bytes are bound with it, and each link that leads to them; and all of them are guarded from edits (core/permission).
 */
import { isAbsolute, relative, sep } from "node:path";
import { printable } from "../core/contract/printable.ts";
import { firstLine, kindOf, readBytes, realFileNow } from "./files.ts";
import { isObject } from "./fragment.ts";
import { type NamedPaths, type Places, pathsIn, type StartedCommand } from "./hook-paths.ts";
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

/** Everything a held hook names in the project, or by a link in it. */
interface Bound {
  source: string;
  by: string;
  /** There or not: one that comes is one that changed. */
  watched: string[];
  links: { path: string; text: string }[];
  files: string[];
  /** What it may run and is not bound. */
  others: TrustPart[];
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
  const files = new Set(all.flatMap((hook) => [...pathsIn(hook, places).paths].flatMap((path) => realOf(path) ?? [])));
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
      ...distinct(bound.flatMap(({ others }) => others)),
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

/** One command may stand for several: a server's, with its variables as they are and as they are by default. */
function distinct(parts: readonly TrustPart[]): TrustPart[] {
  return [...new Map(parts.map((part) => [JSON.stringify(part), part])).values()];
}

function boundBy(hook: StartedCommand, places: Places, realOf: (path: string) => string | undefined): Bound {
  const { root } = places;
  const named = pathsIn(hook, places);
  const bound: Bound = { source: hook.source, by: hook.by ?? "a hook", watched: [], links: [], files: [], others: [] };
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
  for (const path of named.paths) bind(path);
  for (const file of [...bound.files]) for (const interpreter of interpretersOf(file)) bind(interpreter);
  bound.others = othersOf(hook, bound, named);
  return bound;
}

/** What a script's first line names. */
function interpretersOf(file: string): string[] {
  const line = firstLine(file, 256);
  return line.startsWith("#!") ? line.slice(2).trim().split(/\s+/).filter(isAbsolute) : [];
}

/** What cannot be bound is said. */
function othersOf(hook: StartedCommand, { files }: Bound, named: NamedPaths): TrustPart[] {
  const isServer = hook.by !== undefined;
  // A hook's script that is not there is told as broken.
  const isOpen =
    isServer && ((named.isInterpreted && files.length === 0) || files.some((file) => file.includes("/node_modules/")));
  if (!named.startsOthers && !isOpen) return [];
  const command = hook.shown ?? (isObject(hook.handler) ? String(hook.handler["command"]) : "");
  const shown = printable(command.length > 80 ? `${command.slice(0, 79)}…` : command);
  const what = `${isServer ? "the MCP server's command" : "the hook"} ${shown} may also run files that its command line does not name; a change of them is not noticed`;
  return [{ what, source: hook.source }];
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
