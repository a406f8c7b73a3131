/** A program run for an effect (ripgrep): by file and arguments, never a shell; its output is read from pipes up to a cap. */
import { spawn } from "node:child_process";
import { GantryError, messageOf } from "../core/contract/errors.ts";
import { signalTo } from "./descendants.ts";
import type { SpawnedFile, SpawnFileOptions } from "./effects/effect.ts";
import type { Reaper } from "./reaper.ts";

const maxErrorBytes = 65_536;

export interface SpawnFileParts {
  env: Record<string, string>;
  reaper: Reaper;
}

/** Ended with its group at `timeoutMs`, at `maxBytes`, and when `signal` is aborted (then TOOL_INTERRUPTED). */
export async function spawnFile(
  file: string,
  args: readonly string[],
  options: SpawnFileOptions & { signal: AbortSignal },
  { env, reaper }: SpawnFileParts,
): Promise<SpawnedFile> {
  const { cwd, timeoutMs, maxBytes, signal } = options;
  signal.throwIfAborted();
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const { pid } = child;
  if (pid !== undefined) reaper.add(pid);
  const end = (): void => {
    if (pid !== undefined) signalTo(-pid, "SIGKILL");
  };
  const stdout = collect(child.stdout, maxBytes, end);
  const stderr = collect(child.stderr, maxErrorBytes, () => undefined);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, timeoutMs);
  signal.addEventListener("abort", end, { once: true });
  try {
    const closed = await new Promise<{ exitCode: number | null; signal: string | null }>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (exitCode, by) => resolve({ exitCode, signal: by }));
    });
    if (signal.aborted) throw new GantryError("TOOL_INTERRUPTED", `${file} was ended: the call was cancelled.`);
    return { ...closed, stdout: stdout.bytes(), stderr: new TextDecoder().decode(stderr.bytes()), cut: stdout.cut, timedOut };
  } catch (error) {
    if (error instanceof GantryError) throw error;
    throw new GantryError("TOOL_FAILED", `${file} could not be run in ${cwd}: ${messageOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    if (pid !== undefined) reaper.remove(pid);
  }
}

function collect(stream: NodeJS.ReadableStream, maxBytes: number, onFull: () => void) {
  const chunks: Buffer[] = [];
  let length = 0;
  const collected = {
    cut: false,
    bytes: (): Uint8Array => Buffer.concat(chunks),
  };
  stream.on("data", (chunk: Buffer) => {
    const room = maxBytes - length;
    if (chunk.length > room) {
      collected.cut = true;
      onFull();
    }
    const kept = chunk.length > room ? chunk.subarray(0, room) : chunk;
    if (kept.length > 0) chunks.push(kept);
    length += kept.length;
  });
  return collected;
}
