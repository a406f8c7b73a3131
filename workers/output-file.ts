/** Reading a run's output file: whole when it fits, else head and tail; or a window from an offset. */
import type { FileHandle } from "node:fs/promises";
import type { RunRequest } from "../core/contract/plugin.ts";
import { fromCharacter, plainTextOf, wholeCharacters } from "./terminal-text.ts";

/** How far a cut may move back or on to end at a line. */
const lineSearchBytes = 1024;
const newline = 0x0a;
/** Of the room, for the head; the end of an output says more. */
const headShare = 0.4;

export interface CappedOutput {
  text: string;
  cut: boolean;
}

/** What a text made of a part may hold; the text may have more bytes than the part, never more lines. */
export interface OutputBounds {
  maxBytes: number;
  maxLines: number;
}

/**
 * A file of `size` bytes as plain text: all of it when that is within the bounds, else two fifths of the room from its head
 * and the rest from its tail, with a note between them that is not counted.
 */
export async function readCapped(
  file: FileHandle,
  size: number,
  { maxOutputBytes: maxBytes, maxOutputLines: maxLines }: Pick<RunRequest, "maxOutputBytes" | "maxOutputLines">,
  path: string,
): Promise<CappedOutput> {
  if (size <= maxBytes) {
    const all = await readAt(file, 0, size);
    if (headWithin(all, { maxBytes, maxLines }).length === size) return { text: plainTextOf(all), cut: false };
  }
  const forHead = { maxBytes: Math.floor(maxBytes * headShare), maxLines: Math.floor(maxLines * headShare) };
  const forTail = { maxBytes: maxBytes - forHead.maxBytes, maxLines: maxLines - forHead.maxLines };
  const head = headWithin(endAtLine(wholeCharacters(await readAt(file, 0, Math.min(size, forHead.maxBytes)))), forHead);
  const tailBytes = Math.min(size - head.length, forTail.maxBytes);
  const tail = tailWithin(beginAtLine(fromCharacter(await readAt(file, size - tailBytes, tailBytes))), forTail);
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

/** As much of the beginning as fits. */
export function headWithin(bytes: Uint8Array, { maxBytes, maxLines }: OutputBounds): Uint8Array {
  let end = 0;
  for (let lines = 0; lines < maxLines && end < bytes.length; lines++) {
    const next = bytes.indexOf(newline, end);
    end = next === -1 ? bytes.length : next + 1;
  }
  let part = bytes.subarray(0, end);
  for (let room = roomFor(part, maxBytes); room < part.length; room = roomFor(part, maxBytes))
    part = endAtLine(wholeCharacters(part.subarray(0, room)));
  return part;
}

function tailWithin(bytes: Uint8Array, { maxBytes, maxLines }: OutputBounds): Uint8Array {
  let start = bytes.length;
  for (let lines = 0; lines < maxLines && start > 0; lines++) {
    // The newline before `start` ends the line that is taken; the one before that begins it.
    start = start < 2 ? 0 : bytes.lastIndexOf(newline, start - 2) + 1;
  }
  let part = bytes.subarray(start);
  for (let room = roomFor(part, maxBytes); room < part.length; room = roomFor(part, maxBytes))
    part = beginAtLine(fromCharacter(part.subarray(part.length - room)));
  return part;
}

/** How many bytes to keep of those whose text is too big; all where it is not. A byte that is no UTF-8 becomes three. */
function roomFor(bytes: Uint8Array, maxBytes: number): number {
  const textBytes = Buffer.byteLength(plainTextOf(bytes));
  return textBytes <= maxBytes ? bytes.length : Math.floor((bytes.length * maxBytes) / textBytes);
}

/** Drops the last, begun line where a line ends shortly before it. */
export function endAtLine(bytes: Uint8Array): Uint8Array {
  const end = bytes.lastIndexOf(newline) + 1;
  return end > 0 && bytes.length - end <= lineSearchBytes ? bytes.subarray(0, end) : bytes;
}

function beginAtLine(bytes: Uint8Array): Uint8Array {
  const start = bytes.indexOf(newline) + 1;
  return start > 0 && start <= lineSearchBytes && start < bytes.length ? bytes.subarray(start) : bytes;
}
