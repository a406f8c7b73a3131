/** One question to a model, outside the conversation: no tools, nothing of the session. For prompt hooks and plugins. */
import { GantryError } from "./contract/errors.ts";
import type { Usage } from "./contract/messages.ts";
import type { ActiveModel } from "./turn/turn.ts";

/** Throws what the provider throws; PROVIDER_STREAM_CUT when it ended without an answer. */
export async function askOnce(
  { name, provider, options }: Pick<ActiveModel, "name" | "provider" | "options">,
  prompt: string,
  signal: AbortSignal,
  { system = "", maxOutputTokens }: { system?: string; maxOutputTokens?: number } = {},
): Promise<{ text: string; usage: Usage }> {
  const request = {
    ...{ model: name, system, tools: [] },
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    messages: [{ role: "user" as const, content: [{ type: "text" as const, text: prompt }] }],
  };
  for await (const event of provider.stream(request, { ...options, signal })) {
    if (event.type !== "answer") continue;
    const { content, usage } = event.answer;
    return { text: content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join(""), usage };
  }
  throw new GantryError("PROVIDER_STREAM_CUT", `${provider.name} ended its stream without an answer`);
}
