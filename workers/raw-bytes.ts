/**
 * Replies whose field `bytes` is memory and not yet text: so a file's bytes come from their thread, and become base64 where
 * they are written, piece by piece. A text of all of them would be made, held and copied some four times.
 */
import { maxPartChars } from "../core/contract/frames.ts";
import type { Json, JsonObject } from "../core/contract/messages.ts";

/** Whole groups of base64 in each part. */
const pieceBytes = (maxPartChars / 4) * 3;

/** Not JSON before it is written; whoever else takes it finds bytes where there would be encoded ones (packed-bytes.ts). */
export function withRawBytes(rest: Json, bytes: Uint8Array): Json {
  return { ...(rest as JsonObject), bytes } as unknown as Json;
}

export function rawBytesOf(value: Json): Uint8Array | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { bytes } = value as { bytes?: unknown };
  return bytes instanceof Uint8Array ? bytes : undefined;
}

/** The texts of the reply's frame and its parts, each made when it is asked for. The bytes are given up with the last. */
export function* textsWithRawBytes(id: number, value: Json): Generator<string> {
  const bytes = rawBytesOf(value) ?? new Uint8Array();
  const { buffer, byteOffset, byteLength } = bytes;
  const head = JSON.stringify({ ...(value as JsonObject), bytes: { $bytes: "" } }).slice(0, -'"}}'.length);
  const pieces = Math.ceil(byteLength / pieceBytes);
  yield `["reply",${id},true,{"$parts":${pieces + 2}}]`;
  yield JSON.stringify(["part", id, head]);
  for (let at = 0; at < byteLength; at += pieceBytes) {
    const piece = Buffer.from(buffer, byteOffset + at, Math.min(pieceBytes, byteLength - at));
    yield `["part",${id},"${piece.toString("base64")}"]`;
  }
  yield JSON.stringify(["part", id, '"}}']);
  released(bytes);
}

/** Gives memory back at once that a collection would find later. It must be nobody else's, and is empty from then on. */
export function released({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
