import { defineCommand } from "gantry/plugin";
import { findNote } from "./notes.ts";

/** Exit code of a command whose note is not there. */
export const notFound = 10;

export const showNote = defineCommand({
  id: "notes show",
  summary: "Show one note.",
  args: [{ name: "id", summary: "Its id, or how that begins.", required: true }],
  async run({ args }, { storage }) {
    const id = args["id"] ?? "";
    const found = await findNote(storage, id);
    if (found === undefined) return { data: { id, found: false }, text: `There is no note ${id}.`, exit: notFound };
    const { note } = found;
    const tags = note.tags.length === 0 ? "" : `  #${note.tags.join(" #")}`;
    return { data: { ...note }, text: `${note.id}  ${note.at}${tags}\n\n${note.text}` };
  },
});
