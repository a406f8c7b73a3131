import { defineTool } from "gantry/plugin";
import * as z from "zod";
import { addNote } from "./notes.ts";

export const tag = z
  .string()
  .regex(/^[\p{L}\p{N}_-]+$/u, "a tag is letters, digits, _ and -")
  .max(40);

export const noteAdd = defineTool({
  name: "NoteAdd",
  description:
    "Keeps a note beyond this session: a decision and its reason, something the user wants remembered, a trap that was met. " +
    "One idea each, so that it can be found again.",
  input: () =>
    z.strictObject({
      text: z.string().trim().min(1).max(4000).describe("What is to be remembered, understandable without this session"),
      tags: z.array(tag).max(8).optional().describe("Words to find it by"),
    }),
  effect: "session",
  async execute({ text, tags = [] }, { storage }) {
    const note = await addNote(storage, { text, tags });
    return { content: `Kept as note ${note.id}.`, data: { id: note.id } };
  },
});
