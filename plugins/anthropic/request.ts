/** A model request as the Messages API takes it: its head, and one message after the other. */
import type {
  CacheControlEphemeral,
  ContentBlockParam,
  ImageBlockParam,
  MessageCreateParamsStreaming,
  MessageParam,
  TextBlockParam,
  ToolResultBlockParam,
} from "@anthropic-ai/sdk/resources/messages/messages";
import type { JsonObject, Message, ModelRequest, ResultContent } from "gantry/plugin";

type Block = Message["content"][number];

const ephemeral: CacheControlEphemeral = { type: "ephemeral" };

/** All of a request but its messages. Cache markers on the last tool and on the system prompt. */
export function headOf(request: ModelRequest, settings: Readonly<JsonObject>): Omit<MessageCreateParamsStreaming, "messages"> {
  const wanted = request.maxOutputTokens ?? numberOf(settings["maxOutputTokens"]) ?? 32_000;
  const maxTokens = Math.min(wanted, mostTokens(request.model));
  const budget = numberOf(settings["thinkingBudgetTokens"]) ?? 0;
  const tools = request.tools.map((tool, index) => ({
    name: tool.name,
    description: tool.description,
    input_schema: { ...tool.inputSchema, type: "object" as const },
    ...(index === request.tools.length - 1 ? { cache_control: ephemeral } : {}),
  }));
  return {
    model: request.model,
    // The budget is a part of max_tokens; the answer keeps its own share.
    max_tokens: budget >= maxTokens ? budget + maxTokens : maxTokens,
    stream: true,
    ...(request.system === "" ? {} : { system: [{ type: "text" as const, text: request.system, cache_control: ephemeral }] }),
    ...(tools.length === 0 ? {} : { tools }),
    ...(budget > 0 ? { thinking: { type: "enabled" as const, budget_tokens: Math.max(1024, budget) } } : {}),
  };
}

/** One message, with a cache marker on its last block where wanted; undefined when nothing of it can be sent. */
export function messageOf(message: Message, { isMarked }: { isMarked: boolean }): MessageParam | undefined {
  const content = contentOf(message);
  const last = content.at(-1);
  // The API refuses a message without content; without one, its neighbours are joined there.
  if (last === undefined) return undefined;
  const marked = isMarked ? [...content.slice(0, -1), { ...last, cache_control: ephemeral } as ContentBlockParam] : content;
  return { role: message.role, content: marked };
}

/** What the API's older models allow at most; newer ones allow more than a step of an agent needs. */
function mostTokens(model: string): number {
  if (/^claude-3-(opus|sonnet|haiku)/.test(model)) return 4_096;
  return /^claude-3-5-/.test(model) ? 8_192 : Number.POSITIVE_INFINITY;
}

function contentOf(message: Message): ContentBlockParam[] {
  const blocks = message.content.flatMap(blockOf);
  if (message.role === "assistant") return blocks;
  // Results come first: the API wants them right behind the calls.
  const results = blocks.filter((block) => block.type === "tool_result");
  return results.length === 0 ? blocks : [...results, ...blocks.filter((block) => block.type !== "tool_result")];
}

function blockOf(block: Block): ContentBlockParam[] {
  switch (block.type) {
    case "text":
    case "image":
      return partOf(block);
    case "thinking":
      if (block.data !== undefined) return [{ type: "redacted_thinking", data: block.data }];
      // Unsigned reasoning is another provider's, or was cut: the API takes only its own, whole.
      return block.signature === undefined ? [] : [{ type: "thinking", thinking: block.text, signature: block.signature }];
    case "tool_call":
      return [{ type: "tool_use", id: block.callId, name: block.name, input: block.input }];
    case "tool_result": {
      const content = block.content.flatMap(partOf);
      const result: ToolResultBlockParam = { type: "tool_result", tool_use_id: block.callId, is_error: block.isError };
      return [content.length === 0 ? result : { ...result, content }];
    }
  }
}

function partOf(part: ResultContent): (TextBlockParam | ImageBlockParam)[] {
  // The API refuses text without a visible character.
  if (part.type === "text") return part.text.trim() === "" ? [] : [{ type: "text", text: part.text }];
  const media_type = part.mediaType as "image/png" | "image/jpeg" | "image/gif" | "image/webp";
  return [{ type: "image", source: { type: "base64", media_type, data: part.data } }];
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
