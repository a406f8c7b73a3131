/** Widths and line breaks of text that may hold colour codes of ours. */

const colorCodes = /\u001b\[[0-9;]*m/g;
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const invisible = /\p{Mark}|\u200b|\u200c|\u200d|\p{Variation_Selector}/u;
const ascii = /^[\u0020-\u007e]*$/;

/** Columns that `text` takes on a terminal. */
export function textWidth(text: string): number {
  const plain = text.replace(colorCodes, "");
  if (ascii.test(plain)) return plain.length;
  let width = 0;
  for (const char of plain) width += wide.test(char) ? 2 : invisible.test(char) ? 0 : 1;
  return width;
}

/** Breaks at spaces; a word wider than the line stays whole, so that paths and links can be copied. */
export function wrapText(text: string, columns: number): string[] {
  return text.split("\n").flatMap((line) => wrapLine(line, columns));
}

function wrapLine(line: string, columns: number): string[] {
  if (textWidth(line) <= columns) return [line];
  const lines: string[] = [];
  let current = "";
  let currentWidth = 0;
  for (const word of line.split(" ")) {
    const width = textWidth(word);
    if (current !== "" && currentWidth + 1 + width > columns) {
      lines.push(current);
      current = word;
      currentWidth = width;
    } else {
      current = current === "" && lines.length + currentWidth === 0 ? word : `${current} ${word}`;
      currentWidth = textWidth(current);
    }
  }
  return [...lines, current];
}
