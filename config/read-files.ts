/** Files as fragments of the config (only importer of cosmiconfig, which is loaded when there is a file to read). */
import { basename } from "node:path";
import { codeOf, messageOf } from "../core/contract/errors.ts";
import type { ConfigProblem } from "../core/contract/host.ts";
import { type Fragment, isObject } from "./fragment.ts";
import type { LoadOptions } from "./loaded.ts";
import { type ParsedFile, parseFile } from "./parsed-file.ts";
import { manifestName } from "./project.ts";
import type { SourceFile } from "./sources.ts";

/** What cannot be read or parsed becomes problems. `instead`: the text of one of them, which need not be there. */
export async function readFiles(
  files: readonly SourceFile[],
  problems: ConfigProblem[],
  instead?: LoadOptions["instead"],
): Promise<Fragment[]> {
  if (files.length === 0) return [];
  const fromDisk = await openReader();
  const read: Reader = async (path) => (path === instead?.path ? await parseFile(path, instead.text) : await fromDisk(path));
  const fragments = await Promise.all(files.map(async (file) => await readFragment(file, read, problems)));
  return fragments.flat();
}

async function readFragment({ path, layer, base }: SourceFile, read: Reader, problems: ConfigProblem[]): Promise<Fragment[]> {
  const inManifest = basename(path) === manifestName && layer === "project";
  try {
    const parsed = await read(path);
    if (parsed === undefined) return [];
    for (const { message, line, column } of parsed.faults) {
      problems.push({ code: "CONFIG_INVALID", message: `${message} (column ${column})`, file: path, line });
    }
    const data = inManifest && isObject(parsed.data) ? parsed.data["gantry"] : parsed.data;
    if (data === undefined) return [];
    const lineOf: Fragment["lineOf"] = (at) => parsed.lineOf(inManifest ? ["gantry", ...at] : at) ?? 1;
    return [{ layer, data, name: path, base, lineOf }];
  } catch (error) {
    // A file may be unreadable, or gone since its name was seen; what is a fault of ours goes on up.
    if (codeOf(error) !== undefined || !(error instanceof Error && "code" in error)) throw error;
    problems.push({ code: "CONFIG_INVALID", message: `this file cannot be read: ${messageOf(error)}`, file: path });
    return [];
  }
}

type Reader = (path: string) => Promise<ParsedFile | undefined>;

/**
 * cosmiconfig reads a file and picks its loader. It runs programs in three ways, and each is closed (test/config/hostile-project.test.ts):
 * its constructor runs `.config/config.js` of the cwd, so it is constructed in a folder of ours; its loaders of .js and .ts
 * run the file, so all loaders are our own; it follows `$import`, so our loaders hand it an object that has no such key.
 */
async function openReader(): Promise<Reader> {
  const { cosmiconfig } = await import("cosmiconfig");
  const load = async (path: string, text: string): Promise<{ parsed: ParsedFile } | { gantry: { parsed: ParsedFile } }> => {
    const parsed = await parseFile(path, text);
    // Of a package.json, cosmiconfig hands over the part below `gantry` and nothing else.
    return basename(path) === manifestName ? { gantry: { parsed } } : { parsed };
  };
  const refuse = (path: string): never => {
    throw new Error(`${path} is a program and is never run`);
  };
  const loaders = { ".json": load, ".jsonc": load, ".yaml": load, ".yml": load, noExt: load };
  const refusing = Object.fromEntries([".js", ".ts", ".cjs", ".mjs", ".cts", ".mts"].map((ending) => [ending, refuse]));
  const options = { loaders: { ...loaders, ...refusing }, searchPlaces: [], searchStrategy: "none" as const, cache: false };
  const explorer = inOwnFolder(() => cosmiconfig("gantry", options));
  return async (path) => {
    const result = await explorer.load(path);
    if (result?.isEmpty === true) return undefined;
    return (result?.config as { parsed: ParsedFile } | undefined)?.parsed;
  };
}

/** For code that asks for the cwd and returns at once. Not chdir: that moves every thread, and fails in one that is not the main. */
function inOwnFolder<T>(construct: () => T): T {
  const original = process.cwd;
  process.cwd = () => import.meta.dirname;
  try {
    return construct();
  } finally {
    process.cwd = original;
  }
}
