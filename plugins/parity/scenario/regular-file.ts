/** Opens a file that somebody else made: a regular one, and never one that keeps whoever opens it waiting, as a named pipe does. */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** Undefined where it is none. Rejects as `open` does. */
export async function openRegular(file: string): Promise<FileHandle | undefined> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  return undefined;
}
