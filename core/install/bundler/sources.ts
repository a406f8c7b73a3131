/** Which files a bundle is made of: those of the plugin's folder by their real path, a bounded number of them, and no module of Node's. */
import { readFileSync, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import type { OnLoadResult, OnResolveArgs, OnResolveResult, PluginBuild } from "esbuild";
import type { Mode } from "./build.ts";
import type { BundleRequest } from "./messages.ts";

export const builtinNamespace = "node-builtin";
export const missingNamespace = "missing";

/** An import of one of Node's modules, for which a stand-in was given: whether it is used is known when all is bundled. */
export interface BuiltinImport {
  /** Absolute. */
  importer: string;
  specifier: string;
}

export interface Sources {
  isInside(file: string): boolean;
  readonly builtinImports: readonly BuiltinImport[];
  /** Set when the bounds of the request are reached. */
  readonly tooLarge: string | undefined;
  addTo(build: PluginBuild, mode: Mode): void;
}

const inner = { inner: true } as const;
const standIn = { contents: "module.exports = {};", loader: "js" } as const satisfies OnLoadResult;

export function createSources({ root, maxSourceBytes, maxSourceFiles }: BundleRequest): Sources {
  const builtinImports: BuiltinImport[] = [];
  let files = 0;
  let bytes = 0;
  let tooLarge: string | undefined;
  const isInside = (file: string): boolean => file.startsWith(root.endsWith(path.sep) ? root : root + path.sep);

  function load(file: string, mode: Mode): OnLoadResult {
    // esbuild hands out real paths: what a link of the plugin's leads to is judged, not the link.
    if (!isInside(file)) return mode === "survey" ? standIn : { errors: [{ text: outsideText(file) }] };
    const { size } = statSync(file);
    files += 1;
    bytes += size;
    if (files > maxSourceFiles || bytes > maxSourceBytes) {
      const limit = `${maxSourceFiles} files or ${Math.round(maxSourceBytes / 1_048_576)} MiB`;
      tooLarge ??= `The plugin's code and what it imports are more than ${limit} of sources; ${path.relative(root, file)} was the next`;
      return { errors: [{ text: tooLarge }] };
    }
    return { contents: readFileSync(file), loader: path.extname(file) === ".css" ? "empty" : "default" };
  }

  return {
    isInside,
    builtinImports,
    get tooLarge() {
      return tooLarge;
    },
    addTo(build, mode) {
      const noteBuiltin = (one: BuiltinImport): void => void builtinImports.push(one);
      build.onResolve({ filter: /^(https?:)?\/\//i }, ({ path: url }) => ({
        errors: [{ text: `${url} is not a file: code is not fetched from the network` }],
      }));
      build.onResolve({ filter: /.*/ }, (args) => resolveBuiltin(build, args, { mode, noteBuiltin }));
      if (mode === "survey") build.onResolve({ filter: /.*/ }, (args) => resolveMissing(build, args));
      build.onLoad({ filter: /.*/, namespace: builtinNamespace }, () => standIn);
      build.onLoad({ filter: /.*/, namespace: missingNamespace }, () => standIn);
      build.onLoad({ filter: /.*/, namespace: "file" }, ({ path: file }) => load(file, mode));
    },
  };
}

export function outsideText(file: string): string {
  return `imports …/${path.basename(path.dirname(file))}/${path.basename(file)}, which is outside the plugin's folder`;
}

async function resolveBuiltin(
  build: PluginBuild,
  { path: specifier, kind, importer, resolveDir, pluginData }: OnResolveArgs,
  { mode, noteBuiltin }: { mode: Mode; noteBuiltin(one: BuiltinImport): void },
): Promise<OnResolveResult | undefined> {
  if (pluginData === inner || !isBuiltin(specifier)) return undefined;
  // A require() in a try block may fail, and esbuild knows which are; it says so where the result counts.
  if (mode === "strict" && kind.startsWith("require")) return undefined;
  if (!specifier.startsWith("node:")) {
    // A package of the same name (events, buffer, …) is a plugin's own code.
    const found = await build.resolve(specifier, { kind, importer, resolveDir, pluginData: inner });
    if (found.errors.length === 0) return { path: found.path, namespace: found.namespace };
  }
  noteBuiltin({ importer, specifier });
  return { path: specifier, namespace: builtinNamespace, sideEffects: false };
}

async function resolveMissing(
  build: PluginBuild,
  { path: specifier, kind, importer, resolveDir, pluginData, namespace }: OnResolveArgs,
): Promise<OnResolveResult | undefined> {
  if (pluginData !== undefined || (namespace !== "file" && namespace !== "")) return undefined;
  const found = await build.resolve(specifier, { kind, importer, resolveDir, pluginData: inner });
  return found.errors.length > 0 ? { path: specifier, namespace: missingNamespace } : undefined;
}
