/**
 * What a plugin need not bring: gantry/* comes from this build, and zod, where the plugin's folder has none, from beside it.
 * Both get names of their own in the bundle, so that it is the same wherever Gantry is installed.
 */
import { readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import type { OnLoadResult, PluginBuild } from "esbuild";

/** Marks a resolution of ours within ours. */
interface Inner {
  readonly inner: true;
}
const inner: Inner = { inner: true };
const isInner = (data: unknown): boolean => data === inner;

export const ownNamespace = "gantry-own";
const zodNamespace = "gantry-zod";

export function addOwnModules(build: PluginBuild, { dist, isInside }: { dist: string; isInside(file: string): boolean }): void {
  const texts = JSON.parse(readFileSync(path.join(dist, "plugin-modules.json"), "utf8")) as Record<string, string>;
  build.onResolve({ filter: /^gantry(\/|$)/ }, ({ path: name }) => {
    if (Object.hasOwn(texts, name)) return { path: name, namespace: ownNamespace, sideEffects: false };
    const offered = Object.keys(texts).join(", ");
    return { errors: [{ text: `${name} is not for a plugin's code; it may import ${offered}` }] };
  });
  build.onLoad({ filter: /.*/, namespace: ownNamespace }, ({ path: name }) => ({ contents: texts[name] ?? "", loader: "js" }));
  addZod(build, { dist, isInside });
}

function addZod(build: PluginBuild, { dist, isInside }: { dist: string; isInside(file: string): boolean }): void {
  build.onResolve({ filter: /^zod(\/|$)/ }, async ({ path: name, kind, importer, resolveDir, pluginData, namespace }) => {
    if (isInner(pluginData) || namespace === zodNamespace) return undefined;
    const theirs = await build.resolve(name, { kind, importer, resolveDir, pluginData: inner });
    if (theirs.errors.length === 0 && isInside(theirs.path)) return theirs;
    const ours = await build.resolve(name, { kind, resolveDir: dist, pluginData: inner });
    return ours.errors.length > 0 ? undefined : named(ours.path);
  });
  build.onResolve({ filter: /.*/, namespace: zodNamespace }, async ({ path: name, kind, pluginData, importer }) => {
    if (isInner(pluginData)) return undefined;
    const folder = path.dirname(fileOf(importer, dist));
    const found = await build.resolve(name, { kind, resolveDir: folder, pluginData: inner });
    return found.errors.length > 0 ? { errors: found.errors } : named(found.path);
  });
  build.onLoad({ filter: /.*/, namespace: zodNamespace }, ({ path: name }): OnLoadResult => {
    return {
      contents: readFileSync(fileOf(name, dist), "utf8"),
      loader: "default",
      resolveDir: path.dirname(fileOf(name, dist)),
    };
  });
}

/** `zod/v4/index.js`, wherever node_modules is. */
function named(file: string) {
  const at = file.lastIndexOf(`${path.sep}node_modules${path.sep}`);
  const name = file
    .slice(at + "/node_modules/".length)
    .split(path.sep)
    .join("/");
  return { path: name, namespace: zodNamespace, sideEffects: false };
}

function fileOf(name: string, dist: string): string {
  return path.join(ownPackages(dist), name);
}

/** The node_modules that this build's own packages are in: beside dist/, or around the installed package. */
function ownPackages(dist: string): string {
  for (let folder = dist; ; folder = path.dirname(folder)) {
    const zod = path.join(folder, "node_modules", "zod", "package.json");
    try {
      return path.dirname(path.dirname(realpathSync(zod)));
    } catch {
      if (folder === path.dirname(folder)) return path.join(dist, "..", "node_modules");
    }
  }
}
