/** The package as npm would publish it: made from a copy of the sources, and judged by publint. */
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { runNode } from "./program.ts";

const { findNpm } = createRequire(import.meta.url)("../setup/packages.cjs") as { findNpm(): string };

export async function packageProblems(root: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-package-"));
  try {
    const tarball = await packCopy(root, folder);
    const { messages, pkg } = await publint({ pack: { tarball: await bytesOf(tarball) }, level: "suggestion", strict: true });
    return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false }) ?? message.code}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `npm pack` in a copy of `root` below `folder`, so that the checkout's own dist/ is left alone. */
export async function packCopy(root: string, folder: string): Promise<string> {
  const project = join(folder, "project");
  await mkdir(project);
  const leftOut = new Set([".git", "dist", "test", ".setup-lock"]);
  await cp(root, project, {
    recursive: true,
    filter: (file) =>
      basename(file) !== "node_modules" && !leftOut.has(relative(root, file)) && !/^dist-|\.tgz$/.test(relative(root, file)),
  });
  await symlink(join(root, "node_modules"), join(project, "node_modules"));
  const { exitCode, stdout, output } = await runNode(
    [findNpm(), "pack", "--json", "--ignore-scripts=false", "--pack-destination", folder],
    project,
  );
  if (exitCode !== 0) throw new Error(`npm pack failed:\n${output}`);
  const [packed] = Object.values(JSON.parse(stdout.slice(stdout.search(/^[[{]/m))) as Record<string, { filename: string }>);
  if (packed === undefined) throw new Error(`npm pack named no file:\n${output}`);
  return join(folder, packed.filename);
}

async function bytesOf(file: string): Promise<ArrayBuffer> {
  const bytes = await readFile(file);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}
