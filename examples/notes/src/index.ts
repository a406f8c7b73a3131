import { definePlugin } from "gantry/plugin";
import { noteAdd } from "./add.ts";
import { listNotes } from "./list.ts";
import { noteRemove, removeNote } from "./remove.ts";
import { noteSearch } from "./search.ts";
import { showNote } from "./show.ts";

export default definePlugin({
  name: "notes",
  description: "Notes that outlive a session: the agent writes and finds them, and so do you.",
  permissions: { storage: "1MiB" },
  tools: [noteAdd, noteSearch, noteRemove],
  commands: [listNotes, showNote, removeNote],
});
