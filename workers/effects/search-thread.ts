/**
 * The program of the thread that runs a pattern in JavaScript. `matchFiles` is sent as its own text, so it may use
 * nothing but its argument and what Node.js gives every script; its parts are therefore inside it.
 */
import type { SearchQuery } from "../../core/contract/plugin.ts";
import type { SearchRow } from "./search-rows.ts";

export interface MatchWork {
  folder: string;
  files: string[];
  source: string;
  flags: string;
  mode: SearchQuery["mode"];
  before: number;
  after: number;
  multiline: boolean;
  mostRows: number;
  mostFileBytes: number;
  mostLineChars: number;
}

export interface MatchReply {
  rows: SearchRow[];
  cut: boolean;
}

export function matchFiles(work: MatchWork): MatchReply {
  const fs = process.getBuiltinModule("node:fs");
  const pattern = new RegExp(work.source, work.flags);
  const rows: SearchRow[] = [];

  /** The text of a file that ripgrep would search too: regular, no link, no NUL; CRLF as LF. */
  const textOf = (file: string): string | undefined => {
    let fd: number | undefined;
    try {
      fd = fs.openSync(`${work.folder}/${file}`, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
      const stat = fs.fstatSync(fd);
      if (!stat.isFile() || stat.size > work.mostFileBytes) return undefined;
      const bytes = fs.readFileSync(fd);
      return bytes.includes(0)
        ? undefined
        : bytes
            .toString("utf8")
            .replace(/^\uFEFF/, "")
            .replaceAll("\r\n", "\n");
    } catch {
      return undefined;
    } finally {
      if (fd !== undefined) fs.closeSync(fd);
    }
  };
  /** Indexes of the lines that a match touches, and how many matches there were. */
  const matchesOf = (text: string, lines: string[]): { hits: Set<number>; count: number } => {
    const hits = new Set<number>();
    if (!work.multiline) {
      for (const [index, line] of lines.entries()) {
        pattern.lastIndex = 0;
        if (pattern.test(line)) hits.add(index);
      }
      return { hits, count: hits.size };
    }
    const starts = [0];
    for (const line of lines) starts.push((starts.at(-1) ?? 0) + line.length + 1);
    let [line, count] = [0, 0];
    for (const match of text.matchAll(pattern)) {
      if (match.index >= text.length && text.endsWith("\n")) break;
      count++;
      while (match.index >= (starts[line + 1] ?? Number.POSITIVE_INFINITY)) line++;
      const end = match.index + Math.max(match[0].length, 1);
      for (let at = line; at < lines.length && (starts[at] ?? end) < end; at++) hits.add(at);
    }
    return { hits, count };
  };
  const shorten = (line: string): string =>
    line.length > work.mostLineChars ? `${line.slice(0, work.mostLineChars)} [... omitted end of long line]` : line;
  const addLines = (file: string, lines: string[], hits: Set<number>): void => {
    let last = -1;
    for (const hit of hits) {
      const from = Math.max(hit - work.before, last + 1, 0);
      if ((work.before > 0 || work.after > 0) && rows.length > 0 && (last === -1 || from > last + 1))
        rows.push({ kind: "gap" });
      for (let at = from; at <= Math.min(hit + work.after, lines.length - 1); at++) {
        rows.push({ kind: "line", file, line: at + 1, isMatch: hits.has(at), text: shorten(lines[at] ?? "") });
        last = at;
      }
    }
  };

  for (const file of work.files) {
    if (rows.length >= work.mostRows) return { rows, cut: true };
    const text = textOf(file);
    if (text === undefined || text === "") continue;
    const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
    const { hits, count } = matchesOf(text, lines);
    if (hits.size === 0) continue;
    if (work.mode === "files_with_matches") rows.push({ kind: "file", file });
    else if (work.mode === "count") rows.push({ kind: "count", file, count });
    else addLines(file, lines, hits);
  }
  return { rows, cut: false };
}
