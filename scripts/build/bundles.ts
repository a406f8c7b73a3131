/**
 * esbuild splits lazy chunks only for ESM, and we ship CommonJS (it starts faster). So: pass 1 bundles to ESM with splitting,
 * pass 2 turns each output file into CommonJS, where a static import is a require and import() a deferred one.
 */
import { glob, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join, relative } from "node:path";
import { type BuildOptions, build, type Metafile, type OutputFile, type Plugin, transform } from "esbuild";
import { leanOclifParser } from "./oclif-parser.ts";

const threadEntry = "tool-thread";
const mcpThreadEntry = "mcp-thread";
/** Entries that are given the real globals: the pool's threads speak no HTTP, and the MCP thread speaks it from its start. */
const withRealGlobals = [threadEntry, mcpThreadEntry];
/** A folder of its own: the only one that a guest may read. */
const guestFolder = "guest";

/** Bundled apart from each other: what two of them share would become files of its own, and each file costs start-up time. */
const groups: Record<string, string>[] = [
  { cli: "core/shell/cli.ts" },
  { [threadEntry]: "workers/inside/tool-thread.ts" },
  { [mcpThreadEntry]: "plugins/mcp/thread/main.ts" },
  { "sandbox-host": "workers/sandbox-host.ts" },
  { "author-modules": "core/plugin-kit/author-modules.ts" },
  {
    index: "core/index.ts",
    plugin: "core/contract/plugin.ts",
    errors: "core/contract/errors.ts",
    events: "core/contract/events.ts",
    testing: "core/testing/index.ts",
  },
];

/** The modules that plugins import by the name of this package: in a bundle they are our own sources. */
export function publicModules(root: string): Record<string, string> {
  return {
    "gantry/plugin": join(root, "core/contract/plugin.ts"),
    "gantry/errors": join(root, "core/contract/errors.ts"),
    "gantry/events": join(root, "core/contract/events.ts"),
    "gantry/testing": join(root, "core/testing/index.ts"),
  };
}

/** Writes all bundles to `outdir`; returns the paths, relative to `root`, of all files that went in. */
export async function makeBundles(root: string, outdir: string, plugins: Plugin[] = []): Promise<string[]> {
  const ours = groups.map((entries) => bundleGroup(entries, { root, outdir, plugins }));
  const metafiles = await Promise.all([
    ...ours,
    bundlePiscinaWorker(root, outdir),
    bundleGuest(root, join(outdir, guestFolder)),
  ]);
  return [...new Set(metafiles.flatMap(({ inputs }) => Object.keys(inputs)))];
}

async function bundleGroup(
  entries: Record<string, string>,
  { root, outdir, plugins }: { root: string; outdir: string; plugins: Plugin[] },
): Promise<Metafile> {
  const hasRealGlobals = withRealGlobals.some((entry) => entry in entries);
  const { outputFiles, metafile } = await build({
    ...sharedOptions(root),
    plugins: [leanOclifParser, ...plugins],
    entryPoints: Object.entries(entries).map(([out, source]) => ({ in: join(root, source), out })),
    inject: hasRealGlobals ? [] : await globalsWithoutUndici(root),
    outdir,
    format: "esm",
    splitting: true,
    chunkNames: "chunk-[hash]",
    outExtension: { ".js": ".cjs" },
    write: false,
    metafile: true,
    // A chunk is a file beside its siblings, so __dirname is dist/ wherever a module ended up.
    define: {
      "import.meta.dirname": "__dirname",
      "import.meta.filename": "__filename",
      "import.meta.url": "__moduleUrl",
      // The SDK asks whether there are web streams before it knows whether it needs them; the question loads them (1 ms).
      ...(mcpThreadEntry in entries ? {} : { "globalThis.ReadableStream": "undefined" }),
    },
  });
  const lifted = new Set(lazyCommonJs(metafile).map((name) => join(root, name)));
  await Promise.all(outputFiles.map((file) => writeAsCommonJs(file, { outdir, lift: lifted.has(file.path) })));
  return metafile;
}

/** Chunks that are the far end of an import() of a CommonJS package: esbuild gives them a default export and nothing else. */
function lazyCommonJs({ inputs, outputs }: Metafile): string[] {
  return Object.entries(outputs).flatMap(([name, { entryPoint }]) =>
    entryPoint !== undefined && inputs[entryPoint]?.format === "cjs" ? [name] : [],
  );
}

function sharedOptions(root: string): BuildOptions {
  return {
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    target: "node22",
    legalComments: "none",
    minifySyntax: true,
    logLevel: "warning",
    alias: publicModules(root),
    // ripgrep, the sandbox and the keychain find their binaries beside their own packages. The last is an optional part, never
    // installed.
    external: ["@vscode/ripgrep", "@anthropic-ai/sandbox-runtime", "@napi-rs/keyring", "@napi-rs/nice"],
    // The entry that packages offer to bundlers of ES modules: it is tree-shaken.
    mainFields: ["module", "main"],
  };
}

/** Small stand-ins for FormData, Headers, …: naming the real ones makes Node load undici (16 ms, 7 MiB). */
async function globalsWithoutUndici(root: string): Promise<string[]> {
  const found: string[] = [];
  for await (const file of glob("plugins/anthropic/*globals*.ts", { cwd: root })) found.push(join(root, file));
  return found.sort();
}

async function writeAsCommonJs(file: OutputFile, { outdir, lift }: { outdir: string; lift: boolean }): Promise<void> {
  const name = relative(outdir, file.path);
  if (name !== basename(name)) throw new Error(`The bundle ${name} is not directly in dist/, where __dirname would be wrong`);
  const { code } = await transform(file.text, {
    format: "cjs",
    platform: "node",
    target: "node22",
    minify: true,
    legalComments: "none",
    supported: { "dynamic-import": false },
  });
  await writeFile(file.path, withModuleUrl(code) + (lift ? liftNamedExports : ""));
}

// What Node makes of import() of CommonJS: `default` is module.exports, and its properties are the named exports.
const liftNamedExports = `{const whole=module.exports.default,lifted={default:whole};
Object.defineProperty(lifted,"__esModule",{value:true});
for(const name of Object.keys(Object(whole)))if(name!=="default")Object.defineProperty(lifted,name,{enumerable:true,get:()=>whole[name]});
module.exports=lifted}
`;

function withModuleUrl(code: string): string {
  if (!code.includes("__moduleUrl")) return code;
  return `const __moduleUrl=require("node:url").pathToFileURL(__filename).href;${code}`;
}

/** Piscina starts `worker.js` in the folder of its own code, which in a bundle is dist/. */
async function bundlePiscinaWorker(root: string, outdir: string): Promise<Metafile> {
  const worker = join(createRequire(join(root, "package.json")).resolve("piscina"), "../worker.js");
  const { metafile } = await build({
    ...sharedOptions(root),
    entryPoints: [{ in: worker, out: "worker" }],
    outdir,
    format: "cjs",
    minify: true,
    metafile: true,
  });
  return metafile;
}

/** The far side of guests: one file for the process, one for its thread, and the worker that piscina starts beside them. */
export async function bundleGuest(root: string, outdir: string): Promise<Metafile> {
  const entries = ["guest-process", "guest-realm"];
  const { metafile } = await build({
    ...sharedOptions(root),
    entryPoints: entries.map((out) => ({ in: join(root, `workers/inside/${out}.ts`), out })),
    outdir,
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    minify: true,
    metafile: true,
  });
  const { inputs, ...rest } = await bundlePiscinaWorker(root, outdir);
  // The nearest package.json above says "module".
  await writeFile(join(outdir, "package.json"), '{"type":"commonjs"}\n');
  return { ...rest, inputs: { ...inputs, ...metafile.inputs } };
}
