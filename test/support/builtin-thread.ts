/** The thread of the built-in tools, bundled as it ships but apart from dist/, so that a test sees the sources of now. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { publicModules } from "../../scripts/build/bundles.ts";

const root = join(import.meta.dirname, "../..");

export interface BuiltinThread {
  filename: string;
  remove(): Promise<void>;
}

export async function bundleBuiltinThread(): Promise<BuiltinThread> {
  // Below node_modules, for ripgrep's package is found from where the bundle lies.
  await mkdir(join(root, "node_modules/.cache"), { recursive: true });
  const folder = await mkdtemp(join(root, "node_modules/.cache/gantry-thread-"));
  const filename = join(folder, "tool-thread.cjs");
  await build({
    ...{
      entryPoints: [join(root, "workers/inside/tool-thread.ts")],
      outfile: filename,
      bundle: true,
      platform: "node",
      format: "cjs",
    },
    ...{ target: "node22", alias: publicModules(root), logLevel: "error", external: ["@vscode/ripgrep"], minify: true },
    mainFields: ["module", "main"],
    define: { "import.meta.url": "__moduleUrl" },
    banner: { js: `const __moduleUrl = require("node:url").pathToFileURL(__filename).href;` },
  });
  return { filename, remove: () => rm(folder, { recursive: true, force: true }) };
}
