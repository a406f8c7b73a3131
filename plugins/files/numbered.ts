/** Lines as Read shows them: the number, a tab, the text; and back. */

const numberWidth = 6;
const mostLineChars = 2000;

/** One line with its number; what is beyond 2,000 characters is left out, and that is said. */
export function numberedLine(number: number, line: string): string {
  return `${String(number).padStart(numberWidth)}\t${shortened(line)}`;
}

/** The lines that a text of Read showed, by number; undefined when it is no such text. */
export function parseNumbered(text: string): Map<number, string> | undefined {
  const lines = new Map<number, string>();
  for (const line of text.split("\n")) {
    const match = /^ *(\d+)\t(.*)$/s.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) lines.set(Number(match[1]), match[2]);
  }
  return lines.size > 0 ? lines : undefined;
}

/** What a line looks like in a result. */
export function shortened(line: string): string {
  if (line.length <= mostLineChars) return line;
  // Not between the halves of a character beyond U+FFFF.
  const end = isHighSurrogate(line.charCodeAt(mostLineChars - 1)) ? mostLineChars - 1 : mostLineChars;
  return `${line.slice(0, end)} … [${line.length - end} more characters in this line]`;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
