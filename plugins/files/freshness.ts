/** Whether the model knows the file that it wants to change, as the file is now. */
import type { ToolContext, ToolOutput } from "gantry/plugin";
import { parseNumbered, shortened } from "./numbered.ts";
import { refusal, textOf } from "./text-file.ts";
import { cutLines, unifiedDiff } from "./unified-diff.ts";

const mostDiffChars = 4000;

export interface KnownFile {
  path: string;
  sha256: string;
  /** The content where it was small enough to be read whole. */
  bytes?: Uint8Array;
}

/** Undefined when the model's knowledge is fresh; else FILE_NOT_READ, or FILE_CHANGED with what changed. */
export async function refuseStale(file: KnownFile, ctx: ToolContext): Promise<ToolOutput | undefined> {
  const last = await ctx.session.lastRead(file.path);
  if (last === undefined) {
    return refusal("FILE_NOT_READ", `${file.path} exists and was not read in this session. Read it before you change it.`);
  }
  if (last.sha256 === file.sha256) return undefined;
  const change = await changeOf(last.text, file);
  return refusal("FILE_CHANGED", `${file.path} has changed since you last read it; nothing was written.${change}`);
}

async function changeOf(shownText: string | undefined, file: KnownFile): Promise<string> {
  const shown = shownText === undefined ? undefined : parseNumbered(shownText);
  const text = file.bytes === undefined ? undefined : textOf(file.bytes);
  if (shown === undefined || text === undefined) return " Read it again before you change it.";
  const now = text
    .replace(/^\uFEFF/, "")
    .replace(/\r?\n$/, "")
    .split(/\r?\n/);
  const first = Math.min(...shown.keys());
  const wasWhole = first === 1 && shown.size >= now.length - 1;
  const current = now.slice(first - 1, wasWhole ? undefined : first - 1 + shown.size).map(shortened);
  const { diff, added, removed } = await unifiedDiff("now", joined([...shown.values()]), joined(current));
  if (added + removed === 0) return " The lines that you read are the same; others are not. Read it again.";
  const body = diff.split("\n").slice(2).join("\n");
  return ` What differs in the lines you read (from line ${first}):\n${cutLines(body, mostDiffChars)}\nRead it again before you change it.`;
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
