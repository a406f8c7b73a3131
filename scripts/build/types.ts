/** Declarations of the public modules. Slow beside the rest of the build, so made only for a package. */
import { execFile } from "node:child_process";
import { glob, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const publicSources = [
  "core/index.ts",
  "core/contract/plugin.ts",
  "core/contract/errors.ts",
  "core/contract/events.ts",
  "core/testing/index.ts",
];

/** Emits `outdir`/core/…; the folders below mirror the sources. What no public declaration speaks of is left out again. */
export async function emitDeclarations(root: string, outdir: string): Promise<void> {
  const project = join(outdir, "..", ".types.tsconfig.json");
  const files = publicSources.map((file) => join(root, file));
  const compilerOptions = {
    noEmit: false,
    emitDeclarationOnly: true,
    declaration: true,
    rootDir: root,
    outDir: outdir,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
  };
  await writeFile(project, JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, files, include: [] }));
  const tsc = join(root, "node_modules/typescript-7/bin/tsc");
  try {
    await promisify(execFile)(process.execPath, [tsc, "-p", project]);
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    throw new Error(`The declarations of the public modules could not be made:\n${stdout ?? ""}`, { cause: error });
  }
  await prune(outdir);
}

/** The compiler emits all that the sources import; a reader of the package needs what the declarations name. */
async function prune(outdir: string): Promise<void> {
  const named = new Set<string>();
  const waiting = publicSources.map((source) => join(outdir, source.replace(/\.ts$/, ".d.ts")));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (named.has(file)) continue;
    named.add(file);
    const text = await readFile(file, "utf8");
    for (const [, to = ""] of text.matchAll(/(?:from |import\()"(\.[^"]+)"/g))
      waiting.push(join(dirname(file), to.replace(/\.ts$/, ".d.ts")));
  }
  for await (const file of glob("**/*.d.ts", { cwd: outdir })) if (!named.has(join(outdir, file))) await rm(join(outdir, file));
}
