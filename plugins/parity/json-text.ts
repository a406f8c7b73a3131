/** A document as it is printed and kept: two spaces a level. Letters that steer a terminal are escaped, and the value is the same. */
export function jsonText(document: unknown): string {
  return JSON.stringify(document, undefined, 2).replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** By UTF-16 units, as JSON has it. */
function escaped(letter: string): string {
  return Array.from({ length: letter.length }, (_, index) => {
    return `\\u${letter.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }).join("");
}
