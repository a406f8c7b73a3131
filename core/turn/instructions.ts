/**
 * AGENTS.md and CLAUDE.md: the user's own file, then each folder from the project root down to the working folder. Their
 * `@path` imports are followed inside the project root only. Nothing above the root is read.
 */
import { promises as fs } from "node:fs";
import path from "node:path";

export interface InstructionFile {
  /** Real, absolute. */
  file: string;
  text: string;
  bytes: number;
  /** Over the cap; only the head is used. */
  truncated: boolean;
}

const fileNames = ["AGENTS.md", "CLAUDE.md"];
const maxFileBytes = 64 * 1024;
const maxFiles = 32;
const maxHops = 4;

/** In the order they join the prompt; the same file, or the same text, only once. */
export async function loadInstructions({
  userDir,
  root,
  cwd,
}: {
  userDir: string;
  root: string;
  cwd: string;
}): Promise<InstructionFile[]> {
  const folders = foldersBetween(root, cwd);
  const roots = [...fileNames.map((name) => ({ file: path.join(userDir, name), within: userDir }))];
  for (const folder of folders) for (const name of fileNames) roots.push({ file: path.join(folder, name), within: root });
  const found: InstructionFile[] = [];
  const read = await Promise.all(roots.map(({ file, within }) => readInside(file, within)));
  for (const [index, first] of read.entries()) {
    if (first) await addWithImports(first, roots[index]?.within ?? root, found);
  }
  return found;
}

function foldersBetween(root: string, cwd: string): string[] {
  const relative = path.relative(root, cwd);
  if (relative.startsWith("..") || path.isAbsolute(relative)) return [root];
  const parts = relative === "" ? [] : relative.split(path.sep);
  return [root, ...parts.map((_, index) => path.join(root, ...parts.slice(0, index + 1)))];
}

async function addWithImports(first: InstructionFile, within: string, found: InstructionFile[], hop = 0): Promise<void> {
  if (found.length >= maxFiles) return;
  if (found.some((known) => known.file === first.file || known.text === first.text)) return;
  found.push(first);
  if (hop >= maxHops) return;
  for (const wanted of importsOf(first.text)) {
    const imported = await readInside(path.resolve(path.dirname(first.file), wanted), within);
    if (imported) await addWithImports(imported, within, found, hop + 1);
  }
}

/** `@path` at a word's start, outside code. Texts only (.md, .txt): an import can never bring a key file into the prompt. */
export function importsOf(text: string): string[] {
  const prose = text.replace(/^(```|~~~)[\s\S]*?^\1/gm, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/(?:^|\s)@([\w./-]+\.(?:md|txt))\b/g)].flatMap(([, wanted]) =>
    wanted === undefined ? [] : [wanted],
  );
}

/** Undefined when there is no such regular file, or it lies (by a link or dots) outside `within`. */
async function readInside(file: string, within: string): Promise<InstructionFile | undefined> {
  try {
    const real = await fs.realpath(file);
    if (!real.startsWith(`${await fs.realpath(within)}${path.sep}`)) return undefined;
    const opened = await fs.open(real, "r");
    try {
      const { size } = await opened.stat();
      const { bytesRead, buffer } = await opened.read({ buffer: Buffer.alloc(Math.min(size, maxFileBytes)), position: 0 });
      const text = buffer
        .subarray(0, bytesRead)
        .toString("utf8")
        .replace(/<!--[\s\S]*?-->/g, "")
        .trim();
      return text === "" ? undefined : { file: real, text, bytes: size, truncated: size > maxFileBytes };
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}
