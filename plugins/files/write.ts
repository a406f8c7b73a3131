import { codeOf, hasCode } from "gantry/errors";
import { defineTool, type ToolContext, type ToolOutput } from "gantry/plugin";
import * as z from "zod";
import { type KnownFile, refuseStale } from "./freshness.ts";
import { shownPath } from "./shown-path.ts";
import { inFormOf, refuseContent, textOf } from "./text-file.ts";
import { cutLines, unifiedDiff } from "./unified-diff.ts";

const mostDiffChars = 8000;

const input = () =>
  z.strictObject({
    file_path: z.string().min(1).describe("The file to write: an absolute path, or one relative to the working folder."),
    content: z.string().describe("The whole new content of the file."),
  });

export const writeTool = defineTool({
  name: "Write",
  description: [
    "Writes a file whole: creates it, with the folders it needs, or replaces all of its content. A file that exists must have",
    "been read with Read in this session and be unchanged since. To change parts of a file, use Edit instead. Write \\n line",
    "ends: a file whose lines all end in CRLF keeps them, and a byte order mark is kept. At most 10 MiB of text.",
  ].join(" "),
  input,
  effect: "writes",
  subject: { kind: "path", field: "file_path" },
  async execute({ file_path, content }, ctx): Promise<ToolOutput> {
    const refused = refuseContent("content", content);
    if (refused !== undefined) return refused;
    const existing = await findExisting(file_path, ctx);
    if (existing === undefined) return create({ file_path, content }, ctx);
    const stale = await refuseStale(existing, ctx);
    if (stale !== undefined) return stale;
    return replace({ file_path, content, existing }, ctx);
  },
});

/** The file as it is now; without its bytes when it is too large to be held. */
async function findExisting(path: string, ctx: ToolContext): Promise<KnownFile | undefined> {
  try {
    return await ctx.fs.read(path);
  } catch (error) {
    if (hasCode(error, "FILE_NOT_FOUND")) return undefined;
    if (codeOf(error) !== "FILE_TOO_LARGE") throw error;
    const { path: real, sha256 } = await ctx.fs.readLines(path, { offset: 1, limit: 1, maxBytes: 1 });
    return { path: real, sha256 };
  }
}

/** Also the work of an Edit with an empty old_string. */
export async function create(
  { file_path, content }: { file_path: string; content: string },
  ctx: ToolContext,
): Promise<ToolOutput> {
  const stamp = await ctx.fs.write(file_path, content, { expect: null });
  const name = shownPath(stamp.path, ctx.cwd);
  const { diff, added } = await unifiedDiff(name, undefined, content);
  // The model has just sent the content; the diff is for people.
  return {
    content: `Created ${name}: ${added} ${added === 1 ? "line" : "lines"}, ${Buffer.byteLength(content)} bytes.`,
    data: { path: stamp.path, created: true, diff, added, removed: 0 },
    files: [stamp],
  };
}

interface Replacement {
  file_path: string;
  content: string;
  existing: KnownFile;
}

async function replace({ file_path, content, existing }: Replacement, ctx: ToolContext): Promise<ToolOutput> {
  const before = existing.bytes === undefined ? undefined : textOf(existing.bytes);
  const name = shownPath(existing.path, ctx.cwd);
  const after = before === undefined ? content : inFormOf(before, content);
  if (before === after) {
    const stamp = { path: existing.path, sha256: existing.sha256 };
    return { content: `${name} has this content already; nothing was written.`, files: [stamp], data: { path: stamp.path } };
  }
  const stamp = await ctx.fs.write(file_path, after, { expect: existing.sha256 });
  if (before === undefined) {
    const what = existing.bytes === undefined ? "a file of more than 10 MiB" : "a file that was not UTF-8 text";
    const content = `Replaced ${name}, ${what}: ${Buffer.byteLength(after)} bytes now.`;
    return { content, data: { path: stamp.path }, files: [stamp] };
  }
  const { diff, added, removed } = await unifiedDiff(name, before, after);
  return {
    content: `Replaced ${name} (+${added} −${removed}).\n\n${cutLines(diff, mostDiffChars)}`,
    data: { path: stamp.path, diff, added, removed },
    files: [stamp],
  };
}
