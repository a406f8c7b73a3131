/**
 * Frames as bytes and as text, the same on both sides of a guest's channel: a length (u32, little-endian), then so many bytes
 * of UTF-8. A value whose text is long follows its frame in parts (contract/frames.ts). Pure; used by the core and the relay.
 */
import { isUtf8 } from "node:buffer";
import { maxFrameBytes, maxPartChars, maxValueChars } from "../core/contract/frames.ts";
import type { Json } from "../core/contract/messages.ts";
import { partCount, partFrames } from "./frame-parts.ts";

const headerBytes = 4;
/** From here on handing over memory is cheaper than making a text twice. */
const longBytes = 32 * 1024;

/** The bytes of one frame, for one write. RangeError when the text is longer than a frame may be. */
export function frameBytes(text: string): Buffer {
  const length = Buffer.byteLength(text);
  if (length > maxFrameBytes) throw new RangeError(`a frame of ${length} bytes; the limit is ${maxFrameBytes}`);
  const bytes = Buffer.allocUnsafe(headerBytes + length);
  bytes.writeUInt32LE(length, 0);
  bytes.write(text, headerBytes, "utf8");
  return bytes;
}

/**
 * Takes bytes as they come and gives each frame's text once it is whole. Returns what is wrong with them, if anything; after
 * that it takes nothing more. Never holds more than one frame, and refuses a length before it makes room for it. `onBytes`
 * takes long frames in place of `onText`: as they came, in memory that is nobody else's.
 */
export function createFrameReader(
  onText: (text: string) => void,
  onBytes?: (bytes: Uint8Array<ArrayBuffer>) => void,
): (chunk: Buffer) => string | undefined {
  const header = Buffer.alloc(headerBytes);
  let headerFilled = 0;
  let body: Buffer | undefined;
  let bodyFilled = 0;
  let problem: string | undefined;

  /** The part of the body that is in this chunk; the text when that completes it. Nothing is copied when all of it is there. */
  function takeBody(chunk: Buffer, at: number, length: number): { text?: Buffer; next: number } {
    if (body === undefined && chunk.length - at >= length) return { text: chunk.subarray(at, at + length), next: at + length };
    body ??= Buffer.allocUnsafe(length);
    const taken = chunk.copy(body, bodyFilled, at, Math.min(chunk.length, at + length - bodyFilled));
    bodyFilled += taken;
    if (bodyFilled < length) return { next: at + taken };
    const text = body;
    body = undefined;
    bodyFilled = 0;
    return { text, next: at + taken };
  }

  return (chunk) => {
    for (let at = 0; at < chunk.length && problem === undefined; ) {
      if (headerFilled < headerBytes) {
        const taken = chunk.copy(header, headerFilled, at, Math.min(chunk.length, at + headerBytes - headerFilled));
        headerFilled += taken;
        at += taken;
        if (headerFilled < headerBytes) break;
        const length = header.readUInt32LE(0);
        if (length > maxFrameBytes || length === 0) problem = `a frame of ${length} bytes; the limit is ${maxFrameBytes}`;
        continue;
      }
      const { text, next } = takeBody(chunk, at, header.readUInt32LE(0));
      at = next;
      if (text === undefined) break;
      headerFilled = 0;
      if (onBytes !== undefined && text.length >= longBytes && isOwn(text)) onBytes(text);
      else if (!isUtf8(text)) problem = "a frame that is not UTF-8";
      else onText(text.toString("utf8"));
    }
    return problem;
  };
}

/** No other view of its memory is about. */
function isOwn(bytes: Buffer): bytes is Buffer<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && bytes.length === bytes.buffer.byteLength;
}

/** Most parts of one value. */
export const maxParts = Math.ceil(maxValueChars / maxPartChars);

/**
 * The texts of a frame that holds a value: `open`, the value's JSON, `close`; and of its parts, where the value is long or
 * looks like a value in parts itself. RangeError when it is longer than a value may be.
 */
export function textsWithValue(frame: { open: string; value: string; close: string; id: number }): string[] {
  const { open, value, close, id } = frame;
  if (value.length <= maxPartChars && !value.startsWith('{"$parts"')) return [open + value + close];
  if (value.length > maxValueChars) {
    throw new RangeError(`a value of ${value.length} characters; the limit is ${maxValueChars}`);
  }
  const texts = [`${open}{"$parts":${partCount(value)}}${close}`, ...partFrames(id, value)];
  return texts;
}

/** How many parts stand for this value, or undefined when it is the value itself. */
export function partsOf(value: Json): number | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { $parts: parts } = value;
  return typeof parts === "number" && Object.keys(value).length === 1 ? parts : undefined;
}

/** Arrays and objects within each other: what is deeper breaks whoever walks it later. */
export const maxDepth = 128;

/** `__proto__` is dropped wherever it stands. SyntaxError, RangeError when it is too deep. */
export function parseJson(text: string): Json {
  const value = JSON.parse(text) as Json;
  walk(value, maxDepth, /__proto__|\\u00[567]/i.test(text));
  return value;
}

function walk(value: Json, left: number, hasProto: boolean): void {
  if (typeof value !== "object" || value === null) return;
  if (left === 0) throw new RangeError(`a value more than ${maxDepth} deep`);
  if (Array.isArray(value)) {
    for (const item of value) walk(item, left - 1, hasProto);
    return;
  }
  if (hasProto) Reflect.deleteProperty(value, "__proto__");
  for (const key in value) walk(value[key] as Json, left - 1, hasProto);
}
