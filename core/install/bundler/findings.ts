/** What is wrong with a bundle, in words: what, where, and by which chain of imports it came in. */
import { lstatSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import type { Message, Metafile } from "esbuild";
import type { Attempt } from "./build.ts";
import type { BundleProblem } from "./messages.ts";
import { type BuiltinImport, builtinNamespace, type Sources } from "./sources.ts";

export const entryName = "gantry-entry.js";

export interface Finding {
  /** Relative to the plugin's folder; absent when it is about no file. */
  file?: string;
  line?: number;
  column?: number;
  /** After the chain: `imports node:fs, a module of Node.js`. */
  text: string;
  /** Of what a file imports, the chain to that file is told. */
  isImport: boolean;
}

export function findingsIn(attempt: Attempt, sources: Sources, root: string): Finding[] {
  const found = [
    ...attempt.errors.map((error) => ofError(error, root)),
    ...attempt.warnings.flatMap(ofWarning),
    ...sources.builtinImports.filter((one) => isUsed(one, attempt.metafile, root)).map((one) => ofBuiltin(one, root)),
    ...(attempt.metafile ? leftImports(attempt.metafile) : []),
  ];
  const byText = new Map(found.map((one) => [`${one.file}:${one.line}:${one.text}`, one]));
  return [...byText.values()].sort(byPlace);
}

function byPlace(a: Finding, b: Finding): number {
  const [one, other] = [a.file ?? "", b.file ?? ""];
  if (one !== other) return one < other ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

const whyNoNode = "a module of Node.js, which no plugin has: use ctx (fs, net, process, …) or another package";

function ofError({ text, location, id }: Message, root: string): Finding {
  const at = location ? { file: location.file, line: location.line, column: location.column + 1 } : {};
  const [, wanted] = /^Could not resolve "(.*)"$/.exec(text) ?? [];
  if (wanted !== undefined && isBuiltin(wanted)) return { ...at, text: `imports ${wanted}, ${whyNoNode}`, isImport: true };
  if (wanted !== undefined && location?.file === entryName) {
    return { text: `The module ${wanted.replace(/^\.\//, "")} is missing`, isImport: false };
  }
  if (wanted !== undefined) return { ...at, text: `imports ${wanted}, ${absence(wanted, root)}`, isImport: true };
  if (id === "unsupported-dynamic-import") {
    return {
      ...at,
      text: `calls import() with a name that is only known when it runs (${location?.lineText.trim().slice(0, 80)}); give it a string literal`,
      isImport: true,
    };
  }
  if (location?.file === entryName && text.includes('"default"')) {
    const [, main = "The module"] = /in "([^"]*)"/.exec(text) ?? [];
    return { text: `${main} has no default export: end it with \`export default definePlugin({…})\``, isImport: false };
  }
  return { ...at, text, isImport: text.endsWith("which is outside the plugin's folder") };
}

function absence(specifier: string, root: string): string {
  if (/^[./]/.test(specifier)) return "which is not there";
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  const isLink = lstatSync(path.join(root, "node_modules", name), { throwIfNoEntry: false })?.isSymbolicLink();
  // What it leads to is not to be seen from here.
  if (isLink) return `which is a link out of the plugin's folder: install ${name} itself`;
  return `which is not there: add ${name} to the dependencies in package.json and install them`;
}

function ofWarning({ id, location, text }: Message): Finding[] {
  // In a package it may be a way to look for what only Node has, in a try block; there it finds nothing, as it should.
  if (id !== "direct-eval" || location === null || location.file.includes("node_modules/")) return [];
  const { file, line, column } = location;
  return [
    {
      file,
      line,
      column: column + 1,
      text: `${text.split(" with a bundler")[0]} is not possible: it cannot see local names there; (0, eval)(…) can be used`,
      isImport: false,
    },
  ];
}

/** In a bundle that was made: whether its importer and the stand-in are in it. In one that was not, all count. */
function isUsed({ importer, specifier }: BuiltinImport, metafile: Metafile | undefined, root: string): boolean {
  if (metafile === undefined) return true;
  const outputs = Object.values(metafile.outputs).map(({ inputs }) => inputs);
  const has = (name: string): boolean => outputs.some((inputs) => (inputs[name]?.bytesInOutput ?? 0) > 0);
  return has(`${builtinNamespace}:${specifier}`) && has(relativeTo(root, importer));
}

function ofBuiltin({ importer, specifier }: BuiltinImport, root: string): Finding {
  const line = lineOf(importer, specifier);
  const at = { file: relativeTo(root, importer), ...(line === undefined ? {} : { line }) };
  return { ...at, text: `imports ${specifier}, ${whyNoNode}`, isImport: true };
}

function lineOf(file: string, specifier: string): number | undefined {
  const lines = readFileSync(file, "utf8").split("\n");
  const index = lines.findIndex((line) => line.includes(`"${specifier}"`) || line.includes(`'${specifier}'`));
  return index < 0 ? undefined : index + 1;
}

function leftImports({ outputs }: Metafile): Finding[] {
  return Object.values(outputs)
    .flatMap(({ imports }) => imports)
    .filter(({ kind, external }) => external && !kind.startsWith("require"))
    .map(({ path: name }) => ({ text: `${name} is imported but cannot be part of a bundle`, isImport: false }));
}

/** `graph` is of a survey; without one no chains are told. */
export function problemsOf(findings: readonly Finding[], graph: Metafile | undefined): BundleProblem[] {
  return findings.map(({ file, line, column, text, isImport }) => {
    const place =
      file === undefined ? {} : { file, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) };
    if (file === undefined || !isImport) return { text, ...place };
    const chain = (graph && chainTo(file, graph)) ?? [file];
    return { text: `${chain.map(named).join(" → ")} ${text}`, ...place };
  });
}

/** From the plugin's own module to `file`, by the fewest steps. */
function chainTo(file: string, { inputs }: Metafile): string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[entryName, undefined]]);
  // A map goes on to what is added to it meanwhile.
  for (const [current] of cameFrom) {
    if (current === file) break;
    for (const { path: next } of inputs[current]?.imports ?? []) if (!cameFrom.has(next)) cameFrom.set(next, current);
  }
  if (!cameFrom.has(file)) return undefined;
  const chain: string[] = [];
  for (let at: string | undefined = file; at !== undefined && at !== entryName; at = cameFrom.get(at)) chain.unshift(at);
  return chain;
}

/** A package's file by the package: `left-pad (index.js)`. */
function named(file: string): string {
  const [, name, rest] = /.*(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(file) ?? [];
  return name === undefined ? file : `${name} (${rest})`;
}

function relativeTo(root: string, file: string): string {
  return path.relative(root, file).split(path.sep).join("/");
}
