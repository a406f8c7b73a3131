/**
 * A program's input as a file without a name. Node's pipes are sockets, and a socket cannot be opened again: the
 * `/dev/stdin` that hook scripts like to read would fail. A file also never blocks and never breaks when nobody reads it.
 */
import { randomBytes } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** At its start, to be read; whoever asked for it closes it. */
export async function inputFile(text: string): Promise<FileHandle> {
  const path = join(tmpdir(), `gantry-${randomBytes(12).toString("hex")}`);
  const file = await open(path, "wx+", 0o600);
  try {
    await unlink(path);
    const bytes = Buffer.from(text);
    // By position, so that the shared place to read from stays at the start.
    for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
