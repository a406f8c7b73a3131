import { defineTool } from "gantry/plugin";
import * as z from "zod";
import { type Note, newestNotes } from "./notes.ts";

/** A guest may ask for a few hundred effects in a second; more are made to wait. */
const maxLooked = 2000;

export const noteSearch = defineTool({
  name: "NoteSearch",
  description: "Finds notes of this and earlier sessions, newest first. Without words it shows the newest.",
  input: () =>
    z.strictObject({
      words: z.string().max(200).optional().describe("Words that all occur in the note, in any order and case"),
      tag: z.string().max(40).optional(),
      limit: z.int().min(1).max(50).optional().describe("Default 10"),
    }),
  effect: "session",
  async execute({ words = "", tag, limit = 10 }, { storage, signal }) {
    const wanted = words
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== "");
    const found: Note[] = [];
    let looked = 0;
    for await (const note of newestNotes(storage)) {
      signal.throwIfAborted();
      if (fits(note, wanted, tag)) found.push(note);
      if (++looked === maxLooked || found.length === limit) break;
    }
    if (found.length === 0) return looked === maxLooked ? `None of the newest ${maxLooked} notes fits.` : "No note fits.";
    return found
      .map(({ id, at, text, tags }) => `${id} (${at.slice(0, 10)}${tags.map((t) => ` #${t}`).join("")})\n${text}`)
      .join("\n\n");
  },
});

function fits({ text, tags }: Note, words: readonly string[], tag: string | undefined): boolean {
  if (tag !== undefined && !tags.includes(tag)) return false;
  const all = `${text} ${tags.join(" ")}`.toLowerCase();
  return words.every((word) => all.includes(word));
}
