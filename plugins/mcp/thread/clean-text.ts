/**
 * Text of servers as it may be shown: without terminal codes, control characters, and letters without a shape (directions,
 * joiners, tags), which hide words from people that the model reads. Cut before it is cleaned, so that a huge text costs little.
 */
const strings = /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c|$)?/g;
const sequences = /(?:\x1b\[|\x9b)[0-?]*[ -/]*(?:[@-~]|$)|\x1b[ -/]*(?:[0-~]|$)/g;
const lineEnds = /\r\n?|[\u2028\u2029\x0b\x0c\x85]/g;
const shapeless = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Lines stay lines; at most `max` letters, the last of a cut text is `…`. */
export function cleanText(text: string, max: number): string {
  const start = text.slice(0, max * 4);
  const clean = start.replace(strings, "").replace(sequences, "").replace(lineEnds, "\n").replace(shapeless, "");
  return cut(clean, max, start.length < text.length);
}

/** One line. */
export function cleanLine(text: string, max: number): string {
  const clean = cleanText(text, max * 2)
    .replace(/\s+/g, " ")
    .trim();
  return cut(clean, max, false);
}

function cut(text: string, max: number, wasCut: boolean): string {
  if (text.length <= max && !wasCut) return text;
  const kept = text.length < max ? text : text.slice(0, max - 1);
  return `${kept.replace(/[\ud800-\udbff]$/, "")}…`;
}
