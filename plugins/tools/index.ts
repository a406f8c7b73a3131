import { definePlugin } from "gantry/plugin";
import { callTool } from "./call.ts";
import { describeTool } from "./describe.ts";
import { listTools } from "./list.ts";

export default definePlugin({
  name: "tools",
  description: "The tools of this build, listed, described and called.",
  permissions: { "host.tools": true },
  commands: [listTools, describeTool, callTool],
});
