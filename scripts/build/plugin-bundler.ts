/** The script that bundles community plugins in a process of its own, and the texts of what they import from gantry/. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { publicModules } from "./bundles.ts";

/** Those that a plugin's own code may import; gantry/testing is for its tests. */
const forPlugins = ["gantry/plugin", "gantry/errors", "gantry/events"];

export async function makePluginBundler(root: string, outdir: string): Promise<void> {
  const modules = publicModules(root);
  const texts = await Promise.all(forPlugins.map(async (name) => [name, await moduleText(modules[name] ?? "")] as const));
  await writeFile(join(outdir, "plugin-modules.json"), JSON.stringify(Object.fromEntries(texts)));
  await build({
    ...{ entryPoints: [join(root, "core/install/bundler/main.ts")], outfile: join(outdir, "bundle-plugin.mjs") },
    ...{ bundle: true, platform: "node", target: "node22", format: "esm", minify: true, legalComments: "none" },
    // It brings a program; both are found where the product is installed.
    external: ["esbuild"],
  });
}

async function moduleText(entry: string): Promise<string> {
  const { outputFiles } = await build({
    ...{ entryPoints: [entry], bundle: true, write: false, format: "esm", platform: "neutral", target: "es2022" },
    ...{ minifyWhitespace: true, legalComments: "none" },
  });
  return outputFiles[0]?.text ?? "";
}
