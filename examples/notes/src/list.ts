import { defineCommand } from "gantry/plugin";
import { lineOf, type Note, newestNotes } from "./notes.ts";

export const listNotes = defineCommand({
  id: "notes list",
  summary: "List notes, newest first.",
  flags: [
    { name: "tag", char: "t", type: "string", summary: "Only notes with this tag." },
    { name: "limit", char: "n", type: "integer", summary: "At most so many; default 20." },
  ],
  examples: ["gantry notes list --tag decision"],
  async run({ flags }, { storage }) {
    const limit = typeof flags["limit"] === "number" ? Math.max(1, flags["limit"]) : 20;
    const notes: Note[] = [];
    for await (const note of newestNotes(storage)) {
      if (flags["tag"] === undefined || note.tags.includes(String(flags["tag"]))) notes.push(note);
      if (notes.length === limit) break;
    }
    return {
      data: notes.map((note) => ({ ...note })),
      text: notes.length === 0 ? "There are no notes." : notes.map(lineOf).join("\n"),
    };
  },
});
