import { defineCommand, defineTool, type FileEffects } from "gantry/plugin";
import * as z from "zod";

export const countTool = defineTool({
  name: "StarterPluginCount",
  description: "Counts the lines and words of a text file.",
  input: () => z.strictObject({ path: z.string().min(1).describe("Relative to the working folder") }),
  // What a call may change: a tool that only reads is not asked about.
  effect: "reads",
  async execute({ path }, { fs }) {
    const { lines, words } = await count(fs, path);
    return { content: `${path}: ${lines} lines, ${words} words`, data: { lines, words } };
  },
});

export const countCommand = defineCommand({
  id: "starter-plugin count",
  summary: "Count the lines and words of a file.",
  args: [{ name: "path", summary: "The file.", required: true }],
  flags: [{ name: "words", type: "boolean", summary: "Only the words." }],
  async run({ args, flags }, { fs }) {
    const counted = await count(fs, args["path"] ?? "");
    const text = flags["words"] === true ? `${counted.words}` : `${counted.lines} lines, ${counted.words} words`;
    return { data: { ...counted }, text };
  },
});

async function count(fs: FileEffects, path: string): Promise<{ lines: number; words: number }> {
  const { bytes } = await fs.read(path);
  const text = new TextDecoder().decode(bytes);
  const lines = text.split("\n").length - (text === "" || text.endsWith("\n") ? 1 : 0);
  return { lines, words: text.split(/\s+/).filter((word) => word !== "").length };
}
