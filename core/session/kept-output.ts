/**
 * Big outputs of tools, kept whole beside the session's log, where the model can Read them. A session keeps so many bytes of
 * them; for a new one the oldest go.
 */
import { basename, join } from "node:path";
import { ignoring, makeFolder, pathsIn, removeFile, statFile, writeNewFile } from "./disk.ts";

export interface KeptOutput {
  file: string;
  /** So many older ones were removed for it. */
  removed: number;
}

export interface KeptOutputs {
  /** Writes `text` to a new file, which only the user can read. */
  keep(callId: string, text: string): Promise<KeptOutput>;
}

const mostBytes = 512 * 1024 * 1024;

/** Those of earlier runs of the session count too; what its shells write there does not, for programs have it open. */
export function createKeptOutputs(folder: string, most = mostBytes): KeptOutputs {
  let known: Promise<Map<string, number>> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function keep(callId: string, text: string): Promise<KeptOutput> {
    await makeFolder(folder);
    known ??= foundIn(folder);
    const sizes = await known;
    const bytes = Buffer.from(text);
    let sum = [...sizes.values()].reduce((all, size) => all + size, bytes.length);
    let removed = 0;
    for (const [file, size] of [...sizes]) {
      if (sum <= most) break;
      await removeFile(file);
      sizes.delete(file);
      sum -= size;
      removed++;
    }
    const stem = callId.replace(/[^\w-]/g, "_").slice(0, 64);
    const file = join(folder, `${stem}-${Date.now().toString(36)}.txt`);
    await writeNewFile(file, bytes, { sync: false });
    sizes.set(file, bytes.length);
    return { file, removed };
  }

  return {
    keep(callId, text) {
      const next = last.then(() => keep(callId, text));
      last = next.catch(() => undefined);
      return next;
    },
  };
}

/** Oldest first. */
async function foundIn(folder: string): Promise<Map<string, number>> {
  const files = (await pathsIn(folder, ".txt")).filter((file) => !basename(file).startsWith("bash-"));
  const stats = await Promise.all(files.map((file) => ignoring("ENOENT", () => statFile(file))));
  const found = files.flatMap((file, at) => {
    const stat = stats[at];
    return stat?.isFile() ? [{ file, size: stat.size, at: stat.mtimeMs }] : [];
  });
  return new Map(found.sort((a, b) => a.at - b.at).map(({ file, size }) => [file, size]));
}
