/** The reply of a server's tool as a tool's outcome: what the model can see is handed on, and all else is said in words. */
import type { ToolOutcome } from "../contract/execution.ts";
import type { McpContent } from "../contract/mcp.ts";
import type { ReplyOf } from "../contract/mcp-frames.ts";
import type { ResultContent } from "../contract/messages.ts";
import { contentBlock } from "./resource-content.ts";

/** The thread has cut all texts of a result together; the dispatcher cuts what is too long for the model, and keeps the whole. */
const mostTextBytes = 16 * 1024 * 1024;

/** `isError` is MCP_CALL_FAILED with the server's own text. Nothing here looks into the structure: the thread has bounded it. */
export function outcomeOf(server: string, { content, structuredContent, isError }: ReplyOf<"callTool">): ToolOutcome {
  const blocks = content.map((part) => blockOf(server, part));
  if (blocks.length === 0) blocks.push({ type: "text", text: isError ? "The tool failed and says no more." : "(no output)" });
  return {
    content: blocks,
    isError,
    ...(isError ? { code: "MCP_CALL_FAILED" } : {}),
    ...(structuredContent === undefined ? {} : { data: structuredContent }),
  };
}

function blockOf(server: string, part: McpContent): ResultContent {
  if (part.type !== "resource_link") return contentBlock(part, mostTextBytes);
  const { uri, name, title, description, mimeType } = part;
  const kind = mimeType === undefined ? "" : `, ${mimeType}`;
  const said = description === undefined || description === "" ? "" : `: ${description}`;
  return {
    type: "text",
    text: `Resource ${uri} (${title ?? name}${kind})${said}\nTo read it: ReadMcpResource with server ${server} and this uri.`,
  };
}
