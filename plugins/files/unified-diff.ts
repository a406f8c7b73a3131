/** A unified diff whose cost is bounded: the common head and tail are cut off first, and what differs too much is one hunk. */

const context = 3;
/** Lines that differ between the common head and tail; more are not compared with each other. */
const mostCompared = 5000;
const mostEdits = 1500;
const mostDataChars = 64 * 1024;

export interface UnifiedDiff {
  /** Header and hunks. Cut at 64 KiB, and then says so. */
  diff: string;
  added: number;
  removed: number;
}

interface Hunk {
  oldStart: number;
  oldLines: number;
  newStart: number;
  newLines: number;
  lines: string[];
}

/** `before` undefined: the file is new. Line ends count as `\n` on both sides. */
export async function unifiedDiff(path: string, before: string | undefined, after: string): Promise<UnifiedDiff> {
  const old = linesOf(before ?? "");
  const now = linesOf(after);
  const head = commonHead(old, now);
  const tail = commonTail(old, now, head);
  const hunks = await compare(old, now, { head, tail });
  const changed = hunks.flatMap(({ lines }) => lines);
  const names = [before === undefined ? "--- /dev/null" : `--- a/${path}`, `+++ b/${path}`];
  const text = [...names, ...hunks.flatMap((hunk) => [headerOf(hunk), ...hunk.lines])].join("\n");
  return {
    diff: cutLines(text, mostDataChars),
    added: changed.filter((line) => line.startsWith("+")).length,
    removed: changed.filter((line) => line.startsWith("-")).length,
  };
}

/** The beginning of a text in whole lines, and how many lines are left out. */
export function cutLines(text: string, mostChars: number): string {
  if (text.length <= mostChars) return text;
  const kept = text.slice(0, text.lastIndexOf("\n", mostChars));
  return `${kept}\n… ${text.slice(kept.length + 1).split("\n").length} more lines of the diff`;
}

/** Each with its newline, the last perhaps without. */
function linesOf(text: string): string[] {
  const lines = text.replaceAll("\r\n", "\n").split(/(?<=\n)/);
  return lines.length === 1 && lines[0] === "" ? [] : lines;
}

function commonHead(old: readonly string[], now: readonly string[]): number {
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  return head;
}

function commonTail(old: readonly string[], now: readonly string[], head: number): number {
  let tail = 0;
  const most = Math.min(old.length, now.length) - head;
  while (tail < most && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail++;
  return tail;
}

async function compare(old: string[], now: string[], { head, tail }: { head: number; tail: number }): Promise<Hunk[]> {
  const [oldEnd, nowEnd] = [old.length - tail, now.length - tail];
  if (head === oldEnd && head === nowEnd) return [];
  const from = Math.max(head - context, 0);
  const oldPart = old.slice(from, oldEnd + context);
  const nowPart = now.slice(from, nowEnd + context);
  if (oldEnd - head <= mostCompared && nowEnd - head <= mostCompared) {
    const { structuredPatch } = await import("diff");
    const patch = structuredPatch("", "", oldPart.join(""), nowPart.join(""), "", "", { context, maxEditLength: mostEdits });
    if (patch !== undefined) return patch.hunks.map((hunk) => moved(hunk, from));
  }
  const lines = [
    ...old.slice(from, head).map((line) => shown(" ", line)),
    ...old.slice(head, oldEnd).map((line) => shown("-", line)),
    ...now.slice(head, nowEnd).map((line) => shown("+", line)),
    ...old.slice(oldEnd, oldEnd + context).map((line) => shown(" ", line)),
  ];
  return [moved({ oldStart: 1, oldLines: oldPart.length, newStart: 1, newLines: nowPart.length, lines }, from)];
}

function moved(hunk: Hunk, by: number): Hunk {
  return { ...hunk, oldStart: hunk.oldStart + by, newStart: hunk.newStart + by };
}

function shown(sign: string, line: string): string {
  return line.endsWith("\n") ? sign + line.slice(0, -1) : `${sign}${line}\n\\ No newline at end of file`;
}

function headerOf({ oldStart, oldLines, newStart, newLines }: Hunk): string {
  // A side without lines names the line before it.
  const old = oldLines === 0 ? `${oldStart - 1},0` : `${oldStart},${oldLines}`;
  const now = newLines === 0 ? `${newStart - 1},0` : `${newStart},${newLines}`;
  return `@@ -${old} +${now} @@`;
}
