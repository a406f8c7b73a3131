/** A window of a text file as a result: numbered lines within the limits, and how to go on. */
import { numberedLine } from "./numbered.ts";

export const mostLines = 2000;
/** Of text; what remains of 64 KiB is for the remarks. */
const mostTextBytes = 63 * 1024;

export interface Window {
  /** The lines from `offset` on, perhaps more than fit. */
  lines: readonly string[];
  offset: number;
  totalLines: number;
  remarks?: readonly string[];
}

export interface ShownLines {
  /** Apart from the remarks: 2,000 lines then still are as many as one text of a result may have. */
  text: string;
  /** With an empty line before it; empty when there is nothing to remark. */
  remark: string;
  firstLine: number;
  lastLine: number;
}

/** Shows at least one line, then as many as fit. CRLF is shown as a plain line end, and said so, as is a byte order mark. */
export function showLines({ lines, offset, totalLines, remarks = [] }: Window): ShownLines {
  const notes = [...remarks];
  const shown: string[] = [];
  let bytes = 0;
  let hasCrlf = false;
  for (const [index, raw] of lines.slice(0, mostLines).entries()) {
    hasCrlf ||= raw.endsWith("\r");
    const hasMark = offset + index === 1 && raw.startsWith("\uFEFF");
    if (hasMark) notes.push("the file begins with a byte order mark");
    const line = numberedLine(offset + index, raw.slice(hasMark ? 1 : 0).replace(/\r$/, ""));
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > mostTextBytes && shown.length > 0) break;
    shown.push(line);
  }
  if (hasCrlf) notes.push("line endings are CRLF; write \\n in edits, they are kept");
  const lastLine = offset + shown.length - 1;
  if (lastLine < totalLines) notes.push(`lines ${offset}–${lastLine} of ${totalLines}; go on with offset ${lastLine + 1}`);
  else if (offset > 1) notes.push(`lines ${offset}–${lastLine} of ${totalLines}: the end`);
  const remark = notes.length > 0 ? `\n\n(${notes.join("; ")})` : "";
  return { text: shown.join("\n"), remark, firstLine: offset, lastLine };
}
