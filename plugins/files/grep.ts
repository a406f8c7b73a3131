import { defineTool, type SearchResult, type ToolOutput } from "gantry/plugin";
import * as z from "zod";

const defaultLimit = 250;
/** What head_limit 0 stands for; the result is capped by bytes anyway. */
const mostRows = 100_000;
const mostContext = 100;

const context = (side: string) =>
  z.int().min(0).max(mostContext).optional().describe(`Lines to show ${side} each match; for output_mode content.`);

const input = () =>
  z.strictObject({
    pattern: z
      .string()
      .min(1)
      .describe("A regular expression (ripgrep syntax). Literal braces, dots and brackets need a backslash."),
    path: z.string().min(1).optional().describe("The file or folder to search. Default: the working folder."),
    glob: z.string().min(1).optional().describe("Search only files that match this glob, such as *.ts or src/**/*.{js,jsx}."),
    output_mode: z
      .enum(["content", "files_with_matches", "count"])
      .optional()
      .describe("content: the matching lines; files_with_matches: only the names of files (default); count: matches per file."),
    "-i": z.boolean().optional().describe("Ignore case."),
    "-n": z.boolean().optional().describe("Show line numbers; for output_mode content. Default: true."),
    "-A": context("after"),
    "-B": context("before"),
    "-C": context("before and after"),
    type: z.string().min(1).optional().describe("Search only files of this type: js, ts, py, go, rust, java, md, …"),
    head_limit: z.int().min(0).optional().describe("Show at most this many lines, files or counts. Default: 250; 0: all."),
    offset: z
      .int()
      .min(0)
      .optional()
      .describe("Leave out this many of them first, to go on after an earlier result. Default: 0."),
    multiline: z.boolean().optional().describe("Let matches go over line ends, and . match a line end. Default: false."),
  });

type GrepInput = z.infer<ReturnType<typeof input>>;

export const grepTool = defineTool({
  name: "Grep",
  description: [
    "Searches in files with a regular expression and answers in the order of the paths. Hidden files are searched; binary",
    "files, the .git folder and what .gitignore, .ignore or .rgignore leave out are not. Symbolic links are not followed.",
    "Long lines are cut at 500 characters. The end of the result says how many there are when not all are shown.",
  ].join(" "),
  input,
  effect: "reads",
  subject: { kind: "path", field: "path" },
  async execute(request, ctx): Promise<ToolOutput> {
    const { path, glob, type, offset = 0, head_limit = defaultLimit, output_mode = "files_with_matches" } = request;
    const around = request["-C"] ?? 0;
    const found = await ctx.fs.search({
      pattern: request.pattern,
      ...(path !== undefined && { path }),
      ...(glob !== undefined && { glob }),
      ...(type !== undefined && { type }),
      ignoreCase: request["-i"] ?? false,
      multiline: request.multiline ?? false,
      before: request["-B"] ?? around,
      after: request["-A"] ?? around,
      mode: output_mode,
      lineNumbers: request["-n"] ?? true,
      limit: head_limit === 0 ? mostRows : head_limit,
      offset,
    });
    const data = { total: found.total, shown: found.lines.length, matches: found.matches, engine: found.engine };
    return { content: answer(request, found, ctx.cwd), data };
  },
});

const nouns = { content: "lines", files_with_matches: "files", count: "files" } as const;

function answer(request: GrepInput, { lines, total, matches, cut = false }: SearchResult, cwd: string): string {
  const { pattern, path = cwd, offset = 0, output_mode = "files_with_matches" } = request;
  if (total === 0) return `Nothing matches ${pattern} in ${path}.`;
  const noun = nouns[output_mode];
  const all = cut ? `more than ${total}` : String(total);
  if (lines.length === 0) return `(offset ${offset} is past the end: there are ${all} ${noun})`;
  const notes: string[] = [];
  if (output_mode === "count") notes.push(`${cut ? "more than " : ""}${matches} matches in ${all} ${noun}`);
  const end = offset + lines.length;
  if (end < total || cut) notes.push(`${noun} ${offset + 1}–${end} of ${all}; go on with offset ${end}`);
  return lines.join("\n") + (notes.length > 0 ? `\n\n(${notes.join("; ")})` : "");
}
