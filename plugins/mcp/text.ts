/** How these commands write servers: one line each, and what is wrong below. Nothing of others steers a terminal. */
import type { Host, Json } from "gantry/plugin";
import { mcpStateWords } from "../../core/contract/mcp.ts";

export type Server = Awaited<ReturnType<Host["mcp"]["list"]>>["servers"][number];

/** What came out of JSON is JSON, whatever its type is called here. */
export function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

/** One line of at most `columns` characters, with what steers a terminal or has no shape spelled out. */
export function shorten(text: string, columns = 400): string {
  const clean = text
    .replace(/\s+/g, " ")
    .trim()
    .replace(
      /(?! )[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu,
      (letter) => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`,
    );
  const letters = [...clean];
  return letters.length > columns ? `${letters.slice(0, Math.max(0, columns - 1)).join("")}…` : clean;
}

/** Rows under their heads, each column as wide as its widest cell. */
export function columnsOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return [head, ...rows].map((row) => line(row).trimEnd()).join("\n");
}

export function stateWord({ state }: Pick<Server, "state">): string {
  return mcpStateWords[state];
}

/** `3 tools, 1 prompt`; nothing where it offers nothing. */
export function offerWords({ counts: { tools, prompts, resources, templates } }: Pick<Server, "counts">): string {
  const each: [number, string][] = [
    [tools, "tool"],
    [prompts, "prompt"],
    [resources, "resource"],
    [templates, "resource template"],
  ];
  return each.flatMap(([count, noun]) => (count === 0 ? [] : [`${count} ${noun}${count === 1 ? "" : "s"}`])).join(", ");
}

/** Why it cannot be used, what it printed, what was left out; each indented. */
export function troubleLines({ name, state, code, why, stderr, problems }: Server): string[] {
  const reason = why === undefined ? [] : [`${code === undefined ? "" : `${code}: `}${shorten(why)}`];
  const advice =
    state === "needs-login"
      ? [`To log in: gantry mcp login ${quoteWord(name)}`]
      : state === "waiting"
        ? ["To look at it and trust it: gantry trust grant"]
        : [];
  const printed =
    state === "failed" && stderr.length > 0
      ? ["its last lines on stderr:", ...stderr.map((line) => `  ${shorten(line, 200)}`)]
      : [];
  return [...reason, ...advice, ...printed, ...problems.map((problem) => shorten(problem))].map((line) => `  ${line}`);
}

/** One word of a POSIX shell line. */
export function quoteWord(word: string): string {
  return /^[A-Za-z0-9_@%+:,./=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
