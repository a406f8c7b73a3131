/** How this plugin's commands write columns, times, and text that came from elsewhere. */
import type { Json } from "gantry/plugin";

/** What came out of JSON is JSON, whatever its type is called here. */
export function toJson(value: unknown): Json {
  return value as Json;
}

/** Without what could steer a terminal; newlines and tabs stay. */
export function printable(text: string): string {
  return (
    text
      // CSI, then OSC and the like up to their end, then other two-character escapes, then control characters.
      .replace(/\x1b\[[0-9;:?<=>!]*[ -/]*[@-~]/g, "")
      .replace(/\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?/g, "")
      .replace(/\x1b[ -/]*[0-~]?/g, "")
      .replace(/\r\n/g, "\n")
      .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "")
  );
}

/** One line of at most `columns` characters. */
export function shorten(text: string, columns: number): string {
  const line = printable(text).replace(/\s+/g, " ").trim();
  const letters = [...line];
  return letters.length > columns ? `${letters.slice(0, Math.max(0, columns - 1)).join("")}…` : line;
}

/** Rows under their heads, each column as wide as its widest cell. */
export function columnsOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return [head, ...rows].map((row) => line(row).trimEnd()).join("\n");
}

export function duration(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 10 ? `${Math.round(ms * 10) / 10} ms` : `${Math.round(ms)} ms`;
}

export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

/** `file:line: `, or what is known of that. */
export function placeOf({ file, line }: { file?: string; line?: number }): string {
  return file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}`}: `;
}

export function indent(text: string, by = "    "): string {
  return text.replace(/^(?=.)/gm, by);
}
