/**
 * Makes dist/: the bundles, the manifests of the built-ins, the licence texts, and with --types the declarations of the
 * public modules. Everything is built beside dist/ and swapped in by rename, so that nobody ever sees half of it.
 */
import { cp, glob, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { configJsonSchema } from "../config/json-schema.ts";
import { makeBundles } from "./build/bundles.ts";
import { thirdPartyLicenses } from "./build/licenses.ts";
import { builtInManifests } from "./build/manifests.ts";
import { makePluginBundler } from "./build/plugin-bundler.ts";
import { writeToolInputs } from "./build/tool-inputs.ts";
import { emitDeclarations } from "./build/types.ts";

const root = join(import.meta.dirname, "..");
const { fingerprint } = createRequire(import.meta.url)("./fingerprint.cjs") as { fingerprint(root: string): string };

const startedAt = performance.now();
// Taken before the sources are read: a file saved during the build makes dist/ stale, not silently old.
const stamp = fingerprint(root);
const dist = join(root, "dist");
const fresh = join(root, `dist-${process.pid}`);

try {
  await mkdir(fresh, { recursive: true });
  const [inputs, manifests] = await Promise.all([
    makeBundles(root, fresh),
    builtInManifests(root, fresh),
    process.argv.includes("--types") ? emitDeclarations(root, join(fresh, "types")) : undefined,
  ]);
  await writeFile(join(fresh, "manifests.json"), JSON.stringify(manifests));
  await makePluginBundler(root, fresh);
  inputs.push(...(await writeToolInputs(root, fresh, manifests)));
  await writeFile(join(fresh, "config.schema.json"), `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  await cp(join(root, "core/plugin-kit/starter"), join(fresh, "starter"), { recursive: true });
  await copyPluginData(join(root, "plugins"), join(fresh, "data"));
  await writePublished(join(root, "plugins"), fresh);
  // The package is "type": "module"; what is built is CommonJS.
  await writeFile(join(fresh, "package.json"), '{"type":"commonjs"}\n');
  await writeFile(join(fresh, "THIRD-PARTY-LICENSES.txt"), await thirdPartyLicenses(root, inputs));
  await writeFile(join(fresh, ".stamp"), stamp);
  await swapIn();
  process.stderr.write(`built dist in ${Math.round(performance.now() - startedAt)} ms\n`);
} catch (error) {
  // esbuild has printed its own errors, with the lines they are about.
  if (!(error instanceof Error && "errors" in error)) throw error;
  process.stderr.write("build: failed\n");
  process.exitCode = 1;
} finally {
  // After a failure others may still be writing there.
  await rm(fresh, { recursive: true, force: true, maxRetries: 10 });
}

/** What `ctx.host.run.dataFolder` shows a built-in: its own `data/`, below its name. */
async function copyPluginData(plugins: string, target: string): Promise<void> {
  for (const found of await readdir(plugins, { withFileTypes: true })) {
    if (!found.isDirectory()) continue;
    await cp(join(plugins, found.name, "data"), join(target, found.name), { recursive: true }).catch(ignoreMissing);
  }
}

/** What a built-in's `published-files.ts` makes for the package. */
async function writePublished(plugins: string, target: string): Promise<void> {
  for await (const module of glob("*/published-files.ts", { cwd: plugins })) {
    const { publishedFiles } = (await import(join(plugins, module))) as { publishedFiles(): Record<string, string> };
    for (const [name, text] of Object.entries(publishedFiles())) await writeFile(join(target, name), text);
  }
}

async function swapIn(): Promise<void> {
  const old = `${fresh}-old`;
  await rename(dist, old).catch(ignoreMissing);
  await rename(fresh, dist);
  await rm(old, { recursive: true, force: true });
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
