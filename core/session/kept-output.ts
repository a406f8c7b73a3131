/** Big outputs of tools, kept whole beside the session's log, where the model can Read them. */
import { join } from "node:path";
import { makeFolder, writeNewFile } from "./disk.ts";

/** Writes `text` to a new file in `folder`, which only the user can enter; its path. */
export async function keepOutput(folder: string, callId: string, text: string): Promise<string> {
  await makeFolder(folder);
  const stem = callId.replace(/[^\w-]/g, "_").slice(0, 64);
  const file = join(folder, `${stem}-${Date.now().toString(36)}.txt`);
  await writeNewFile(file, Buffer.from(text), { sync: false });
  return file;
}
