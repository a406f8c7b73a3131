/** One question to a model, outside the conversation: no tools, nothing of the session. For prompt hooks, plugins and MCP servers. */
import { GantryError } from "./contract/errors.ts";
import type { Answer, Message, Usage } from "./contract/messages.ts";
import type { ActiveModel } from "./turn/turn.ts";

type Asked = Pick<ActiveModel, "name" | "provider" | "options">;

/** Throws what the provider throws; PROVIDER_STREAM_CUT when it ended without an answer. */
export async function askOnce(
  model: Asked,
  prompt: string,
  signal: AbortSignal,
  options: { system?: string; maxOutputTokens?: number } = {},
): Promise<{ text: string; usage: Usage }> {
  const messages = [{ role: "user" as const, content: [{ type: "text" as const, text: prompt }] }];
  const { text, usage } = await askMessages(model, { ...options, messages }, signal);
  return { text, usage };
}

export interface AskedMessages {
  messages: readonly Message[];
  system?: string;
  maxOutputTokens?: number;
}

/** The same with messages of several roles. Throws the same. */
export async function askMessages(
  { name, provider, options }: Asked,
  { messages, system = "", maxOutputTokens }: AskedMessages,
  signal: AbortSignal,
): Promise<Pick<Answer, "usage" | "stop" | "model"> & { text: string }> {
  const request = {
    ...{ model: name, system, tools: [], messages },
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
  };
  for await (const event of provider.stream(request, { ...options, signal })) {
    if (event.type !== "answer") continue;
    const { content, usage, stop, model } = event.answer;
    return { text: content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join(""), usage, stop, model };
  }
  throw new GantryError("PROVIDER_STREAM_CUT", `${provider.name} ended its stream without an answer`);
}
