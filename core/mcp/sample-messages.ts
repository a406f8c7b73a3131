/** A server's messages for the model as the session's provider takes them, and as a person is shown them. */
import type { McpAsks, McpContent } from "../contract/mcp.ts";
import type { AssistantMessage, ImageBlock, Message, TextBlock, UserMessage } from "../contract/messages.ts";

export interface Sample {
  messages: readonly Message[];
  shown: readonly { role: "user" | "assistant"; text: string }[];
  system?: string;
}

const mostMessages = 200;
/** Of all texts together. */
const mostCharacters = 400_000;
const imageTypes = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** `clean` takes secrets out of texts. Neighbours of one role become one message: roles take turns. */
export function readSample(
  { messages, systemPrompt }: McpAsks["sample"]["params"],
  clean: (text: string) => string,
): Sample | { problem: string } {
  const [first] = messages;
  if (first === undefined) return { problem: "it sent no messages" };
  if (first.role !== "user") return { problem: "its first message is the assistant's" };
  if (messages.length > mostMessages)
    return { problem: `it sent ${messages.length} messages; at most ${mostMessages} are taken` };
  const joined: (UserMessage | AssistantMessage)[] = [];
  const shown: { role: "user" | "assistant"; text: string }[] = [];
  let characters = systemPrompt?.length ?? 0;
  for (const { role, content } of messages) {
    const block = blockOf(content, clean);
    if ("problem" in block) return block;
    if (block.type === "image" && role === "assistant") return { problem: "a message of the assistant's holds an image" };
    characters += block.type === "text" ? block.text.length : 0;
    shown.push({ role, text: block.type === "text" ? block.text : `[${block.mediaType}]` });
    if (block.type === "text" && block.text === "") continue;
    append(joined, role, block);
  }
  if (characters > mostCharacters)
    return { problem: `its messages have ${characters} characters; at most ${mostCharacters} are sent` };
  if (joined.length === 0) return { problem: "its messages are empty" };
  return { messages: joined, shown, ...(systemPrompt === undefined ? {} : { system: clean(systemPrompt) }) };
}

function append(messages: (UserMessage | AssistantMessage)[], role: "user" | "assistant", block: TextBlock | ImageBlock): void {
  const last = messages.at(-1);
  if (last?.role === role) (last.content as (TextBlock | ImageBlock)[]).push(block);
  else messages.push({ role, content: [block] } as UserMessage | AssistantMessage);
}

function blockOf(content: McpContent, clean: (text: string) => string): TextBlock | ImageBlock | { problem: string } {
  if (content.type === "text") return { type: "text", text: clean(content.text) };
  if (content.type === "image" && imageTypes.includes(content.mimeType))
    return { type: "image", mediaType: content.mimeType, data: content.data };
  const what = content.type === "image" ? `an image of type ${content.mimeType}` : `content of type ${content.type}`;
  return { problem: `its messages hold ${what.slice(0, 100)}, and the session's model takes text, PNG, JPEG, GIF and WebP` };
}
