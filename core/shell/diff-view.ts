/** A unified diff as coloured lines, capped: the whole is in the tool's result. */
import { sanitizeText } from "./sanitize.ts";
import type { Style } from "./style.ts";

const mostLines = 40;

export function renderDiff(diff: string, { style, columns }: { style: Style; columns: number }): string[] {
  const lines = sanitizeText(diff).replace(/\n$/, "").split("\n");
  const body = lines.filter((line) => !/^(?:Index: |={3,}$|diff )/.test(line));
  const shown = body.slice(0, mostLines).map((line) => paint(clip(line.replaceAll("\t", "    "), columns - 2), style));
  const more = body.length - mostLines;
  return [...shown, ...(more > 0 ? [style.dim(`… ${more} more ${more === 1 ? "line" : "lines"}`)] : [])].map(
    (line) => `  ${line}`,
  );
}

function clip(line: string, columns: number): string {
  return line.length > columns ? `${line.slice(0, Math.max(1, columns - 1))}…` : line;
}

function paint(line: string, style: Style): string {
  if (line.startsWith("+++") || line.startsWith("---")) return style.bold(line);
  if (line.startsWith("@@")) return style.cyan(line);
  if (line.startsWith("+")) return style.green(line);
  if (line.startsWith("-")) return style.red(line);
  return line;
}
