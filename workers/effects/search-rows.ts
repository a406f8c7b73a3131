/** Reads what ripgrep prints with --null: a path, a NUL, then what the mode puts behind it. */
import type { SearchResult } from "../../core/contract/plugin.ts";

export type SearchRow =
  | { kind: "line"; file: string; line: number; isMatch: boolean; text: string }
  | { kind: "file"; file: string }
  | { kind: "count"; file: string; count: number }
  /** Between two groups of lines, where context was asked for. */
  | { kind: "gap" };

/** A longer line is cut: one line of a minified file would fill the whole result. */
export const mostLineChars = 500;

/** What an engine found, in the order of the paths. */
export interface Found {
  rows: Iterable<SearchRow>;
  cut: boolean;
  engine: SearchResult["engine"];
}

/** `path NUL number : text newline`, `-` for `:` in context lines. The last line may be torn: it is then left out. */
export function* readLines(output: string): Generator<SearchRow> {
  for (let at = 0; ; ) {
    const end = output.indexOf("\n", at);
    if (end === -1) return;
    const nul = output.indexOf("\0", at);
    // Without a NUL it is the separator, or a remark about a binary file.
    if (nul === -1 || nul > end) {
      if (/^--\r?$/.test(output.slice(at, end))) yield { kind: "gap" };
      at = end + 1;
      continue;
    }
    const [, number = "0", mark] = /^(\d+)([:-])/.exec(output.slice(nul + 1, nul + 24)) ?? [];
    const text = output.slice(nul + 2 + number.length, end).replace(/\r$/, "");
    yield { kind: "line", file: nameAt(output, at, nul), line: Number(number), isMatch: mark === ":", text };
    at = end + 1;
  }
}

/** `path NUL path NUL …`. */
export function* readFiles(output: string): Generator<SearchRow> {
  for (let at = 0, nul = output.indexOf("\0"); nul !== -1; at = nul + 1, nul = output.indexOf("\0", at)) {
    yield { kind: "file", file: nameAt(output, at, nul) };
  }
}

/** `path NUL count newline`. */
export function* readCounts(output: string): Generator<SearchRow> {
  for (let at = 0, nul = output.indexOf("\0"); nul !== -1; nul = output.indexOf("\0", at)) {
    const end = output.indexOf("\n", nul);
    if (end === -1) return;
    yield { kind: "count", file: nameAt(output, at, nul), count: Number(output.slice(nul + 1, end)) };
    at = end + 1;
  }
}

function nameAt(output: string, from: number, to: number): string {
  return output.slice(output.startsWith("./", from) ? from + 2 : from, to);
}
