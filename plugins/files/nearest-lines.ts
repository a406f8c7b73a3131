/** The place of a file that is most like a text that does not occur in it: for an answer that the model can act on. */

const mostLines = 50_000;
const mostChars = 300;
const mostShown = 6;
const leastLikeness = 0.5;

export interface NearestLines {
  /** 1-based. */
  line: number;
  lines: string[];
  /** The two differ in white space alone. */
  isSpacing: boolean;
}

export function findNearest(text: string, wanted: string): NearestLines | undefined {
  const sought = wanted.split(/\r?\n/);
  const anchor = sought.findIndex((line) => line.trim() !== "");
  if (anchor === -1) return undefined;
  const lines = text.split(/\r?\n/, mostLines);
  const best = mostAlike(lines, sought[anchor] ?? "");
  if (best === undefined) return undefined;
  const first = Math.max(best - anchor, 0);
  const block = lines.slice(first, first + sought.length);
  const isSpacing = squeezed(block.join("\n")) === squeezed(wanted);
  return { line: first + 1, lines: block.slice(0, mostShown), isSpacing };
}

function mostAlike(lines: readonly string[], anchor: string): number | undefined {
  const wanted = pairsOf(anchor);
  let [best, likeness] = [-1, leastLikeness];
  for (const [index, line] of lines.entries()) {
    const alike = line.trim() === anchor.trim() ? 1 : likenessOf(wanted, pairsOf(line));
    if (alike > likeness) [best, likeness] = [index, alike];
    if (alike === 1) break;
  }
  return best === -1 ? undefined : best;
}

/** Pairs of neighbouring letters, without white space, and how often each occurs. */
function pairsOf(line: string): Map<string, number> {
  const text = squeezed(line.slice(0, mostChars));
  const pairs = new Map<string, number>();
  for (let at = 0; at + 1 < text.length; at++) {
    const pair = text.slice(at, at + 2);
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  return pairs;
}

/** Dice's coefficient: 0 nothing in common, 1 the same pairs. */
function likenessOf(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  const total = sum(a) + sum(b);
  if (total === 0) return 0;
  let shared = 0;
  for (const [pair, count] of a) shared += Math.min(count, b.get(pair) ?? 0);
  return (2 * shared) / total;
}

function sum(pairs: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const count of pairs.values()) total += count;
  return total;
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, "");
}
