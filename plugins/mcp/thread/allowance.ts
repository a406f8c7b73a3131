/**
 * How much of one answer of a server crosses to the core, which takes it in on its main thread: text, images, and parts. What is
 * more is cut or left out, and said where it stood.
 */
export interface Allowance {
  text(text: string): string;
  /** Base64 of what may be shown; of all else `bytes` says how much it is. */
  data(data: string, mimeType: string): { data: string; bytes?: number };
}

/** The core keeps in a file what is too long for the model: so much of it can be read there. */
const maxTextChars = 4 * 1024 * 1024;
/** Of all images of one answer: base64 of 5 MiB. */
const maxImageChars = Math.ceil((5 * 1024 * 1024) / 3) * 4;
const maxParts = 1000;

export function createAllowance(): Allowance {
  let textLeft = maxTextChars;
  let imagesLeft = maxImageChars;
  return {
    text(text) {
      const kept = text.length <= textLeft ? text : text.slice(0, textLeft).replace(/[\ud800-\udbff]$/, "");
      textLeft -= kept.length;
      if (kept === text) return text;
      return `${kept}\n[cut: ${text.length} characters in all, the first ${kept.length} are kept]`;
    },
    data(data, mimeType) {
      if (!mimeType.startsWith("image/") || data.length > imagesLeft) return { data: "", bytes: bytesOf(data) };
      imagesLeft -= data.length;
      return { data };
    },
  };
}

/** The first 1,000, each shaped; `said` makes one more of the sentence that tells of the others. */
export function withinParts<T, S>(parts: readonly T[], shape: (part: T) => S, said: (text: string) => S): S[] {
  const shaped = parts.slice(0, maxParts).map(shape);
  const left = parts.length - shaped.length;
  return left === 0 ? shaped : [...shaped, said(`[${left} more parts are left out: at most ${maxParts} are taken]`)];
}

function bytesOf(base64: string): number {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return Math.floor(((base64.length - padding) * 3) / 4);
}
