import { definePlugin } from "gantry/plugin";
import { editGuard, guardedTools } from "./judge.ts";
import { guardOptions } from "./options.ts";

export default definePlugin({
  name: "guard",
  description: "Asks about, or refuses, edits to paths that you name.",
  options: () => guardOptions,
  permissions: { "hook.tap": [`tool.approve:${guardedTools.join(",")}`] },
  taps: [editGuard],
});
