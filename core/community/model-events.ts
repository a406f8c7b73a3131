/** What a provider in a guest streams, parsed: an event for each piece, exactly one answer, last. */
import { codeOf, type ErrorCode, GantryError, messageOf } from "../contract/errors.ts";
import { maxValueChars } from "../contract/frames.ts";
import { type Answer, isObject, type Json, type Usage } from "../contract/messages.ts";
import type { ModelEvent } from "../contract/plugin.ts";

type Parsed = Exclude<ModelEvent, { type: "answer" }> | { type: "answer"; answer: Promise<Answer> };

/** PROVIDER_REJECTED for what is no event. */
export async function* modelEventsOf(provider: string, items: AsyncIterable<Json>): AsyncGenerator<ModelEvent> {
  let sum = 0;
  try {
    for await (const item of items) {
      const event = eventOf(provider, item);
      sum += weightOf(event);
      if (sum > mostStreamed) throw unfit(provider, `more than ${mostStreamed} characters without an answer`);
      if (event.type === "answer") {
        yield { type: "answer", answer: await event.answer };
        return;
      }
      yield event;
    }
  } catch (error) {
    throw providerError(provider, error);
  }
}

/** Whoever cancels gets what has come so far: it is kept until the answer. What is longer could not cross as an answer. */
const mostStreamed = maxValueChars;
/** So that pieces without a letter end too. */
const pieceChars = 16;

function weightOf(event: Parsed): number {
  const chars = "text" in event ? event.text.length : "json" in event ? event.json.length : 0;
  return chars + pieceChars;
}

function eventOf(provider: string, item: Json): Parsed {
  const { type, text, callId, name, json, answer } = isObject(item) ? item : {};
  if ((type === "text" || type === "thinking") && typeof text === "string") return { type, text };
  if (type === "tool_start" && typeof callId === "string" && typeof name === "string") return { type, callId, name };
  if (type === "tool_input" && typeof callId === "string" && typeof json === "string") return { type, callId, json };
  if (type === "answer" && isObject(answer)) return { type, answer: answerOf(provider, answer) };
  throw unfit(provider, "an event of a kind that is not known, or without its fields");
}

const stops: readonly unknown[] = ["end_turn", "tool_use", "max_tokens", "refusal"] satisfies Answer["stop"][];

async function answerOf(provider: string, { content, stop, usage, model }: Record<string, Json>): Promise<Answer> {
  const { hookReplies } = await import("../contract/hook-replies.ts");
  const parsed = hookReplies["model.answer"].safeParse({ content: content ?? null });
  if (!parsed.success) throw unfit(provider, "an answer whose content is no list of text, thinking and tool_call blocks");
  if (!stops.includes(stop)) throw unfit(provider, `an answer that stopped for ${JSON.stringify(stop)}`);
  const { content: blocks } = parsed.data as Pick<Answer, "content">;
  return {
    content: blocks,
    stop: stop as Answer["stop"],
    usage: usageOf(provider, usage),
    model: typeof model === "string" ? model : "",
  };
}

function usageOf(provider: string, given: Json | undefined): Usage {
  const of = isObject(given) ? given : {};
  const count = (name: keyof Usage): number => {
    const value = of[name] ?? 0;
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
      throw unfit(provider, `usage.${name} is no count`);
    return value;
  };
  return {
    inputTokens: count("inputTokens"),
    outputTokens: count("outputTokens"),
    cacheReadTokens: count("cacheReadTokens"),
    cacheWriteTokens: count("cacheWriteTokens"),
  };
}

function unfit(provider: string, what: string): GantryError {
  return new GantryError("PROVIDER_REJECTED", `the provider ${provider} streamed ${what}`);
}

/** What a guest may say of itself as a provider; all else, a crash too, is told as the provider's failure. */
function providerError(provider: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined || /^(?:PROVIDER_|SCRIPT_|CONTEXT_TOO_LARGE|TOOL_INTERRUPTED|PLUGIN_)/.test(code)) return error;
  const told: ErrorCode = code.startsWith("GUEST_") ? "PROVIDER_UNREACHABLE" : "PROVIDER_REJECTED";
  return new GantryError(told, `the provider ${provider} failed: ${code}: ${messageOf(error)}`, { cause: error });
}
