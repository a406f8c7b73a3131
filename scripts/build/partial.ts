/** For work in progress: a source file that does not exist yet becomes an empty module, with a warning. */
import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { Plugin } from "esbuild";

export function leaveOutMissing(): Plugin {
  return {
    name: "leave-out-missing",
    setup({ onLoad, onResolve, initialOptions }) {
      const root = initialOptions.absWorkingDir ?? ".";
      onResolve({ filter: /^[./].*\.ts$/ }, ({ path, resolveDir }) => {
        const file = resolve(resolveDir, path);
        return existsSync(file) ? undefined : { path: relative(root, file), namespace: "missing" };
      });
      onLoad({ filter: /./, namespace: "missing" }, ({ path }) => ({
        // CommonJS: there, any name may be imported.
        contents: "module.exports = {};",
        warnings: [{ text: `${path} does not exist yet; left out` }],
      }));
    },
  };
}
