import { definePlugin } from "gantry/plugin";
import { addCommand } from "./add.ts";
import { callCommand } from "./call.ts";
import { inspectCommand } from "./inspect.ts";
import { listCommand } from "./list.ts";
import { loginCommand, logoutCommand } from "./login.ts";
import { removeCommand } from "./remove.ts";
import { serve } from "./serve.ts";

export default definePlugin({
  name: "mcp",
  description: "MCP servers listed, added, looked at, called and logged in at; and Gantry as an MCP server.",
  permissions: { "host.mcp": true },
  commands: [listCommand, addCommand, removeCommand, inspectCommand, callCommand, loginCommand, logoutCommand, serve],
});
