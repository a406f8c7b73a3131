/**
 * Makes the one text that a guest evaluates from a plugin's folder. esbuild reads what strangers wrote, so it runs in a
 * process of its own (bundler-process.ts); here its answer becomes a bundle with a hash, or an error that names everything.
 */
import { createHash } from "node:crypto";
import { GantryError } from "../contract/errors.ts";
import type { RunProgram } from "../contract/program-run.ts";
import type { BundleProblem } from "./bundler/messages.ts";
import { runBundler } from "./bundler-process.ts";
import { maxBundleBytes, maxSourceBytes, maxSourceFiles, mebibytes } from "./limits.ts";
import { findModule } from "./main-module.ts";

export interface Bundle {
  /** As gantry.json or package.json call it; the plugin's own word comes when the bundle is described. */
  name: string;
  /** One expression: `(async (__gantry) => { … })`, which calls its argument with the plugin. */
  source: string;
  /** Of `source` in UTF-8, hex. */
  sha512: string;
  bytes: number;
  /** Relative to the folder, with slashes. */
  main: string;
  /** Files that went in, relative to the folder. */
  inputs: string[];
}

export interface BundleOptions {
  /** Only read; it and what is in it are all that is read. */
  folder: string;
  run: RunProgram;
  signal: AbortSignal;
}

/** The same bytes for the same files, wherever the folder is. PLUGIN_INVALID, PLUGIN_BUILD_FAILED, PLUGIN_TOO_LARGE. */
export async function bundlePlugin({ folder, run, signal }: BundleOptions): Promise<Bundle> {
  const { root, name, main } = await findModule(folder);
  const answer = await runBundler({ root, main, maxSourceBytes, maxSourceFiles }, { run, signal });
  if (!answer.ok) {
    const text = answer.problems.map(problemLine).join("\n");
    if (answer.tooLarge) throw new GantryError("PLUGIN_TOO_LARGE", text);
    throw new GantryError("PLUGIN_BUILD_FAILED", `${name} cannot be bundled:\n${text}`, {
      detail: { problems: answer.problems },
    });
  }
  const bytes = Buffer.byteLength(answer.source);
  if (bytes > maxBundleBytes) {
    const largest = answer.inputs.toSorted((a, b) => b.bytes - a.bytes).slice(0, 5);
    const parts = largest.map(({ file, bytes }) => `${file} ${mebibytes(bytes)}`).join(", ");
    throw new GantryError(
      "PLUGIN_TOO_LARGE",
      `The bundle of ${name} has ${mebibytes(bytes)}, more than ${mebibytes(maxBundleBytes)}; the largest parts are ${parts}`,
    );
  }
  const sha512 = createHash("sha512").update(answer.source).digest("hex");
  return { name, source: answer.source, sha512, bytes, main, inputs: answer.inputs.map(({ file }) => file) };
}

function problemLine({ text, file, line, column }: BundleProblem): string {
  if (file === undefined) return `  ${text}`;
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  return `  ${place}: ${text}`;
}
