import { hasCode } from "gantry/errors";
import { defineTool, type FileContent, type ToolContext, type ToolOutput } from "gantry/plugin";
import * as z from "zod";
import { refuseStale } from "./freshness.ts";
import { findNearest } from "./nearest-lines.ts";
import { numberedLine, parseNumbered } from "./numbered.ts";
import { apart, findOccurrences, type Occurrence, replaceAt } from "./occurrences.ts";
import { shownPath } from "./shown-path.ts";
import { refusal, refuseContent, textOf } from "./text-file.ts";
import { cutLines, unifiedDiff } from "./unified-diff.ts";
import { create } from "./write.ts";

const mostDiffChars = 8000;
const mostLinesNamed = 20;

const input = () =>
  z.strictObject({
    file_path: z.string().min(1).describe("The file to change: an absolute path, or one relative to the working folder."),
    old_string: z
      .string()
      .describe("The text to replace, exactly as it is in the file, without line numbers. Empty only to create a new file."),
    new_string: z.string().describe("The text to put in its place. It must differ from old_string."),
    replace_all: z.boolean().optional().describe("Replace every occurrence instead of exactly one. Default: false."),
  });

type EditInput = z.infer<ReturnType<typeof input>>;

export const editTool = defineTool({
  name: "Edit",
  description: [
    "Replaces text in a file. The file must have been read with Read in this session and be unchanged since. old_string must",
    "occur exactly once: take in enough of the lines around it, white space included, or set replace_all to change every",
    "occurrence. Leave out the line numbers and the tab that Read puts before each line. \\n matches CRLF line ends too, and",
    "the file's own line ends are kept. The result is a diff of what changed.",
  ].join(" "),
  input,
  effect: "writes",
  subject: { kind: "path", field: "file_path" },
  async execute(request, ctx): Promise<ToolOutput> {
    const refused = refuseInput(request);
    if (refused !== undefined) return refused;
    const content = await findContent(request, ctx);
    if (content === undefined) return create({ file_path: request.file_path, content: request.new_string }, ctx);
    const stale = await refuseStale(content, ctx);
    if (stale !== undefined) return stale;
    const before = textOf(content.bytes);
    if (before === undefined) return refusal("FILE_NOT_REGULAR", `${content.path} is not UTF-8 text; Edit cannot change it.`);
    return edit({ request, content, before }, ctx);
  },
});

function refuseInput({ old_string, new_string }: EditInput): ToolOutput | undefined {
  if (old_string === new_string) {
    return refusal("TOOL_INPUT_INVALID", "old_string and new_string are the same: there is nothing to change.");
  }
  return refuseContent("new_string", new_string);
}

/** Undefined: the file does not exist, and is to be created. */
async function findContent({ file_path, old_string }: EditInput, ctx: ToolContext): Promise<FileContent | undefined> {
  try {
    return await ctx.fs.read(file_path);
  } catch (error) {
    if (old_string === "" && hasCode(error, "FILE_NOT_FOUND")) return undefined;
    throw error;
  }
}

interface Edit {
  request: EditInput;
  content: FileContent;
  before: string;
}

async function edit({ request, content, before }: Edit, ctx: ToolContext): Promise<ToolOutput> {
  const { old_string, new_string, replace_all = false, file_path } = request;
  if (old_string === "" && before !== "") {
    const advice = "An empty old_string only creates a file; name the text to replace, or use Write for the whole file.";
    return refusal("TOOL_INPUT_INVALID", `${content.path} exists and is not empty. ${advice}`);
  }
  const all = old_string === "" ? [{ from: 0, to: 0, line: 1 }] : findOccurrences(before, old_string);
  if (all.length === 0) return refusal("EDIT_NOT_FOUND", notFound(content.path, before, old_string));
  if (all.length > 1 && !replace_all) return refusal("EDIT_NOT_UNIQUE", notUnique(content.path, all));
  const places = apart(all);
  const after = replaceAt(before, places, new_string);
  const stamp = await ctx.fs.write(file_path, after, { expect: content.sha256 });
  const name = shownPath(stamp.path, ctx.cwd);
  const { diff, added, removed } = await unifiedDiff(name, before, after);
  const count = places.length === 1 ? "1 replacement" : `${places.length} replacements`;
  return {
    content: `Edited ${name}: ${count} (+${added} −${removed}).\n\n${cutLines(diff, mostDiffChars)}`,
    data: { path: stamp.path, diff, added, removed, replacements: places.length },
    files: [stamp],
  };
}

function notFound(path: string, text: string, wanted: string): string {
  const start = `old_string does not occur in ${path}.`;
  const unnumbered = parseNumbered(wanted);
  if (unnumbered !== undefined && findOccurrences(text, [...unnumbered.values()].join("\n")).length > 0) {
    return `${start} It holds the line numbers of Read; without them it occurs.`;
  }
  const near = findNearest(text, wanted);
  if (near === undefined) return `${start} No line of the file is like it.`;
  const reason = near.isSpacing ? "Only white space differs from" : "Most like it is";
  const lines = near.lines.map((line, index) => numberedLine(near.line + index, line));
  return `${start} ${reason} what begins at line ${near.line}:\n${lines.join("\n")}`;
}

function notUnique(path: string, all: readonly Occurrence[]): string {
  const lines = all.slice(0, mostLinesNamed).map(({ line }) => line);
  const more = all.length > mostLinesNamed ? ` and ${all.length - mostLinesNamed} more` : "";
  const advice = "Give more of the lines around the one you mean, or set replace_all.";
  return `old_string occurs ${all.length} times in ${path}, at lines ${lines.join(", ")}${more}. ${advice}`;
}
