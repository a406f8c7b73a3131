/** Content of messages between the SDK's shapes and the core's, within what may cross. */
import type { ContentBlock, PromptMessage, ReadResourceResult, SamplingMessage } from "@modelcontextprotocol/sdk/types.js";
import type { McpContent, McpContents } from "../../../core/contract/mcp.ts";
import { type Allowance, createAllowance, withinParts } from "./allowance.ts";

const maxUri = 4096;
const maxMimeType = 100;
const maxName = 500;
const maxDescription = 4000;
const maxMessages = 1000;

export function contentOf(block: ContentBlock, allowance: Allowance): McpContent {
  if (block.type === "text") return { type: "text", text: allowance.text(block.text) };
  if (block.type === "image" || block.type === "audio") {
    const mimeType = block.mimeType.slice(0, maxMimeType);
    return { type: block.type, mimeType, ...allowance.data(block.data, block.type === "image" ? mimeType : "") };
  }
  if (block.type === "resource") return { type: "resource", resource: contentsOf(block.resource, allowance) };
  const short = (text: string | undefined, max: number) =>
    text === undefined ? undefined : allowance.text(text.slice(0, max));
  return {
    type: "resource_link",
    uri: block.uri.slice(0, maxUri),
    name: allowance.text(block.name.slice(0, maxName)),
    ...defined({
      title: short(block.title, maxName),
      description: short(block.description, maxDescription),
      mimeType: block.mimeType?.slice(0, maxMimeType),
    }),
  };
}

export function contentsOf(contents: ReadResourceResult["contents"][number], allowance: Allowance): McpContents {
  const uri = contents.uri.slice(0, maxUri);
  const mimeType = contents.mimeType?.slice(0, maxMimeType);
  const about = { uri, ...defined({ mimeType }) };
  if ("text" in contents) return { ...about, text: allowance.text(contents.text) };
  const text = textIn(contents.blob, mimeType);
  if (text !== undefined) return { ...about, text: allowance.text(text) };
  const { data, ...rest } = allowance.data(contents.blob, mimeType ?? "");
  return { ...about, blob: data, ...rest };
}

/** Some servers send texts as bytes. Undefined for what is none. */
function textIn(base64: string, mimeType = ""): string | undefined {
  if (!/^text\/|^application\/json\b/i.test(mimeType)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(base64, "base64"));
  } catch {
    return undefined;
  }
}

export function promptMessageOf({ role, content }: PromptMessage, allowance: Allowance): PromptPart {
  return { role, content: contentOf(content, allowance) };
}

type PromptPart = { role: "user" | "assistant"; content: McpContent };

export function promptMessagesOf(messages: readonly PromptMessage[]): PromptPart[] {
  const allowance = createAllowance();
  return withinParts(
    messages,
    (message) => promptMessageOf(message, allowance),
    (text) => ({ role: "user", content: { type: "text", text } }),
  );
}

/** Each part becomes a message of its own; undefined where one is neither text nor an image, or they are too many or too large. */
export function samplingMessagesOf(messages: readonly SamplingMessage[]): PromptPart[] | undefined {
  const allowance = createAllowance();
  const all = messages.flatMap(({ role, content }) =>
    (Array.isArray(content) ? content : [content]).map((part) => ({ role, part })),
  );
  if (all.length > maxMessages) return undefined;
  const shaped = all.flatMap(({ role, part }) =>
    part.type === "text" || part.type === "image" ? [{ role, content: contentOf(part, allowance) }] : [],
  );
  const isWhole = shaped.every(({ content }) => content.type !== "image" || content.bytes === undefined);
  return isWhole && shaped.length === all.length ? shaped : undefined;
}

function defined<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: string };
}
