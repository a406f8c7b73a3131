import { defineCommand } from "gantry/plugin";
import { tellConversation } from "./conversation.ts";
import { writeMarkdown } from "./markdown.ts";
import { warnOfProblems } from "./problems.ts";
import { counted, toJson } from "./text.ts";

export const exportSession = defineCommand({
  id: "sessions export",
  summary: "Export one session as Markdown or JSON.",
  args: [{ name: "id", summary: "The session's id, the beginning of it, or last.", required: true }],
  flags: [
    { name: "format", type: "string", options: ["markdown", "json"], summary: "Default: markdown." },
    { name: "output", char: "o", type: "string", value: "FILE", summary: "Write there instead of to stdout." },
  ],
  examples: ["gantry sessions export last > session.md", "gantry sessions export last --format json -o session.json"],
  run: async ({ args, flags }, ctx) => {
    const format = flags["format"] === "json" ? "json" : "markdown";
    const { summary, events, problems } = await ctx.host.sessions.read(args["id"] ?? "");
    warnOfProblems(summary.id, problems, ctx);
    const session = { summary, events };
    const text = format === "json" ? JSON.stringify(session, undefined, 2) : writeMarkdown(summary, tellConversation(events));
    if (typeof flags["output"] !== "string") {
      return { data: toJson(format === "json" ? session : { id: summary.id, markdown: text }), text };
    }
    const { file, bytes } = await writeTo(flags["output"], `${text}\n`, ctx.cwd);
    return { data: { id: summary.id, format, file, bytes }, text: `${file}: ${counted(bytes, "byte")}` };
  },
});

/** Replaces a file; 0600 where it is new, for a session may hold what its tools read. */
async function writeTo(name: string, text: string, cwd: string): Promise<{ file: string; bytes: number }> {
  const [{ writeFile }, { resolve }] = await Promise.all([import("node:fs/promises"), import("node:path")]);
  const file = resolve(cwd, name);
  try {
    await writeFile(file, text, { mode: 0o600 });
  } catch (error) {
    const { GantryError, messageOf } = await import("gantry/errors");
    throw new GantryError("USAGE_INVALID", `--output ${name} could not be written: ${messageOf(error)}`, { cause: error });
  }
  return { file, bytes: Buffer.byteLength(text) };
}
