/** Entries for test/fixtures/mcp/session-server.mjs, and what requests to the model held of MCP. */
import { fileURLToPath } from "node:url";
import type { ModelServer } from "gantry/testing";

const fixture = fileURLToPath(new URL("../fixtures/mcp/session-server.mjs", import.meta.url));

export interface SessionServer {
  /** How many tools; default: those that do something. */
  tools?: number;
  startMs?: number;
  instructions?: string;
  exitAt?: "start";
}

export function sessionServer(options: SessionServer = {}, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { command: process.execPath, args: [fixture, JSON.stringify(options)], ...more };
}

interface WireTool {
  name: string;
}

/** The tools of a request that are MCP's, as they went over the wire. */
export function sentTools(model: ModelServer, request: number): WireTool[] {
  const { tools = [] } = (model.requests[request]?.body ?? {}) as unknown as { tools?: WireTool[] };
  return tools.filter(({ name }) => name.startsWith("mcp__") || /^ToolSearch$|McpResource/.test(name));
}

export function sentNames(model: ModelServer, request: number): string[] {
  return sentTools(model, request).map(({ name }) => name);
}

/** Every text of the newest message of a request that is no tool's result. */
export function newestTexts(model: ModelServer, request: number): string[] {
  const { messages } = (model.requests[request]?.body ?? { messages: [] }) as unknown as {
    messages: { content: string | { type: string; text?: string }[] }[];
  };
  const content = messages.at(-1)?.content ?? [];
  if (typeof content === "string") return [content];
  return content.map((block) => (block.type === "text" ? (block.text ?? "") : `[${block.type}]`));
}
