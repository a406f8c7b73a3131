import { definePlugin } from "gantry/plugin";
import { countCommand, countTool } from "./count.ts";
import { judgedTools, markedTexts, options } from "./judge.ts";

export default definePlugin({
  name: "starter-plugin",
  description: "Counts lines and words, and asks before a marked text is written.",
  // What `ctx.options` holds; users set it in their config.
  options: () => options,
  // What it asks for. The user decides; anything else is refused with PERMISSION_DENIED.
  permissions: {
    "fs.read": ["./**"],
    "hook.tap": [`tool.approve:${judgedTools.join(",")}`],
  },
  tools: [countTool],
  commands: [countCommand],
  taps: [markedTexts],
});
