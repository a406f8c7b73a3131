/** The reply of a server's tool as a tool's outcome: what the model can see is handed on, and all else is said in words. */
import type { ToolOutcome } from "../contract/execution.ts";
import type { McpContent } from "../contract/mcp.ts";
import type { ReplyOf } from "../contract/mcp-frames.ts";
import type { ResultContent } from "../contract/messages.ts";
import { contentBlock } from "./resource-content.ts";

/** The dispatcher cuts what is too long for the model, and keeps the whole. */
const mostTextBytes = 16 * 1024 * 1024;
/** Of all images of one result, which go to the model with every later request: base64 of 5 MiB. */
const mostImageChars = Math.ceil((5 * 1024 * 1024) / 3) * 4;
const mostDataChars = 1024 * 1024;

/** `isError` is MCP_CALL_FAILED with the server's own text. */
export function outcomeOf(server: string, { content, structuredContent, isError }: ReplyOf<"callTool">): ToolOutcome {
  const blocks = withinImages(content.map((part) => blockOf(server, part)));
  if (structuredContent !== undefined && !content.some(({ type }) => type === "text"))
    blocks.push({ type: "text", text: JSON.stringify(structuredContent, undefined, 1) });
  if (blocks.length === 0) blocks.push({ type: "text", text: isError ? "The tool failed and says no more." : "(no output)" });
  const fits = structuredContent !== undefined && JSON.stringify(structuredContent).length <= mostDataChars;
  return {
    content: blocks,
    isError,
    ...(isError ? { code: "MCP_CALL_FAILED" } : {}),
    ...(fits ? { data: structuredContent } : {}),
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

function withinImages(blocks: ResultContent[]): ResultContent[] {
  let left = mostImageChars;
  return blocks.map((block) => {
    if (block.type !== "image") return block;
    left -= block.data.length;
    if (left >= 0) return block;
    return { type: "text", text: `[image: ${block.mediaType}, not shown: the images of one result may have 5 MiB in all]` };
  });
}
