/** Bounds what one result brings into the conversation; the whole text stays in a side file that the model can Read. */
import type { ResultContent } from "../contract/messages.ts";

export interface OutputLimits {
  maxBytes: number;
  maxLines: number;
}

/** The file it was written to, and how many older outputs were removed for it. */
export type KeepOutput = (text: string) => Promise<{ file: string; removed: number }>;

/**
 * The content with each over-long text cut to its head and a pointer to the file that `keep` wrote it to; or to `wholeFile`,
 * where the tool itself has cut its output and kept the whole.
 */
export async function capOutput(
  content: ResultContent[],
  limits: OutputLimits,
  keep: KeepOutput,
  wholeFile?: string,
): Promise<ResultContent[]> {
  const parts = togetherWithin(content, limits);
  if (parts.every((block) => block.type !== "text" || fits(block.text, limits))) return parts;
  return await Promise.all(
    parts.map(async (block) => {
      if (block.type !== "text" || fits(block.text, limits)) return block;
      const head = headOf(block.text, limits);
      const shown = countLines(head);
      const of = wholeFile === undefined ? ` of ${countLines(block.text)}` : "";
      const size = wholeFile === undefined ? ` (${Buffer.byteLength(block.text)} bytes in all)` : "";
      const { file, removed } = wholeFile === undefined ? await keep(block.text) : { file: wholeFile, removed: 0 };
      return {
        type: "text" as const,
        text: `${head}\n… cut: ${shown}${of} lines shown${size}. The whole output is in ${file}; Read it with offset and limit.${removedNote(removed)}`,
      };
    }),
  );
}

function removedNote(removed: number): string {
  if (removed === 0) return "";
  const [files, were] = removed === 1 ? ["file", "was"] : ["files", "were"];
  return ` ${removed} older output ${files} of this session ${were} removed to make room.`;
}

/** Many short texts fill a conversation as one long one does: beyond the bound they are one. */
function togetherWithin(content: ResultContent[], limits: OutputLimits): ResultContent[] {
  const texts = content.flatMap((block) => (block.type === "text" ? [block.text] : []));
  if (texts.length < 2) return content;
  const text = texts.join("\n");
  return fits(text, limits) ? content : [{ type: "text", text }, ...content.filter(({ type }) => type !== "text")];
}

function fits(text: string, { maxBytes, maxLines }: OutputLimits): boolean {
  if (text.length * 3 <= maxBytes && text.length < maxLines) return true;
  // A letter has at least a byte: the bytes of a huge text need not be counted.
  if (text.length > maxBytes) return false;
  return Buffer.byteLength(text) <= maxBytes && countLines(text) <= maxLines;
}

/** Whole lines where possible; a single line that is too long is cut between characters. */
function headOf(text: string, { maxBytes, maxLines }: OutputLimits): string {
  let end = 0;
  for (let lines = 0; lines < maxLines; lines++) {
    const next = text.indexOf("\n", end);
    if (next === -1) {
      end = text.length;
      break;
    }
    end = next + 1;
  }
  let head = text.slice(0, Math.min(end, maxBytes + 1));
  if (Buffer.byteLength(head) <= maxBytes) return head.trimEnd();
  head = Buffer.from(head)
    .subarray(0, maxBytes)
    .toString("utf8")
    .replace(/\uFFFD$/, "");
  const lastLine = head.lastIndexOf("\n");
  return lastLine > maxBytes / 2 ? head.slice(0, lastLine) : head;
}

function countLines(text: string): number {
  let lines = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at + 1 < text.length; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}
