import { defineCommand, defineTool } from "gantry/plugin";
import * as z from "zod";
import { findNote } from "./notes.ts";
import { notFound } from "./show.ts";

export const noteRemove = defineTool({
  name: "NoteRemove",
  description: "Removes one note for good, when the user asks for it or it is no longer true.",
  input: () => z.strictObject({ id: z.string().min(6).describe("As NoteSearch shows it") }),
  effect: "session",
  async execute({ id }, { storage }) {
    const found = await findNote(storage, id);
    if (found === undefined) return { content: `There is no note ${id}; NoteSearch shows the ids.`, isError: true };
    await storage.delete(found.key);
    return `Removed: ${found.note.text}`;
  },
});

export const removeNote = defineCommand({
  id: "notes remove",
  summary: "Remove one note.",
  args: [{ name: "id", summary: "Its id, or how that begins.", required: true }],
  flags: [{ name: "dry-run", type: "boolean", summary: "Say what would be removed, and keep it." }],
  async run({ args, flags }, { storage }) {
    const id = args["id"] ?? "";
    const found = await findNote(storage, id);
    if (found === undefined) return { data: { id, removed: false }, text: `There is no note ${id}.`, exit: notFound };
    const { key, note } = found;
    const removed = flags["dry-run"] !== true && (await storage.delete(key));
    const said = removed ? "Removed" : "Would remove";
    return { data: { ...note, removed }, text: `${said} ${note.id}: ${note.text.split("\n")[0]}` };
  },
});
