/**
 * The check of each built-in tool's input, as code: its manifest's JSON Schema compiled at build time. A run then neither
 * loads a schema library nor compiles a schema (20 ms and 6 MiB before the first call).
 */
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import standaloneCode from "ajv/dist/standalone/index.js";
import { build } from "esbuild";
import type { PluginManifest } from "../../core/contract/manifest.ts";

/** Writes `tool-inputs.cjs`: one function for each tool, by its name, as core/turn/input-checks.ts loads them. The files that went in. */
export async function writeToolInputs(root: string, outdir: string, manifests: readonly PluginManifest[]): Promise<string[]> {
  const tools = manifests.flatMap(({ contributes }) => contributes.tools);
  const ajv = new Ajv2020({
    allErrors: true,
    useDefaults: true,
    strict: true,
    validateFormats: false,
    code: { source: true, lines: false },
  });
  for (const { name, inputSchema } of tools) ajv.addSchema({ ...inputSchema, $id: name });
  const { metafile } = await build({
    absWorkingDir: root,
    stdin: {
      contents: standaloneCode.default(ajv, Object.fromEntries(tools.map(({ name }) => [name, name]))),
      resolveDir: root,
    },
    outfile: join(outdir, "tool-inputs.cjs"),
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    minify: true,
    metafile: true,
    logLevel: "warning",
  });
  return Object.keys(metafile.inputs).filter((file) => file !== "<stdin>");
}
