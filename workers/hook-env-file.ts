/** The file of a session that its hooks may add `export NAME=value` lines to (CLAUDE_ENV_FILE). */
import { constants } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";

const maxBytes = 64 * 1024;

/** Made when it is not there, for its owner only; its path. */
export async function makeEnvFile(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "session-env.sh");
  // No link is followed: what stands there must be ours.
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  await file.close();
  return path;
}

/** Its text, at most 64 KiB; empty when there is none. */
export async function readEnvFile(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined);
  if (!file) return "";
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
    return new TextDecoder().decode(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
