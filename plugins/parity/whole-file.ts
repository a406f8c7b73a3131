/** A file that a command writes for its user: whole, or not at all. */
import { access, constants, lstat, open, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { GantryError, messageOf } from "gantry/errors";

/** Before the work whose outcome it is to hold. OUTPUT_FAILED where it cannot be written, or is more than a file to replace. */
export async function checkTarget(file: string): Promise<void> {
  const folder = path.dirname(file);
  const failed = (why: string, cause?: unknown): GantryError =>
    new GantryError("OUTPUT_FAILED", `${file} cannot be written: ${why}`, { cause });
  const found = await stat(folder).catch((cause: unknown) => {
    throw failed(`the folder ${folder} cannot be used: ${messageOf(cause)}`, cause);
  });
  if (!found.isDirectory()) throw failed(`${folder} is no folder`);
  await access(folder, constants.W_OK | constants.X_OK).catch((cause: unknown) => {
    throw failed(`nothing can be written in the folder ${folder}: ${messageOf(cause)}`, cause);
  });
  const target = await lstat(file).catch(() => undefined);
  if (target?.isDirectory()) throw failed("it is a folder");
  if (target?.isSymbolicLink()) throw failed("it is a link, and links are not followed here; name the file that it leads to");
  if (target !== undefined && !target.isFile()) throw failed("it is there and no regular file");
}

/** Replaces what is there, at once. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const beside = path.join(path.dirname(file), `.gantry-${process.pid}-${Date.now()}.tmp`);
  await createFile(beside, text);
  try {
    await rename(beside, file);
  } catch (cause) {
    await rm(beside, { force: true });
    throw cause;
  }
}

/** EEXIST where something is there. What could not be written whole is removed again. */
export async function createFile(file: string, text: string): Promise<void> {
  const handle = await open(file, "wx");
  try {
    await handle.writeFile(text);
    await handle.close();
  } catch (cause) {
    await handle.close().catch(() => undefined);
    await rm(file, { force: true });
    throw cause;
  }
}
