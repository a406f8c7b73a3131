/** Content of messages between the SDK's shapes and the core's. */
import type { ContentBlock, PromptMessage, ReadResourceResult, SamplingMessage } from "@modelcontextprotocol/sdk/types.js";
import type { McpContent, McpContents } from "../../../core/contract/mcp.ts";

export function contentOf(block: ContentBlock): McpContent {
  if (block.type === "text") return { type: "text", text: block.text };
  if (block.type === "image" || block.type === "audio") return { type: block.type, data: block.data, mimeType: block.mimeType };
  if (block.type === "resource") return { type: "resource", resource: contentsOf(block.resource) };
  const { uri, name, title, description, mimeType } = block;
  return { type: "resource_link", uri, name, ...defined({ title, description, mimeType }) };
}

export function contentsOf(contents: ReadResourceResult["contents"][number]): McpContents {
  const { uri, mimeType } = contents;
  return { uri, ...defined({ mimeType }), ...("text" in contents ? { text: contents.text } : { blob: contents.blob }) };
}

export function promptMessageOf({ role, content }: PromptMessage): { role: "user" | "assistant"; content: McpContent } {
  return { role, content: contentOf(content) };
}

/** Each part becomes a message of its own; undefined where one is neither text nor an image. */
export function samplingMessagesOf(
  messages: readonly SamplingMessage[],
): { role: "user" | "assistant"; content: McpContent }[] | undefined {
  const all = messages.flatMap(({ role, content }) =>
    (Array.isArray(content) ? content : [content]).map((part) => ({ role, part })),
  );
  const shaped = all.flatMap(({ role, part }) =>
    part.type === "text" || part.type === "image" ? [{ role, content: contentOf(part) }] : [],
  );
  return shaped.length === all.length ? shaped : undefined;
}

function defined<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: string };
}
