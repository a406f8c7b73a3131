/** tools call: one call through the dispatcher, as a model's would go: rules, approval, thread, log. */
import { codeOf, GantryError } from "gantry/errors";
import { defineCommand, type JsonObject } from "gantry/plugin";

export const callTool = defineCommand({
  id: "tools call",
  summary: "Call a tool once, through the same rules and approval as a model's call.",
  args: [
    { name: "name", summary: "The tool's name.", required: true },
    { name: "input", summary: "Its input, a JSON object.", required: true },
  ],
  examples: [`gantry tools call Read '{"file_path":"package.json"}'`],
  async run({ args }, ctx) {
    const name = args["name"] ?? "";
    // Of an MCP server the call itself says what there is: the server would be started twice.
    const tool = name.startsWith("mcp__") ? { name } : await ctx.host.tools.find(name);
    const result = await ctx.host.tools.call(tool.name, readInput(args["input"] ?? ""));
    const { isError, code, text, data, durationMs } = result;
    const facts = {
      tool: tool.name,
      isError,
      text,
      durationMs,
      ...(code === undefined ? {} : { code }),
      ...(data ? { data } : {}),
    };
    if (!isError) return { data: facts, text };
    const message = `${tool.name} failed${code === undefined ? "" : ` with ${code}`}`;
    if (!ctx.json) ctx.warn(message);
    return { data: facts, text, error: { code: codeOf({ code }) ?? "TOOL_FAILED", message } };
  },
});

function readInput(text: string): JsonObject {
  try {
    const input: unknown = JSON.parse(text);
    if (typeof input === "object" && input !== null && !Array.isArray(input)) return input as JsonObject;
  } catch (cause) {
    throw new GantryError("USAGE_INVALID", `INPUT is not JSON: ${(cause as Error).message}`, { cause });
  }
  throw new GantryError("USAGE_INVALID", `INPUT must be a JSON object, as {"file_path":"a.txt"}, not ${text}`);
}
