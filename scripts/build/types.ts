/** Declarations of the public modules. Slow beside the rest of the build, so made only for a package. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const publicSources = [
  "core/index.ts",
  "core/contract/plugin.ts",
  "core/contract/errors.ts",
  "core/contract/events.ts",
  "core/testing/index.ts",
];

/** Emits `outdir`/core/…; the folders below mirror the sources. */
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
}
