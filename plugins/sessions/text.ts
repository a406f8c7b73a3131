/** How this plugin's commands write times, numbers, and text that came from elsewhere. */
import type { Json, Usage } from "gantry/plugin";

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

const spans: [seconds: number, name: string][] = [
  [86_400 * 365, "year"],
  [86_400 * 30, "month"],
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
];

/** `just now`, `3 minutes ago`. */
export function ago(at: string, now: number): string {
  const seconds = Math.max(0, (now - Date.parse(at)) / 1000);
  const span = spans.find(([size]) => seconds >= size);
  if (!span) return "just now";
  const [size, name] = span;
  return `${counted(Math.floor(seconds / size), name)} ago`;
}

/** `1 turn`, `2 turns`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

export function tokensLine({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: Usage): string {
  const cache = cacheReadTokens + cacheWriteTokens;
  const numbers = [`${inputTokens.toLocaleString("en-US")} in`, `${outputTokens.toLocaleString("en-US")} out`];
  if (cache > 0)
    numbers.push(
      `${cacheReadTokens.toLocaleString("en-US")} from cache`,
      `${cacheWriteTokens.toLocaleString("en-US")} to cache`,
    );
  return numbers.join(", ");
}

export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
