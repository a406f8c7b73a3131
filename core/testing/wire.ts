/** The parts of an Anthropic Messages request that a script can look at, as our own messages. */
import type { InputContent, Message, ResultContent, ToolCallBlock } from "../contract/messages.ts";

/** A request body as the server received it; whatever else it holds is kept. */
export interface WireRequest {
  model: string;
  max_tokens: number;
  stream?: boolean;
  system?: string | WireBlock[];
  tools?: { name: string; description?: string; input_schema: unknown; cache_control?: unknown }[];
  messages: { role: "user" | "assistant"; content: string | WireBlock[] }[];
  [key: string]: unknown;
}

export interface WireBlock {
  type: string;
  text?: string;
  id?: string;
  name?: string;
  input?: unknown;
  tool_use_id?: string;
  content?: string | WireBlock[];
  is_error?: boolean;
  source?: { type: string; media_type: string; data: string };
  cache_control?: unknown;
  [key: string]: unknown;
}

/** The system prompt's text. */
export function systemOf(request: WireRequest): string {
  return textOf(request.system);
}

/** The newest messages, from the last one that the model wrote: all that a script's `expect` needs. */
export function newestMessages(request: WireRequest): Message[] {
  const from = request.messages.findLastIndex((message) => message.role === "assistant");
  return request.messages.slice(Math.max(0, from)).map((message) => {
    const blocks = typeof message.content === "string" ? [{ type: "text", text: message.content }] : message.content;
    return message.role === "user"
      ? { role: "user", content: blocks.flatMap(inputOf) }
      : { role: "assistant", content: blocks.flatMap(callOf) };
  });
}

function inputOf(block: WireBlock): InputContent[] {
  if (block.type !== "tool_result") return partOf(block);
  const content: ResultContent[] =
    typeof block.content === "string" ? [{ type: "text", text: block.content }] : (block.content ?? []).flatMap(partOf);
  return [{ type: "tool_result", callId: block.tool_use_id ?? "", content, isError: block.is_error === true }];
}

function partOf(block: WireBlock): ResultContent[] {
  if (block.type === "text") return [{ type: "text", text: block.text ?? "" }];
  if (block.type !== "image" || block.source === undefined) return [];
  return [{ type: "image", mediaType: block.source.media_type, data: block.source.data }];
}

function callOf(block: WireBlock): ToolCallBlock[] {
  return block.type === "tool_use" ? [{ type: "tool_call", callId: block.id ?? "", name: block.name ?? "", input: {} }] : [];
}

function textOf(content: string | WireBlock[] | undefined): string {
  return typeof content === "string" ? content : (content ?? []).map((block) => block.text ?? "").join("\n");
}
