import { defineCommand } from "gantry/plugin";
import { shorten } from "./text.ts";

const nameArg = { name: "name", summary: "The server.", required: true };

export const loginCommand = defineCommand({
  id: "mcp login",
  summary: "Log in at an MCP server.",
  description:
    "Opens your browser, and prints the address too; the browser ends at a page of Gantry's on this machine. With --paste it may end anywhere: the code, or the whole address that it ended at, is typed or piped in. Tokens are kept in the system's keychain, or in a file that only you can read.",
  args: [nameArg],
  flags: [{ name: "paste", type: "boolean", summary: "Print the address, and read the code that the browser ends with." }],
  examples: ["gantry mcp login docs", "gantry mcp login docs --paste"],
  async run({ args, flags }, { host }) {
    const name = args["name"] ?? "";
    await host.mcp.login(name, { paste: flags["paste"] === true });
    return { data: { name, loggedIn: true }, text: `You are logged in at ${shorten(name, 64)}.` };
  },
});

export const logoutCommand = defineCommand({
  id: "mcp logout",
  summary: "Forget the tokens of an MCP server.",
  args: [nameArg],
  examples: ["gantry mcp logout docs"],
  async run({ args }, { host }) {
    const name = args["name"] ?? "";
    const removed = await host.mcp.logout(name);
    const text = removed ? `The tokens of ${shorten(name, 64)} are forgotten.` : `There was no token of ${shorten(name, 64)}.`;
    return { data: { name, removed }, text };
  },
});
