/**
 * What a page of the docs says can be run: fenced blocks marked `runs`. In a `sh runs` block a line that begins with `$ ` is
 * a command and the lines below it are what it prints; `…` alone on a line stands for any lines. A `js runs` block is a
 * program, and the fence after it what it prints.
 */

export interface PageRun {
  /** A shell line, or the text of a program. */
  kind: "sh" | "js";
  source: string;
  expected: string[];
  /** In the page, from 1. */
  line: number;
}

interface Fence {
  info: string;
  lines: string[];
  line: number;
}

/** In the order of the page. Throws where a program is not followed by its output. */
export function runsOf(markdown: string): PageRun[] {
  const fences = fencesOf(markdown);
  return fences.flatMap((fence, index): PageRun[] => {
    if (fence.info === "sh runs") return commandsOf(fence);
    if (fence.info !== "js runs") return [];
    const output = fences[index + 1];
    if (output?.info !== "text") throw new Error(`the program in line ${fence.line} is not followed by its output`);
    return [{ kind: "js", source: fence.lines.join("\n"), expected: output.lines, line: fence.line }];
  });
}

function fencesOf(markdown: string): Fence[] {
  const fences: Fence[] = [];
  let open: Fence | undefined;
  for (const [index, line] of markdown.split("\n").entries()) {
    const mark = /^```(.*)$/.exec(line);
    if (!mark) open?.lines.push(line);
    else if (open) {
      fences.push(open);
      open = undefined;
    } else open = { info: (mark[1] ?? "").trim(), lines: [], line: index + 1 };
  }
  return fences;
}

function commandsOf({ lines, line }: Fence): PageRun[] {
  const runs: PageRun[] = [];
  for (const [index, text] of lines.entries()) {
    if (text.startsWith("$ ")) runs.push({ kind: "sh", source: text.slice(2), expected: [], line: line + 1 + index });
    else runs.at(-1)?.expected.push(text);
  }
  return runs;
}

/** The lines with what differs from run to run made alike: ids, hashes, times, versions of Node.js, `root` in front of paths, and with them the widths of columns. */
export function normalised(lines: readonly string[], root = ""): string[] {
  const text = lines
    .map((line) => line.trimEnd())
    .join("\n")
    .trim();
  const placed = root === "" ? text : text.replaceAll(root, "");
  return placed
    .replace(/\d{8}T\d{6}-[a-z2-7]{6}/g, "ID")
    .replace(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, "TIME")
    .replace(/\btoolu_[0-9a-f]+_/g, "toolu_X_")
    .replace(/\b[0-9a-f]{64}\b/g, "SHA256")
    .replace(/-[0-9a-f]{10,16}\b/g, "-HASH")
    .replace(/\b\d+(?:\.\d+)? ?(?:ms|s)\b/g, "TIME")
    .replace(/\brealm\+process(?:\+os)?\b/g, "TIER")
    .replace(/"durationMs":[\d.]+/g, '"durationMs":0')
    .replace(/\bv?(?:22|24|25|26)\.\d+\.\d+\b/g, "NODE")
    .replace(/\b\d\d:\d\d:\d\d\.\d{3}\b/g, "TIME")
    .replace(/ {2,}/g, "  ")
    .replace(/\s*\bjust now\b|\s*\b\d+ seconds? ago\b/g, " just now")
    .split("\n");
}

/** Whether printed lines are those of the page, where `…` takes any number of them. */
export function printsAsShown(printed: readonly string[], shown: readonly string[]): boolean {
  const [first, ...rest] = shown;
  if (first === undefined) return printed.length === 0;
  if (first.trim() === "…") {
    return Array.from({ length: printed.length + 1 }, (_, from) => printed.slice(from)).some((tail) =>
      printsAsShown(tail, rest),
    );
  }
  return printed[0] === first && printsAsShown(printed.slice(1), rest);
}
