/** Files: read, write, edit, find by name, search by content. */
import { definePlugin } from "gantry/plugin";
import { editTool } from "./edit.ts";
import { globTool } from "./glob.ts";
import { grepTool } from "./grep.ts";
import { readTool } from "./read.ts";
import { writeTool } from "./write.ts";

export default definePlugin({
  name: "files",
  description: "Reads, writes, edits, lists and searches files.",
  permissions: {
    "fs.read": ["/**"],
    "fs.write": ["/**"],
    "fs.list": ["/**"],
    "fs.search": ["/**"],
    "session.read": "own",
  },
  tools: [readTool, writeTool, editTool, globTool, grepTool],
});
