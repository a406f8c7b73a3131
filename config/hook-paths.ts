/** The paths that a command line may name, from each folder where its words may start. Whether anything is there is not looked at. */
import { statSync } from "node:fs";
import { dirname, isAbsolute, join, sep } from "node:path";
import type { DeclaredHook } from "../core/contract/host.ts";
import { isObject } from "../core/contract/messages.ts";
import { type HookWords, hookWords } from "./hook-words.ts";
import { type Family, familiesOf, formsOf, inside, isInterpreter, manifestName, offersBin, targetsOf } from "./named-files.ts";

/** A hook, or another command line that a config names. */
export interface StartedCommand extends Pick<DeclaredHook, "handler" | "layer" | "source" | "base"> {
  /** Who starts it, in words. Default: a hook. */
  by?: string;
  /** The command as it is written, where the handler's is another. */
  shown?: string;
  /** Where it is started, below the root. */
  folder?: string;
  /** Folders where it is made to look for programs and modules. */
  paths?: readonly string[];
  /** Programs that its variables speak to: it may start them. */
  runs?: readonly string[];
  /** Folders where its program is looked for anyway. */
  inherited?: readonly string[];
}

export interface Places {
  /** All real. */
  root: string;
  home: string;
  /** Where hooks that are not the project's are started, at first. */
  cwd: string;
}

export interface NamedPaths {
  paths: ReadonlySet<string>;
  /** It runs what a file says. */
  isInterpreted: boolean;
  /** What it may run is not all named: by its runner, by the folders where it looks, or because there is too much of it. */
  startsOthers: boolean;
}

/** A server's or hook's words lead to a few hundred places at most; each is looked at before every turn. */
const maxPaths = 5_000;

export function pathsIn(hook: StartedCommand, places: Places): NamedPaths {
  const found = hookWords(hook.handler, places);
  if (found === undefined) return { paths: new Set(), isInterpreted: false, startsOthers: false };
  const { root } = places;
  const folders = foldersOf(hook, found, places);
  const isBelow = (path: string): boolean => path === root || path.startsWith(root + sep);
  const looked = (lists: readonly string[] = []): string[] =>
    folders.flatMap((from) => lists.map((to) => under(from, to))).filter(isBelow);
  const [set, inherited] = [new Set(looked(hook.paths)), new Set(looked(hook.inherited))];
  const names = [...found.names, ...(hook.runs ?? [])];
  const families = familiesOf(names);
  const paths = new Set<string>([...set]);
  for (const word of found.words) {
    for (const folder of [...folders, ...set]) addForms(paths, word, folder, families);
    if (!word.includes("/")) for (const folder of inherited) paths.add(under(folder, word));
  }
  for (const path of [...readBy(hook, found, folders)]) paths.add(path);
  const all = [...paths].slice(0, maxPaths);
  return {
    paths: new Set(all),
    isInterpreted: names.some(isInterpreter),
    startsOthers: found.startsOthers || set.size > 0 || all.length < paths.size,
  };
}

function addForms(paths: Set<string>, word: string, folder: string, families: readonly Family[]): void {
  const own = under(folder, word);
  paths.add(own);
  const forms = formsOf(word, families);
  for (const file of forms.files) paths.add(under(folder, file));
  for (const path of forms.folders.map((each) => under(folder, each))) {
    paths.add(path);
    // A folder that comes is one that changed.
    if (!isFolder(path)) continue;
    for (const name of inside) paths.add(`${path}/${name}`);
    for (const target of targetsOf(`${path}/${manifestName}`)) paths.add(target);
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}

function foldersOf(hook: StartedCommand, found: HookWords, { root, cwd }: Places): string[] {
  const isProjects = hook.layer === "project" || hook.layer === "local";
  const folders = new Set(isProjects ? [root] : [hook.base, root, cwd]);
  // Modules and installed programs are looked for on the way up, too.
  for (let at = hook.folder === undefined ? root : under(root, hook.folder); at.startsWith(root + sep); at = dirname(at))
    folders.add(at);
  if (hook.folder !== undefined) folders.add(under(root, hook.folder));
  for (const to of found.folders) for (const from of [...folders]) folders.add(under(from, to));
  return [...folders];
}

/**
 * What its runners read. A server's `npx PACKAGE` and its like have no part in package.json, but where the project's own package is
 * what they run.
 */
function readBy(hook: StartedCommand, found: HookWords, folders: readonly string[]): string[] {
  const skips = isPackageRun(hook);
  return folders.flatMap((folder) => {
    const manifest = under(folder, manifestName);
    const isOwn = skips && offersBin(manifest, found.words);
    const names = found.read.filter((name) => !skips || isOwn || name !== manifestName);
    return [...names.map((name) => under(folder, name)), ...(isOwn ? targetsOf(manifest) : [])];
  });
}

function isPackageRun({ by, handler }: StartedCommand): boolean {
  return by !== undefined && isObject(handler) && /(?:^|\/)(?:npx|pnpx|bunx|uvx|pipx)$/.test(String(handler["command"]));
}

/** Not made shorter where it goes up: behind a link that would be another place. */
function under(folder: string, path: string): string {
  const goesUp = path.split("/").includes("..");
  if (isAbsolute(path)) return goesUp ? path : join(path);
  return goesUp ? `${folder}/${path}` : join(folder, path);
}
