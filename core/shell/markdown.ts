/** One block of Markdown as lines for a terminal. marked finds the structure; how it looks is ours. The text is clean already. */
import { lexer, type Token, type Tokens } from "marked";
import type { Style } from "./style.ts";
import { textWidth, wrapText } from "./wrap.ts";

export interface MarkdownView {
  style: Style;
  columns: number;
}

const deepest = 12;

/** Lines without their ends. */
export function renderMarkdown(markdown: string, view: MarkdownView): string[] {
  return renderBlocks(lexer(markdown), view, 0);
}

/** Blocks have a blank line between them, but in a tight list. */
function renderBlocks(tokens: readonly Token[], view: MarkdownView, depth: number, gap: "line" | "none" = "line"): string[] {
  const lines: string[] = [];
  for (const token of tokens) {
    const block = renderBlock(token, view, depth);
    if (block.length === 0) continue;
    if (lines.length > 0 && gap === "line") lines.push("");
    lines.push(...block);
  }
  return lines;
}

function renderBlock(token: Token, view: MarkdownView, depth: number): string[] {
  const { style, columns } = view;
  if (depth > deepest) return wrapText(token.raw, columns);
  switch (token.type) {
    case "space":
    case "def":
      return [];
    case "heading": {
      const text = renderInline(token.tokens ?? [], style);
      return wrapText(style.bold((token as Tokens.Heading).depth < 3 ? style.cyan(text) : text), columns);
    }
    case "code":
      return (token as Tokens.Code).text.split("\n").map((line) => `  ${style.yellow(line)}`);
    case "blockquote":
      return indented(renderBlocks(token.tokens ?? [], narrower(view, 2), depth + 1), style.dim("│ "), style.dim("│ "));
    case "list":
      return renderList(token as Tokens.List, view, depth);
    case "table":
      return renderTable(token as Tokens.Table, view);
    case "hr":
      return [style.dim("─".repeat(Math.min(columns, 40)))];
    case "html":
      return wrapText(token.raw.trimEnd(), columns);
    default:
      return wrapText("tokens" in token && token.tokens ? renderInline(token.tokens, style) : plain(token.raw), columns);
  }
}

function narrower(view: MarkdownView, by: number): MarkdownView {
  return { ...view, columns: Math.max(10, view.columns - by) };
}

function indented(lines: readonly string[], first: string, rest: string): string[] {
  return lines.map((line, index) => `${index === 0 ? first : rest}${line}`);
}

function renderList(list: Tokens.List, view: MarkdownView, depth: number): string[] {
  const start = typeof list.start === "number" ? list.start : 1;
  const marks = list.items.map((item, index) => {
    if (item.task) return item.checked ? "☑ " : "☐ ";
    return list.ordered ? `${start + index}. ` : "• ";
  });
  const lines = list.items.map((item, index) => {
    const mark = marks[index] ?? "• ";
    const content = item.tokens.filter((token) => token.type !== "checkbox");
    const body = renderBlocks(content, narrower(view, mark.length), depth + 1, list.loose ? "line" : "none");
    return indented(body.length > 0 ? body : [""], view.style.cyan(mark), " ".repeat(mark.length));
  });
  return list.loose ? lines.flatMap((item, index) => (index > 0 ? ["", ...item] : item)) : lines.flat();
}

/** Columns as wide as their widest cell; a table wider than the terminal becomes one `head: cell` line per cell. */
function renderTable(table: Tokens.Table, { style, columns }: MarkdownView): string[] {
  const head = table.header.map((cell) => style.bold(renderInline(cell.tokens, style)));
  const rows = table.rows.map((row) => row.map((cell) => renderInline(cell.tokens, style)));
  const widths = head.map((cell, column) => Math.max(textWidth(cell), ...rows.map((row) => textWidth(row[column] ?? ""))));
  const total = widths.reduce((sum, width) => sum + width + 3, -3);
  if (total > columns) {
    return rows.flatMap((row, index) => [
      ...(index > 0 ? [""] : []),
      ...row.flatMap((cell, column) => wrapText(`${head[column] ?? ""}: ${cell}`, columns)),
    ]);
  }
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - textWidth(cell))))
      .join(style.dim(" │ "))
      .trimEnd();
  return [line(head), style.dim(widths.map((width) => "─".repeat(width)).join("─┼─")), ...rows.map(line)];
}

function renderInline(tokens: readonly Token[], style: Style): string {
  return tokens.map((token) => renderSpan(token, style)).join("");
}

function renderSpan(token: Token, style: Style): string {
  const inner = (): string =>
    "tokens" in token && token.tokens ? renderInline(token.tokens, style) : plain("text" in token ? token.text : token.raw);
  switch (token.type) {
    case "strong":
      return style.bold(inner());
    case "em":
      return style.italic(inner());
    case "del":
      return style.strike(inner());
    case "codespan":
      return style.yellow((token as Tokens.Codespan).text);
    case "br":
      return "\n";
    case "link": {
      const { href } = token as Tokens.Link;
      const text = inner();
      return text === href || `mailto:${text}` === href ? style.underline(text) : `${style.underline(text)} (${href})`;
    }
    case "image":
      return `[image: ${(token as Tokens.Image).text}] (${(token as Tokens.Image).href})`;
    default:
      return inner();
  }
}

const entities: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&nbsp;": " " };

function plain(text: string): string {
  return text.includes("&") ? text.replace(/&(?:amp|lt|gt|quot|#39|nbsp);/g, (entity) => entities[entity] ?? entity) : text;
}
