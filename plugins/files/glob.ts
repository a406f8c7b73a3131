import { defineTool, type ToolOutput } from "gantry/plugin";
import * as z from "zod";

const mostPaths = 200;

const input = () =>
  z.strictObject({
    pattern: z
      .string()
      .min(1)
      .describe("A glob such as **/*.ts or src/**/*.{js,jsx}. Without a slash it is about names at any depth."),
    path: z.string().min(1).optional().describe("The folder to look in. Default: the working folder."),
  });

export const globTool = defineTool({
  name: "Glob",
  description: [
    "Finds files by name, newest first. Hidden files are found; what .gitignore, .ignore or .rgignore leave out and the .git",
    "folder are not. Symbolic links are not followed. At most 200 names come back, with the count of all. To search in what",
    "files hold, use Grep.",
  ].join(" "),
  input,
  effect: "reads",
  subject: { kind: "path", field: "path", glob: "pattern" },
  async execute({ pattern, path }, ctx): Promise<ToolOutput> {
    const query = path === undefined ? fromAbsolute(pattern) : { pattern, path };
    const { paths, total, cut = false } = await ctx.fs.list({ ...query, limit: mostPaths });
    const data = { total, paths: paths.length };
    if (total === 0) return { content: `No file matches ${pattern} in ${query.path ?? ctx.cwd}.`, data };
    const folder = query.path === undefined || query.path === "." ? "" : query.path.replace(/\/*$/, "/");
    const shown = paths.map((name) => folder + name);
    if (paths.length === total && !cut) return { content: shown.join("\n"), data };
    const all = cut ? `more than ${total}` : total;
    return {
      content: `${shown.join("\n")}\n\n(${paths.length} of ${all} files, newest first; a narrower pattern shows others)`,
      data,
    };
  },
});

/** A pattern that begins at the root is one below its last folder without wildcards. */
function fromAbsolute(pattern: string): { pattern: string; path?: string } {
  if (!/^(\/|~\/)/.test(pattern)) return { pattern };
  const parts = pattern.split("/");
  const wild = parts.findIndex((part) => /[*?[{]/.test(part));
  const end = wild === -1 ? parts.length - 1 : wild;
  const path = parts.slice(0, end).join("/");
  return { pattern: parts.slice(end).join("/") || "**", path: path === "" ? "/" : path };
}
