/** A folder of our own below the system's folder for temporary files. */
import { mkdtemp, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { GantryError, messageOf } from "gantry/errors";

/** Its real path; OUTPUT_FAILED with what is to be set. */
export async function makeTempFolder(prefix: string): Promise<string> {
  const folder = path.resolve(tmpdir());
  try {
    return await realpath(await mkdtemp(path.join(folder, prefix)));
  } catch (cause) {
    const words = `no folder can be made in ${folder}, where temporary files belong: ${messageOf(cause)}`;
    throw new GantryError("OUTPUT_FAILED", `${words}. Set TMPDIR to a folder that is there and can be written.`, { cause });
  }
}
