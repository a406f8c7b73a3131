/**
 * AGENTS.md and CLAUDE.md: the user's own file, then each folder from the project root down to the working folder. Their
 * `@path` imports are followed inside the project root only. Nothing above the root is read.
 */
import { constants, promises as fs } from "node:fs";
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

/** Where files may come from. */
interface Ground {
  /** Real; undefined when there is no such folder. */
  within: string | undefined;
  isHidden(real: string): Promise<boolean>;
}

/**
 * In the order they join the prompt; the same file, or the same text, only once. `isHidden` says of a real path that nothing
 * of it may be sent unasked; it is asked for files that exist only.
 */
export async function loadInstructions(options: {
  userDir: string;
  root: string;
  cwd: string;
  isHidden(real: string): Promise<boolean>;
}): Promise<InstructionFile[]> {
  const { userDir, root, cwd, isHidden } = options;
  const [own, project] = await Promise.all(
    [userDir, root].map(async (folder) => ({ within: await realFolder(folder), isHidden })),
  );
  const folders = [
    { folder: userDir, ground: own },
    ...foldersBetween(root, cwd).map((folder) => ({ folder, ground: project })),
  ];
  const found: InstructionFile[] = [];
  const wanted = folders.flatMap(({ folder, ground = { within: undefined, isHidden } }) =>
    fileNames.map((name) => ({ file: path.join(folder, name), ground })),
  );
  const read = await Promise.all(wanted.map(async ({ file, ground }) => ({ first: await readInside(file, ground), ground })));
  for (const { first, ground } of read) if (first) await addWithImports(first, ground, found);
  return found;
}

async function realFolder(folder: string): Promise<string | undefined> {
  return await fs.realpath(folder).catch(() => undefined);
}

function foldersBetween(root: string, cwd: string): string[] {
  const relative = path.relative(root, cwd);
  if (relative.startsWith("..") || path.isAbsolute(relative)) return [root];
  const parts = relative === "" ? [] : relative.split(path.sep);
  return [root, ...parts.map((_, index) => path.join(root, ...parts.slice(0, index + 1)))];
}

async function addWithImports(first: InstructionFile, ground: Ground, found: InstructionFile[], hop = 0): Promise<void> {
  if (found.length >= maxFiles) return;
  if (found.some((known) => known.file === first.file || known.text === first.text)) return;
  found.push(first);
  if (hop >= maxHops) return;
  for (const wanted of importsOf(first.text)) {
    const imported = await readInside(path.resolve(path.dirname(first.file), wanted), ground);
    if (imported) await addWithImports(imported, ground, found, hop + 1);
  }
}

/** `@path` at a word's start, outside code. Texts only (.md, .txt): an import can never bring a key file into the prompt. */
export function importsOf(text: string): string[] {
  const prose = text.replace(/^(```|~~~)[\s\S]*?^\1/gm, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/(?:^|\s)@([\w./-]+\.(?:md|txt))\b/g)].flatMap(([, wanted]) =>
    wanted === undefined ? [] : [wanted],
  );
}

/** A link may lead to another text, never to a file of another kind: by its name alone nobody would send that. */
const textName = /\.(?:md|txt)$/i;
/** A pipe of the name is opened without waiting for its writer, and then refused. */
const readOnly = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** Undefined when there is no such regular file, it is hidden, or it is (by a link or dots) no text inside the folder. */
async function readInside(file: string, { within, isHidden }: Ground): Promise<InstructionFile | undefined> {
  if (within === undefined) return undefined;
  try {
    const real = await fs.realpath(file);
    const isInside = real.startsWith(within.endsWith(path.sep) ? within : `${within}${path.sep}`);
    if (!isInside || !textName.test(real) || (await isHidden(real))) return undefined;
    return await readRegular(real);
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

async function readRegular(real: string): Promise<InstructionFile | undefined> {
  const opened = await fs.open(real, readOnly);
  try {
    const stats = await opened.stat();
    if (!stats.isFile()) return undefined;
    const { size } = stats;
    const { bytesRead, buffer } = await opened.read({ buffer: Buffer.alloc(Math.min(size, maxFileBytes)), position: 0 });
    const text = withoutComments(buffer.subarray(0, bytesRead).toString("utf8")).trim();
    return text === "" ? undefined : { file: real, text, bytes: size, truncated: size > maxFileBytes };
  } finally {
    await opened.close();
  }
}

/** Of HTML; one that does not end stays. In one pass: an expression would look for the end of each beginning anew. */
export function withoutComments(text: string): string {
  let kept = "";
  let at = 0;
  for (let open = text.indexOf("<!--"); open !== -1; open = text.indexOf("<!--", at)) {
    const close = text.indexOf("-->", open + 4);
    if (close === -1) break;
    kept += text.slice(at, open);
    at = close + 3;
  }
  return kept + text.slice(at);
}
