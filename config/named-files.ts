/**
 * Which files a word of a command line may mean to the program that reads it, beside a file of just that name: `./evil` is
 * evil.js to node, `.` is what package.json or index.js says, `-m evil` is evil.py, and `npx evil` is node_modules/.bin/evil.
 */
import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isObject, type Json } from "../core/contract/messages.ts";

export type Family = "node" | "python" | "packages";

export interface Forms {
  /** Relative where the word is; the word itself is not among them. */
  files: string[];
  /** Where there is a folder of such a name, `inside` it is what is read. */
  folders: string[];
}

const families: Readonly<Record<Family, RegExp>> = {
  node: /^(?:node|nodejs|deno|bun|tsx|ts-node|nodemon|electron)$/,
  python: /^(?:i?python|pypy)[\d.]*[a-z]?$|^(?:uv|pipenv|poetry|hatch|pdm)$/,
  packages: /^(?:npx|pnpx|bunx|npm|pnpm|yarn|bun|corepack)$/,
};
/** They run what a file says, and have to be told which. */
const interpreters =
  /^(?:node|nodejs|deno|bun|tsx|ts-node|electron|(?:i?python|pypy)[\d.]*[a-z]?|(?:ba|da|z|k|a|fi|c|tc)?sh|busybox|ruby[\d.]*|perl[\d.]*|php[\d.]*|java|lua[\d.]*|Rscript|pwsh|osascript|g?awk)$/;

const endings = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".json", ".node"];
export const manifestName = "package.json";
export const inside: readonly string[] = [manifestName, ...endings.map((end) => `index${end}`), "__main__.py", "__init__.py"];

const maxManifestBytes = 1_048_576;
const maxTargets = 50;

export function isInterpreter(name: string): boolean {
  return interpreters.test(name);
}

export function familiesOf(names: readonly string[]): Family[] {
  return (Object.keys(families) as Family[]).filter((family) => names.some((name) => families[family].test(name)));
}

export function formsOf(word: string, of: readonly Family[]): Forms {
  const forms: Forms = { files: [], folders: [] };
  if (of.length === 0 || word.startsWith("-") || word.includes("://")) return forms;
  const name = packageName(word);
  if (of.includes("node")) {
    forms.files.push(...endings.map((end) => word + end));
    forms.folders.push(word, ...(name === undefined ? [] : [`node_modules/${word}`]));
  }
  if (of.includes("python")) {
    const module = /^\w+(?:\.\w+)*$/.test(word) ? word.replaceAll(".", "/") : word;
    forms.files.push(`${module}.py`);
    forms.folders.push(module);
  }
  if (of.includes("packages") && name !== undefined) forms.files.push(`node_modules/.bin/${basename(name)}`);
  return forms;
}

/** Without its version; undefined where the word is a path. */
function packageName(word: string): string | undefined {
  return /^[./~]|[\s\\]/.test(word) ? undefined : /^(?:@[^/@]+\/)?[^@]+/.exec(word)?.[0];
}

/** What a package.json names to be run: absolute paths, which need not be there. */
export function targetsOf(manifest: string): string[] {
  const data = manifestAt(manifest);
  if (!isObject(data)) return [];
  const said = [data["main"], data["bin"], data["exports"]].flatMap((value) => textsIn(value ?? null));
  return said
    .filter((path) => !path.includes("*") && !path.includes("\0"))
    .slice(0, maxTargets)
    .flatMap((path) => [path, ...endings.map((end) => path + end), `${path}/index.js`])
    .map((path) => join(dirname(manifest), path));
}

/** Whether a package runner finds one of the words in the project's own package. */
export function offersBin(manifest: string, words: readonly string[]): boolean {
  const data = manifestAt(manifest);
  if (!isObject(data) || data["bin"] === undefined) return false;
  const names = [data["name"], ...Object.keys(isObject(data["bin"]) ? data["bin"] : {})];
  return words.some((word) => names.includes(packageName(word) ?? word));
}

function manifestAt(path: string): Json | undefined {
  try {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > maxManifestBytes) return undefined;
    return JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, "")) as Json;
  } catch {
    // One that is not there or is broken names nothing, to those who run it neither.
    return undefined;
  }
}

/** As deep as exports go, and no deeper. */
function textsIn(value: Json, levels = 8): string[] {
  if (typeof value === "string") return [value];
  if (levels === 0) return [];
  if (Array.isArray(value)) return value.flatMap((each) => textsIn(each, levels - 1));
  return isObject(value) ? Object.values(value).flatMap((each) => textsIn(each, levels - 1)) : [];
}
