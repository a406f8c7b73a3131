/** A file per server: 0600 in a folder of 0700, replaced as a whole (temp, fsync, rename), refused where it is another's. */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { chmod, mkdir, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOfSystem } from "./system-errors.ts";

const maxFileBytes = 256 * 1024;

/** The text, undefined when there is no file; throws a sentence for one that must not be used. */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOfSystem(error) === "ENOENT") return undefined;
    throw new Error(codeOfSystem(error) === "ELOOP" ? "it is a link" : `it cannot be read (${codeOfSystem(error)})`);
  }
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw new Error("it is no regular file");
    if (process.getuid !== undefined && facts.uid !== process.getuid()) throw new Error("it belongs to another user");
    if (facts.size > maxFileBytes) throw new Error(`it has ${facts.size} bytes, more than a token file has`);
    if ((facts.mode & 0o077) !== 0) await file.chmod(0o600);
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

export async function writePrivateFile(path: string, text: string): Promise<void> {
  await makePrivateFolder(dirname(path));
  const next = `${path}.${randomBytes(6).toString("hex")}.next`;
  const file = await open(next, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    await file.close();
    await rename(next, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await unlink(next).catch(() => undefined);
    throw error;
  }
}

/** Whether there was one. */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (codeOfSystem(error) === "ENOENT") return false;
    throw error;
  }
}

export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // An older folder keeps the mode it has, and the umask can only take away.
  await chmod(folder, 0o700);
}
