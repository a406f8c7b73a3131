/** Output of programs as plain text: no terminal codes, no control characters, valid UTF-8. */

/**
 * ECMA-48 sequences, 7-bit and as C1 characters: OSC, DCS, SOS, PM, APC with their strings (ended by BEL or ST, or cut off),
 * CSI, and two-character escapes.
 */
const strings = /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)?/g;
const sequences = /(?:\x1b\[|\x9b)[0-?]*[ -/]*(?:[@-~]|$)|\x1b[ -/]*(?:[0-~]|$)/g;
const controls = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;
const mayHoldCodes = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;

/**
 * What a terminal would show in the end, roughly: codes gone, and of a line that was overwritten with carriage returns
 * (a progress bar) its last form.
 */
export function plainText(text: string): string {
  if (!mayHoldCodes.test(text)) return text;
  return text
    .replace(strings, "")
    .replace(sequences, "")
    .replace(/[^\n]+/g, lastForm)
    .replace(controls, "");
}

/** By hand: as a regular expression, a line without a carriage return to find costs the square of its length. */
function lastForm(line: string): string {
  if (!line.includes("\r")) return line;
  let end = line.length;
  while (line[end - 1] === "\r") end--;
  return line.slice(line.lastIndexOf("\r", end - 1) + 1, end);
}

/** Bytes as plain text; what is not UTF-8 becomes U+FFFD. */
export function plainTextOf(bytes: Uint8Array): string {
  return plainText(new TextDecoder().decode(bytes));
}

/** The bytes up to the last whole character: a window's end may lie inside one. */
export function wholeCharacters(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes;
    if (byte >= 0xc0) return back < lengthOf(byte) ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}

/** The bytes from the first whole character on. */
export function fromCharacter(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < Math.min(3, bytes.length) && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return bytes.subarray(start);
}

function lengthOf(leadByte: number): number {
  if (leadByte >= 0xf0) return 4;
  return leadByte >= 0xe0 ? 3 : 2;
}
