/** Where a text occurs in a file, whatever the file's line ends are, and what is like it when it does not occur. */

/** Positions in the file's own text. */
export interface Occurrence {
  from: number;
  to: number;
  /** 1-based. */
  line: number;
}

/** All occurrences, overlapping ones too. `\n` in `wanted` stands for CRLF as well. */
export function findOccurrences(text: string, wanted: string): Occurrence[] {
  const plain = text.replaceAll("\r\n", "\n");
  const sought = wanted.replaceAll("\r\n", "\n");
  const back = backMapping(text);
  const found: Occurrence[] = [];
  let [line, counted] = [1, 0];
  for (let at = plain.indexOf(sought); at !== -1; at = plain.indexOf(sought, at + 1)) {
    for (let next = plain.indexOf("\n", counted); next !== -1 && next < at; next = plain.indexOf("\n", counted)) {
      line++;
      counted = next + 1;
    }
    found.push({ from: back(at), to: back(at + sought.length), line });
  }
  return found;
}

/** Those that do not overlap, first come first. */
export function apart(occurrences: readonly Occurrence[]): Occurrence[] {
  const kept: Occurrence[] = [];
  for (const next of occurrences) {
    if (next.from >= (kept.at(-1)?.to ?? 0)) kept.push(next);
  }
  return kept;
}

/** Replaces the occurrences by `replacement`, whose line ends become those around each of them. */
export function replaceAt(text: string, occurrences: readonly Occurrence[], replacement: string): string {
  const plain = replacement.replaceAll("\r\n", "\n");
  const parts: string[] = [];
  let at = 0;
  for (const { from, to } of occurrences) {
    parts.push(text.slice(at, from), lineEndAt(text, from, to) === "\r\n" ? plain.replaceAll("\n", "\r\n") : plain);
    at = to;
  }
  return parts.join("") + text.slice(at);
}

/** The line end inside the occurrence, or the next one after it, or the one before it. */
function lineEndAt(text: string, from: number, to: number): "\r\n" | "\n" {
  const inside = text.indexOf("\n", from);
  const end = inside !== -1 ? inside : text.lastIndexOf("\n", to);
  return end > 0 && text[end - 1] === "\r" ? "\r\n" : "\n";
}

/** Turns positions of the text with `\n` only into positions of the text as it is; asked in rising order per match. */
function backMapping(text: string): (position: number) => number {
  const crlfs: number[] = [];
  for (let at = text.indexOf("\r\n"); at !== -1; at = text.indexOf("\r\n", at + 2)) crlfs.push(at - crlfs.length);
  if (crlfs.length === 0) return (position) => position;
  return (position) => position + countBelow(crlfs, position);
}

/** How many of the sorted numbers are less than `limit`. */
function countBelow(sorted: readonly number[], limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
