/** Reading a run's output file: whole when it fits, else head and tail; or a window from an offset. */
import type { FileHandle } from "node:fs/promises";
import { fromCharacter, plainTextOf, wholeCharacters } from "./terminal-text.ts";

/** How far a cut may move back or on to end at a line. */
const lineSearchBytes = 1024;

export interface CappedOutput {
  text: string;
  cut: boolean;
}

/** At most `maxBytes` of a file of `size` bytes as plain text: all of it, or two fifths from its head and the rest from its tail. */
export async function readCapped(file: FileHandle, size: number, maxBytes: number, path: string): Promise<CappedOutput> {
  if (size <= maxBytes) return { text: plainTextOf(await readAt(file, 0, size)), cut: false };
  const headBytes = Math.floor(maxBytes * 0.4);
  const head = endAtLine(wholeCharacters(await readAt(file, 0, headBytes)));
  const tailBytes = maxBytes - headBytes;
  const tail = beginAtLine(fromCharacter(await readAt(file, size - tailBytes, tailBytes)));
  const left = size - head.length - tail.length;
  const note = `[… ${left} of ${size} bytes left out here; the whole output is in ${path} …]`;
  return { text: `${plainTextOf(head).trimEnd()}\n\n${note}\n\n${plainTextOf(tail)}`, cut: true };
}

/** Bytes of a file from `position`; fewer than `length` only at its end. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** Drops the last, begun line where a line ends shortly before it. */
export function endAtLine(bytes: Uint8Array): Uint8Array {
  const end = bytes.lastIndexOf(0x0a) + 1;
  return end > 0 && bytes.length - end <= lineSearchBytes ? bytes.subarray(0, end) : bytes;
}

function beginAtLine(bytes: Uint8Array): Uint8Array {
  const start = bytes.indexOf(0x0a) + 1;
  return start > 0 && start <= lineSearchBytes ? bytes.subarray(start) : bytes;
}
