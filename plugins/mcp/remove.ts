import { defineCommand } from "gantry/plugin";
import { scopes } from "./add.ts";
import { shorten } from "./text.ts";

export const removeCommand = defineCommand({
  id: "mcp remove",
  summary: "Take an MCP server out of a config file.",
  args: [{ name: "name", summary: "The server.", required: true }],
  flags: [{ name: "scope", type: "string", options: [...scopes], summary: "Which one, where several files have it." }],
  examples: ["gantry mcp remove docs"],
  async run({ args, flags }, { host }) {
    const name = args["name"] ?? "";
    const scope = scopes.find((each) => each === flags["scope"]);
    const { file, layer } = await host.mcp.remove(name, scope);
    return { data: { name, scope: layer, file }, text: `The MCP server ${shorten(name, 64)} is taken out of ${file}.` };
  },
});
