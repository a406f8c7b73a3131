/** How these commands write columns, sizes, and text that came from elsewhere. */
import type { Json } from "gantry/plugin";

/** What came out of JSON is JSON, whatever its type is called here. */
export function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

/** Text of others in a line of ours: what steers a terminal, or has no shape, is spelled out. */
export function printable(text: string): string {
  return text.replace(
    /(?! )[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu,
    (letter) => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** One line of at most `columns` characters. */
export function shorten(text: string, columns: number): string {
  const letters = [...printable(text.replace(/\s+/g, " ").trim())];
  return letters.length > columns ? `${letters.slice(0, Math.max(0, columns - 1)).join("")}…` : letters.join("");
}

/** Rows under their heads, each column as wide as its widest cell. */
export function columnsOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return [head, ...rows].map((row) => line(row).trimEnd()).join("\n");
}

export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

/** One word of a POSIX shell line. */
export function quoteWord(word: string): string {
  return /^[A-Za-z0-9_@%+:,./=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
