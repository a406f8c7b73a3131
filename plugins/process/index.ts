/** Shell lines: run and waited for, or started in the background, read and ended. */
import { definePlugin } from "gantry/plugin";
import { bash } from "./bash.ts";
import { bashOutput } from "./bash-output.ts";
import { killShell } from "./kill-shell.ts";

export default definePlugin({
  name: "process",
  description: "Runs shell commands, in the foreground and in the background.",
  permissions: { "process.run": ["*"] },
  tools: [bash, bashOutput, killShell],
});
