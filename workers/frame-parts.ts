/**
 * Long values cut into `part` frames. A part is JSON text inside JSON text; where that needs no escapes, as in base64, it is
 * neither written nor read twice (1.4 MB of it: 0.3 ms in place of 2.4).
 */
import { maxPartChars } from "../core/contract/frames.ts";

/** The texts of the part frames that `text`, a value's JSON, makes. */
export function* partFrames(id: number, text: string): Generator<string> {
  for (let i = 0; i < text.length; i += maxPartChars) {
    const slice = text.slice(i, i + maxPartChars);
    yield isPlain(slice) ? `["part",${id},"${slice}"]` : JSON.stringify(["part", id, slice]);
  }
}

export function partCount(text: string): number {
  return Math.ceil(text.length / maxPartChars);
}

/** The frame of a text that is a plain part, without parsing it; undefined for any other. */
export function plainPart(text: string): readonly ["part", number, string] | undefined {
  const start = text.startsWith('["part",') ? text.indexOf(',"', 8) : -1;
  if (start === -1 || start > 30 || !text.endsWith('"]') || text.includes("\\")) return undefined;
  const id = Number(text.slice(8, start));
  const piece = text.slice(start + 2, -2);
  return Number.isSafeInteger(id) && !piece.includes('"') ? ["part", id, piece] : undefined;
}

/** Text that JSON has made holds no other characters that JSON escapes, but a cut may leave half of a pair at its ends. */
function isPlain(slice: string): boolean {
  return (
    !slice.includes('"') && !slice.includes("\\") && !isHalf(slice.charCodeAt(0)) && !isHalf(slice.charCodeAt(slice.length - 1))
  );
}

function isHalf(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}
