/** The packages that a folder of sources needs, put into it by npm: registries only, whatever its files say. */
import { lstat, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { GantryError } from "../../contract/errors.ts";
import type { FetchParts } from "../fetch.ts";
import { isRecord, readJsonFile } from "../json-file.ts";
import { runNpm } from "./npm.ts";

/** What this product brings to every plugin. */
const ours = new Set(["gantry", "zod"]);
/** Of a package.json: npm would act on the first ones, and authors' tools are not needed. */
const dropped = [
  "scripts",
  "devDependencies",
  "peerDependencies",
  "peerDependenciesMeta",
  "workspaces",
  "bundleDependencies",
  "bundledDependencies",
];
/** A range, a tag, an alias of a registry's package, or a tarball. */
const fromRegistry = /^(?!.*\.git(#|$))(?:[\w.~^<>=|*+ -]*|npm:[\w.@/~^<>=|*+ -]+|https:\/\/\S+)$/;
/** A lock names each package of a large project. */
const maxLockBytes = 16 * 1_048_576;
const lockFiles = ["package-lock.json", "npm-shrinkwrap.json"];

/** Names that package.json depends on and that are not in the folder's node_modules. */
export async function missingDependencies(folder: string): Promise<string[]> {
  const missing: string[] = [];
  for (const [name] of dependenciesOf(await readJsonFile(path.join(folder, "package.json")))) {
    if (ours.has(name)) continue;
    const there = await stat(path.join(folder, "node_modules", name)).catch(() => undefined);
    if (there === undefined) missing.push(name);
  }
  return missing;
}

/** `folder` is ours to write in. Nothing is started when nothing is missing. PLUGIN_FETCH_FAILED. */
export async function installDependencies(folder: string, parts: FetchParts): Promise<void> {
  if ((await missingDependencies(folder)).length === 0) return;
  const file = path.join(folder, "package.json");
  await refuseLinks([file, ...lockFiles.map((name) => path.join(folder, name))]);
  const own = (await readJsonFile(file)) ?? {};
  requireRegistry(dependenciesOf(own));
  for (const name of lockFiles) await leanLock(path.join(folder, name));
  // Settings of the sources' own: they could send the user's token elsewhere.
  for (const name of [".npmrc", "yarn.lock"]) await rm(path.join(folder, name), { force: true, recursive: true });
  const before = await readFile(file);
  await writeFile(file, JSON.stringify(lean(own)));
  await runNpm([], folder, parts);
  await writeFile(file, before);
}

/** They are written below: a link would lead that out of the copy, to a file of the user's. */
async function refuseLinks(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const stats = await lstat(file).catch(() => undefined);
    if (stats?.isSymbolicLink())
      throw new GantryError("PLUGIN_FETCH_FAILED", `${path.basename(file)} is a link; it must be a file of the plugin's own`);
  }
}

function dependenciesOf(own: Record<string, unknown> | undefined): [string, unknown][] {
  const { dependencies, optionalDependencies } = own ?? {};
  const optional = isRecord(optionalDependencies) ? Object.keys(optionalDependencies) : [];
  return isRecord(dependencies) ? Object.entries(dependencies).filter(([name]) => !optional.includes(name)) : [];
}

function lean(own: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(own).filter(([key]) => !dropped.includes(key));
  const dependencies = Object.fromEntries(dependenciesOf(own).filter(([name]) => name !== "gantry"));
  return { ...Object.fromEntries(kept), dependencies };
}

function requireRegistry(dependencies: [string, unknown][]): void {
  const wrong = dependencies.filter(
    ([name, range]) => name !== "gantry" && !(typeof range === "string" && fromRegistry.test(range)),
  );
  if (wrong.length === 0) return;
  const list = wrong.map(([name, range]) => `${name} (${JSON.stringify(range)})`).join(", ");
  throw new GantryError("PLUGIN_FETCH_FAILED", `Packages come from a registry; package.json names other places: ${list}`);
}

/**
 * npm fetches from where a lock file says, a local file too: what is not needed goes out of it, and the rest must come from
 * a registry.
 */
async function leanLock(file: string): Promise<void> {
  const lock = await readJsonFile(file, maxLockBytes);
  if (lock === undefined) return;
  const entries = isRecord(lock["packages"]) ? Object.entries(lock["packages"]) : [];
  const needed = entries.filter(([at, entry]) => isPackage(at) && isRecord(entry) && entry["dev"] !== true);
  const wrong = needed.filter(([, entry]) => !isFromRegistry(entry));
  if (wrong.length > 0) {
    const list = wrong
      .map(([at, entry]) => `${at} from ${JSON.stringify(isRecord(entry) ? entry["resolved"] : entry)}`)
      .join(", ");
    throw new GantryError("PLUGIN_FETCH_FAILED", `Packages come from a registry; ${path.basename(file)} takes ${list}`);
  }
  await writeFile(file, JSON.stringify({ ...lock, packages: Object.fromEntries(needed) }));
}

function isPackage(at: string): boolean {
  return at.startsWith("node_modules/") && !at.endsWith("node_modules/gantry");
}

function isFromRegistry(entry: unknown): boolean {
  if (!isRecord(entry) || entry["link"] === true) return false;
  const { resolved, inBundle } = entry;
  if (resolved === undefined) return inBundle === true;
  return typeof resolved === "string" && /^https?:\/\//.test(resolved) && !/\.git(#|$)/.test(resolved);
}
