/**
 * fs.read: a whole file, or a window of its lines. Order of work: confine the path, open it, prove it again, read with a
 * cap, hash all of it. The thread is given back after every mebibyte, so that a cancel is heard.
 */
import { isUtf8 } from "node:buffer";
import { createHash, type Hash } from "node:crypto";
import { closeSync, readSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { GantryError, hasCode } from "../../core/contract/errors.ts";
import type { FileContent, FileLines } from "../../core/contract/plugin.ts";
import { confine } from "../../core/permission/files/confined-path.ts";
import type { EffectEnv, ScopePlace } from "./effect.ts";
import { LineWindow } from "./line-window.ts";
import { nearNames } from "./near-names.ts";
import { type OpenedFile, openRegular } from "./open-confined.ts";
import { coversText, demandReal } from "./visible.ts";

export interface WholeRequest {
  path: string;
  /** Default 10 MiB. */
  maxBytes?: number;
}

export interface LinesRequest {
  path: string;
  window: { offset: number; limit: number; maxBytes: number };
}

export type ReadRequest = WholeRequest | LinesRequest;

const wholeBytes = 10 * 1024 * 1024;
const chunkBytes = 1024 * 1024;
/** NUL is looked for in this much of a file, as grep and git look for it. */
const sniffedBytes = 8192;
const headBytes = 512;

export function covers(scopes: readonly string[], request: ReadRequest, place: ScopePlace): boolean {
  return coversText(scopes, request.path, place);
}

export function describe(request: ReadRequest): string {
  return `read ${request.path}`;
}

export function perform(request: WholeRequest, env: EffectEnv): Promise<FileContent>;
export function perform(request: LinesRequest, env: EffectEnv): Promise<FileLines>;
export function perform(request: ReadRequest, env: EffectEnv): Promise<FileContent | FileLines>;
export async function perform(request: ReadRequest, env: EffectEnv): Promise<FileContent | FileLines> {
  const { real } = await confine(request.path, { cwd: env.cwd, home: env.home, reach: env.reach, intent: "read" });
  demandReal(real, env, request.path);
  const file = await opened(real, env);
  try {
    if (!("window" in request)) return await readWhole(real, file, request.maxBytes ?? wholeBytes, env.signal);
    return await readLines(real, file, request.window, env.signal);
  } finally {
    closeSync(file.fd);
  }
}

/** Opens the file, or says which names near it exist. */
async function opened(real: string, env: EffectEnv): Promise<OpenedFile> {
  try {
    return openRegular(real);
  } catch (error) {
    if (!hasCode(error, "FILE_NOT_FOUND")) throw error;
    throw new GantryError("FILE_NOT_FOUND", `${real} does not exist${await nearNames(real, env)}`, { cause: error });
  }
}

/** Into one memory of its own: as large as the file, larger when the file grows meanwhile. */
async function readWhole(real: string, file: OpenedFile, maxBytes: number, signal: AbortSignal): Promise<FileContent> {
  if (file.stat.size > maxBytes) throw tooLarge(real, file.stat.size, maxBytes);
  // One byte more than there is, for the read that comes back short.
  let whole = Buffer.allocUnsafeSlow(file.stat.size + 1);
  let size = 0;
  const room = (): Buffer => {
    if (size === whole.length) {
      const larger = Buffer.allocUnsafeSlow(2 * size);
      whole.copy(larger);
      whole = larger;
    }
    return whole.subarray(size, size + chunkBytes);
  };
  const take = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(real, Math.max(size, file.stat.size), maxBytes);
  };
  const sha256 = await hashed(file, signal, take, room);
  const { mode, mtime } = file.stat;
  return { path: real, sha256, bytes: whole.subarray(0, size), mode: mode & 0o7777, modifiedAt: mtime.toISOString() };
}

async function readLines(
  real: string,
  file: OpenedFile,
  request: LinesRequest["window"],
  signal: AbortSignal,
): Promise<FileLines> {
  const window = new LineWindow(request);
  const text = new Utf8Check();
  let head: Buffer | undefined;
  let hasNul = false;
  const sha256 = await hashed(file, signal, (chunk) => {
    if (head === undefined) {
      head = chunk.subarray(0, headBytes);
      hasNul = chunk.subarray(0, sniffedBytes).includes(0);
    }
    text.add(chunk);
    window.add(chunk);
  });
  const counted = { path: real, sha256, totalLines: window.totalLines, sizeBytes: window.totalBytes };
  if (hasNul || !text.valid()) return { ...counted, lines: [], isBinary: true, cut: false, head: head ?? Buffer.alloc(0) };
  return { ...counted, ...window.taken(), isBinary: false };
}

/** Feeds the whole file to `take`, chunk by chunk, each in the `room` it is given or its own memory; the SHA-256 of all of it. */
async function hashed(
  { fd, stat }: OpenedFile,
  signal: AbortSignal,
  take: (chunk: Buffer) => void,
  room?: () => Buffer,
): Promise<string> {
  const hash: Hash = createHash("sha256");
  for (let read = 0; ; ) {
    signal.throwIfAborted();
    // One byte more than is left: the read that comes back short is then the last one for most files.
    const chunk = room?.() ?? Buffer.allocUnsafe(Math.min(chunkBytes, Math.max(stat.size - read, 0) + 1));
    const length = readSync(fd, chunk, 0, chunk.length, null);
    if (length > 0) {
      hash.update(chunk.subarray(0, length));
      take(chunk.subarray(0, length));
    }
    read += length;
    if (length === 0 || (length < chunk.length && read >= stat.size)) return hash.digest("hex");
    await nextTurn();
  }
}

function tooLarge(real: string, size: number, maxBytes: number): GantryError {
  return new GantryError("FILE_TOO_LARGE", `${real} has ${size} bytes; at most ${maxBytes} can be read whole`, {
    detail: { sizeBytes: size, maxBytes },
  });
}

/** Whether the bytes given so far are UTF-8, a character split between two chunks included. */
class Utf8Check {
  #rest: Buffer = Buffer.alloc(0);
  #valid = true;

  add(chunk: Buffer): void {
    if (!this.#valid) return;
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = bytes.length - openSequence(bytes);
    this.#valid = isUtf8(bytes.subarray(0, end));
    this.#rest = Buffer.from(bytes.subarray(end));
  }

  valid(): boolean {
    return this.#valid && this.#rest.length === 0;
  }
}

/** How many bytes at the end begin a character that is not complete yet. */
function openSequence(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? back : 0;
  }
  return 0;
}
