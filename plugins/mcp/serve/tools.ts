/** Tools of Gantry as MCP tells of them, and their results. */
import type { CallToolResult, Tool } from "@modelcontextprotocol/sdk/types.js";
import type { Served, ServedSession } from "./connection.ts";

type ServedTool = ReturnType<Served["tools"]>[number];
type ServedResult = Awaited<ReturnType<ServedSession["call"]>>;

/** By what a tool may change: https://modelcontextprotocol.io/specification/2025-11-25/schema#toolannotations. */
const annotations = {
  reads: { readOnlyHint: true, openWorldHint: false },
  session: { readOnlyHint: false, destructiveHint: false, openWorldHint: false },
  writes: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  runs: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
} as const satisfies Record<ServedTool["effect"], Tool["annotations"]>;

export function listed({ name, description, inputSchema, effect }: ServedTool): Tool {
  const title = titleOf(name);
  return {
    ...{ name, title, description },
    inputSchema: { ...inputSchema, type: "object" } as Tool["inputSchema"],
    annotations: { title, ...annotations[effect] },
  };
}

/** `BashOutput` is "Bash output", `count_words` is "Count words". */
function titleOf(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll("_", " ")
    .trim()
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function answerOf({ content, isError, code, data }: ServedResult): CallToolResult {
  const facts = {
    ...(code === undefined ? {} : { "gantry/code": code }),
    ...(data === undefined ? {} : { "gantry/data": data }),
  };
  return {
    content: content.map((part) =>
      part.type === "text" ? part : { type: "image", data: part.data, mimeType: part.mediaType },
    ),
    ...(isError ? { isError } : {}),
    ...(Object.keys(facts).length === 0 ? {} : { _meta: facts }),
  };
}
