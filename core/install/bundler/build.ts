/**
 * One bundle, by esbuild: the plugin's module and all it imports from its own folder, as one script for the realm. Whatever
 * is wrong is gathered: a build that fails is made a second time with stand-ins for what could not be had, for the chains.
 */
import path from "node:path";
import { type BuildFailure, type BuildOptions, build, type Message, type Metafile } from "esbuild";
import { escapeForRealm } from "./escape.ts";
import { entryName, findingsIn, problemsOf } from "./findings.ts";
import type { BundleAnswer, BundleRequest } from "./messages.ts";
import { addOwnModules } from "./own-modules.ts";
import { createSources, type Sources } from "./sources.ts";
import { unparsed } from "./whole.ts";

export async function bundle(request: BundleRequest, dist: string): Promise<BundleAnswer> {
  const sources = createSources(request);
  const first = await attempt(request, dist, sources, "strict");
  if (sources.tooLarge !== undefined) return { ok: false, tooLarge: true, problems: [{ text: sources.tooLarge }] };
  const findings = findingsIn(first, sources, request.root);
  if (findings.length > 0 || first.code === undefined || first.metafile === undefined) {
    const second = await attempt(request, dist, createSources(request), "survey");
    return { ok: false, problems: problemsOf(findings, second.metafile) };
  }
  const source = `(async (__gantry) => {${escapeForRealm(first.code)}})`;
  const problem = unparsed(source);
  if (problem !== undefined) return { ok: false, problems: [{ text: problem }] };
  return { ok: true, source, inputs: inputsOf(first.metafile) };
}

export interface Attempt {
  code?: string;
  metafile?: Metafile;
  errors: Message[];
  warnings: Message[];
}

/** `survey`: what cannot be resolved or may not be read is replaced, so that the graph is known. */
export type Mode = "strict" | "survey";

async function attempt(request: BundleRequest, dist: string, sources: Sources, mode: Mode): Promise<Attempt> {
  try {
    const { outputFiles, metafile, warnings } = await build(optionsOf(request, dist, sources, mode));
    return { code: outputFiles[0]?.text ?? "", metafile, errors: [], warnings };
  } catch (error) {
    if (!(error instanceof Error && "errors" in error)) throw error;
    const { errors, warnings } = error as BuildFailure;
    return { errors, warnings };
  }
}

function optionsOf({ root, main }: BundleRequest, dist: string, sources: Sources, mode: Mode) {
  return {
    stdin: { contents: entryText(main), resolveDir: root, loader: "js", sourcefile: entryName },
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["import"],
    target: "es2022",
    charset: "utf8",
    minifyWhitespace: true,
    legalComments: "none",
    // The tsconfig.json of a plugin is for its author's editor: `paths` and `extends` could lead anywhere.
    tsconfigRaw: {},
    logLevel: "silent",
    // Template literals become strings: in a tagged one there would be no other spelling of the same raw text.
    supported: { "template-literal": false, "dynamic-import": false, "import-meta": false },
    define: { "process.env.NODE_ENV": '"production"', "import.meta.url": '"gantry:///plugin.js"', global: "globalThis" },
    logOverride: {
      "unsupported-dynamic-import": mode === "strict" ? "error" : "silent",
      "direct-eval": "warning",
      "empty-import-meta": "silent",
    },
    plugins: [
      {
        name: "gantry",
        setup(build) {
          addOwnModules(build, { dist, isInside: sources.isInside });
          sources.addTo(build, mode);
        },
      },
    ],
  } as const satisfies BuildOptions;
}

function entryText(main: string): string {
  return `import plugin from ${JSON.stringify(`./${main.split(path.sep).join("/")}`)};__gantry(plugin);`;
}

function inputsOf({ outputs }: Metafile): { file: string; bytes: number }[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs
    .map(([file, { bytesInOutput }]) => ({ file, bytes: bytesInOutput }))
    .filter(({ file }) => file !== entryName)
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}
