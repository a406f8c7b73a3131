/**
 * Loaded by `node --import` before a plugin's tests: what a plugin imports from Gantry is this product's own build, and zod is
 * the one that comes with it unless the plugin has its own. So nothing has to be installed before the first test.
 */
import { registerHooks } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const ours = /^gantry(?:\/(plugin|errors|events|testing))?$/;
const product = pathToFileURL(path.join(import.meta.dirname, "..", "package.json")).href;

registerHooks({
  resolve(specifier, context, nextResolve) {
    const found = ours.exec(specifier);
    if (found !== null) {
      const file = pathToFileURL(path.join(import.meta.dirname, `${found[1] ?? "index"}.cjs`)).href;
      return { url: file, format: "commonjs", shortCircuit: true };
    }
    if (!/^zod(\/|$)/.test(specifier)) return nextResolve(specifier, context);
    try {
      return nextResolve(specifier, context);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
      return nextResolve(specifier, { ...context, parentURL: product });
    }
  },
});
