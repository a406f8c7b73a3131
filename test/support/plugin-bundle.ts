/** The source text of a plugin as a guest is sent it: bundled, without a module's imports and exports, in one expression. */
import { join } from "node:path";
import { build } from "esbuild";
import { publicModules } from "../../scripts/build/bundles.ts";

const root = join(import.meta.dirname, "../..");

/** `code` is a module with a default export; its packages are the repository's. What `RawGuest.load` takes. */
export async function pluginBody(code: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: { contents: `import plugin from "plugin:";\n__gantry(plugin);`, resolveDir: root },
    plugins: [
      {
        name: "plugin",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^plugin:$/ }, () => ({ path: "plugin", namespace: "plugin" }));
          onLoad({ filter: /./, namespace: "plugin" }, () => ({ contents: code, loader: "ts", resolveDir: root }));
        },
      },
    ],
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    target: "node22",
    mainFields: ["module", "main"],
    minifyWhitespace: true,
    legalComments: "none",
    alias: publicModules(root),
    logLevel: "warning",
  });
  return (outputFiles[0]?.text ?? "")
    .replaceAll("import(", "import\\u0028")
    .replaceAll("<!--", "<\\u0021--")
    .replaceAll("-->", "--\\u003e");
}
