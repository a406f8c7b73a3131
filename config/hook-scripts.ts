/**
 * The files that hooks name in their command lines. Trust in a project's hook is trust in the file it starts as it is now, so
 * their bytes are bound with it; and all of them are guarded from edits (core/permission).
 */
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import type { DeclaredHook } from "../core/contract/host.ts";
import { printable } from "../core/contract/printable.ts";
import { kindOf, readBytes, realFileNow } from "./files.ts";
import { isObject } from "./fragment.ts";
import { sha256 } from "./paths.ts";
import { changedPaths, stampsOf } from "./stamps.ts";
import type { TrustPart } from "./trust.ts";

export interface HookScripts {
  /** Real paths, of all hooks. */
  files: string[];
  /** One for each file of the project that a held hook names. */
  parts: TrustPart[];
  /** Their paths from the root and their contents' hashes. */
  seals: [file: string, content: string][];
  stamps: ReadonlyMap<string, string>;
  /** Files that a held hook names, by the place where the hook is written, that are not what they were. */
  changedOf(source: string): string[];
}

interface Places {
  /** All real. */
  root: string;
  home: string;
  /** Where hooks are started: in a subfolder the same words may name another file, and that one is bound too. */
  cwd: string;
}

const maxSealedBytes = 1_048_576;
/** Per hook; a command line that names more files than this is no command line. */
const maxWords = 200;
const maxFiles = 500;

export async function findHookScripts(
  all: readonly DeclaredHook[],
  held: readonly DeclaredHook[],
  places: Places,
): Promise<HookScripts> {
  const every = filesOf(all, places);
  const ofHeld = filesOf(held, places);
  const inProject = [...ofHeld].filter(([file]) => file.startsWith(places.root + sep)).sort(([a], [b]) => (a < b ? -1 : 1));
  const seals = await Promise.all(
    inProject.map(async ([file]): Promise<[string, string]> => [relative(places.root, file), await contentOf(file)]),
  );
  const parts = inProject.map(([file, source]) => ({
    what: `the file ${printable(relative(places.root, file))}, as it is now, run by a hook`,
    source,
  }));
  // Also of files that are not there yet: one that comes is one that changed.
  const inside = (hook: DeclaredHook): string[] =>
    [...pathsIn(hook.handler, hook.base, places)]
      .flatMap((path) => [path, realFileNow(path) ?? path])
      .filter((path) => path.startsWith(places.root + sep));
  const bySource = new Map(held.map((hook) => [hook.source, stampsOf(inside(hook))]));
  return {
    files: [...every.keys()],
    parts,
    seals,
    stamps: stampsOf(held.flatMap(inside)),
    changedOf: (source) => changedPaths(bySource.get(source) ?? new Map()),
  };
}

/** Real path of each file, with the hook that names it first. */
function filesOf(hooks: readonly DeclaredHook[], places: Places): Map<string, string> {
  const files = new Map<string, string>();
  for (const { handler, base, source } of hooks) {
    for (const path of pathsIn(handler, base, places)) {
      const real = files.size < maxFiles ? realFileNow(path) : undefined;
      if (real !== undefined && !files.has(real)) files.set(real, source);
    }
  }
  return files;
}

/** What each word of a command may name: quotes are taken off, and the project's folder is put in for its variable. */
function pathsIn(handler: DeclaredHook["handler"], base: string, { root, home, cwd }: Places): Set<string> {
  if (!isObject(handler) || typeof handler["command"] !== "string") return new Set();
  const args = Array.isArray(handler["args"]) ? handler["args"].filter((arg) => typeof arg === "string") : [];
  const words = [handler["command"], ...args].flatMap((text) => [text, ...text.split(/[\s;&|<>()`=]+/)]);
  const paths = new Set<string>();
  for (const word of new Set(words.slice(0, maxWords))) {
    const plain = word
      .replaceAll(/["'\\]/g, "")
      .replaceAll(/\$\{?(?:CLAUDE|GANTRY)_PROJECT_DIR\}?/g, root)
      .replace(/^(?:~|\$\{?HOME\}?)(?=\/)/, home);
    if (plain === "" || plain.length > 4096 || plain.includes("\0")) continue;
    if (isAbsolute(plain)) paths.add(resolve(plain));
    else for (const folder of [base, root, cwd]) paths.add(join(folder, plain));
  }
  return paths;
}

/** The hash of its bytes; of a big file its size and times, so that a hook may start a whole program. */
async function contentOf(file: string): Promise<string> {
  const found = await kindOf(file);
  if ((found?.bytes ?? 0) > maxSealedBytes) return `${found?.bytes} bytes, ${stampsOf([file]).get(file) ?? ""}`;
  return sha256(await readBytes(file));
}
