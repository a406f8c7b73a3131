/** mcp call: one call of a server's tool through the dispatcher, as a model's would go: rules, hooks, approval, log. */
import { codeOf, GantryError } from "gantry/errors";
import { defineCommand, type JsonObject } from "gantry/plugin";

export const callCommand = defineCommand({
  id: "mcp call",
  summary: "Call one tool of an MCP server, through the same rules and approval as a model's call.",
  args: [
    { name: "server", summary: "The server.", required: true },
    { name: "tool", summary: "The tool, by the server's own name for it.", required: true },
    { name: "input", summary: "Its input, a JSON object. Default: {}." },
  ],
  examples: [`gantry mcp call docs search '{"query":"quotas"}'`],
  async run({ args }, { host, json, warn }) {
    const { isError, code, text, data, durationMs, calledAs } = await host.mcp.call(
      args["server"] ?? "",
      args["tool"] ?? "",
      readInput(args["input"]),
    );
    const facts = {
      ...{ tool: calledAs, isError, text, durationMs },
      ...(code === undefined ? {} : { code }),
      ...(data ? { data } : {}),
    };
    if (!isError) return { data: facts, text };
    const message = `${calledAs} failed${code === undefined ? "" : ` with ${code}`}`;
    if (!json) warn(message);
    return { data: facts, text, error: { code: codeOf({ code }) ?? "TOOL_FAILED", message } };
  },
});

function readInput(text = "{}"): JsonObject {
  try {
    const input: unknown = JSON.parse(text);
    if (typeof input === "object" && input !== null && !Array.isArray(input)) return input as JsonObject;
  } catch (cause) {
    throw new GantryError("USAGE_INVALID", `INPUT is not JSON: ${(cause as Error).message}`, { cause });
  }
  throw new GantryError("USAGE_INVALID", `INPUT must be a JSON object, as {"query":"quotas"}, not ${text}`);
}
