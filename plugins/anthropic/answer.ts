/** Builds an answer from raw stream events: text, reasoning, and calls whose inputs come in fragments of JSON. */
import type { RawMessageStreamEvent } from "@anthropic-ai/sdk/resources/messages/messages";
import type { Answer, JsonObject, ModelEvent } from "gantry/plugin";
import { countIn, indexIn, inputIn, isObject, nameIn, objectIn, textIn, textOrNone } from "./shape.ts";

type Block =
  | { type: "text"; text: string }
  | { type: "thinking"; text: string; signature: string }
  | { type: "redacted"; data: string }
  | { type: "call"; callId: string; name: string; json: string; input: unknown };

export interface AnswerBuilder {
  /** Takes one event; returns what to show of it. ShapeError for one that is not what it says it is. */
  add(event: RawMessageStreamEvent): ModelEvent | undefined;
  /** Whether message_stop has come: what there is before is not an answer. */
  readonly isComplete: boolean;
  answer(): Answer;
}

export function createAnswerBuilder(requestedModel: string): AnswerBuilder {
  const blocks = new Map<number, Block>();
  const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  let model = requestedModel;
  let stop: string | null = null;
  let isComplete = false;

  function count(wire: WireUsage): void {
    usage.inputTokens = countIn(wire.input_tokens, usage.inputTokens);
    usage.outputTokens = countIn(wire.output_tokens, usage.outputTokens);
    usage.cacheReadTokens = countIn(wire.cache_read_input_tokens, usage.cacheReadTokens);
    usage.cacheWriteTokens = countIn(wire.cache_creation_input_tokens, usage.cacheWriteTokens);
  }

  function add(event: RawMessageStreamEvent): ModelEvent | undefined {
    objectIn(event, "an event");
    switch (event.type) {
      case "content_block_delta":
        return extend(blocks.get(event.index), objectIn(event.delta, "content_block_delta.delta"));
      case "content_block_start": {
        const block = blockOf(objectIn(event.content_block, "content_block_start.content_block"));
        const index = indexIn(event.index);
        if (block === undefined) blocks.delete(index);
        else blocks.set(index, block);
        return block && startOf(block);
      }
      case "message_start": {
        const message = objectIn(event.message, "message_start.message");
        model = textOr(message.model, model);
        // A gateway may leave the counts out: the answer is worth more than they are.
        count(message.usage ?? {});
        return undefined;
      }
      case "message_delta":
        stop = textOr(objectIn(event.delta, "message_delta.delta").stop_reason, stop);
        count(event.usage ?? {});
        return undefined;
      case "message_stop":
        isComplete = true;
        return undefined;
      default:
        return undefined;
    }
  }

  return {
    add,
    get isComplete() {
      return isComplete;
    },
    answer() {
      const whole = [...blocks].sort(([a], [b]) => a - b).map(([, block]) => block);
      const isCut = stop === "max_tokens" || stop === "model_context_window_exceeded";
      const content = whole.flatMap((block, index) => contentOf(block, isCut && index === whole.length - 1));
      const asks = content.some((block) => block.type === "tool_call");
      return { content, stop: stopOf(stop, asks), usage, model };
    },
  };
}

interface WireUsage {
  input_tokens?: unknown;
  output_tokens?: unknown;
  cache_read_input_tokens?: unknown;
  cache_creation_input_tokens?: unknown;
}

/** `before` when there is no text. */
function textOr<T>(value: unknown, before: T): string | T {
  return typeof value === "string" && value !== "" ? value : before;
}

type StartEvent = Extract<RawMessageStreamEvent, { type: "content_block_start" }>;
type DeltaEvent = Extract<RawMessageStreamEvent, { type: "content_block_delta" }>;

/** Blocks of the API's own tools are not asked for, and not kept. */
function blockOf(block: StartEvent["content_block"]): Block | undefined {
  switch (block.type) {
    case "text":
      return { type: "text", text: textOrNone(block.text, "content_block.text") };
    case "thinking": {
      const text = textOrNone(block.thinking, "content_block.thinking");
      return { type: "thinking", text, signature: textOrNone(block.signature, "content_block.signature") };
    }
    case "redacted_thinking":
      return { type: "redacted", data: textIn(block.data, "content_block.data") };
    case "tool_use": {
      const callId = nameIn(block.id, "content_block.id");
      return { type: "call", callId, name: nameIn(block.name, "content_block.name"), json: "", input: block.input };
    }
    default:
      return undefined;
  }
}

function startOf(block: Block): ModelEvent | undefined {
  if (block.type === "call") return { type: "tool_start", callId: block.callId, name: block.name };
  return block.type === "text" && block.text !== "" ? { type: "text", text: block.text } : undefined;
}

function extend(block: Block | undefined, delta: DeltaEvent["delta"]): ModelEvent | undefined {
  if (block?.type === "text" && delta.type === "text_delta") {
    const text = textIn(delta.text, "delta.text");
    block.text += text;
    return { type: "text", text };
  }
  if (block?.type === "call" && delta.type === "input_json_delta") {
    const json = textIn(delta.partial_json, "delta.partial_json");
    block.json += json;
    return { type: "tool_input", callId: block.callId, json };
  }
  if (block?.type !== "thinking") return undefined;
  if (delta.type === "signature_delta") block.signature += textIn(delta.signature, "delta.signature");
  if (delta.type !== "thinking_delta") return undefined;
  const text = textIn(delta.thinking, "delta.thinking");
  block.text += text;
  return { type: "thinking", text };
}

function contentOf(block: Block, isCut: boolean): Answer["content"] {
  switch (block.type) {
    case "text":
      return block.text === "" ? [] : [block];
    case "redacted":
      return [{ type: "thinking", text: "", data: block.data }];
    case "thinking":
      return [{ type: "thinking", text: block.text, ...(block.signature === "" ? {} : { signature: block.signature }) }];
    case "call": {
      const { callId, name } = block;
      const input = isCut ? undefined : inputOf(block.json, block.input);
      if (input !== undefined) return [{ type: "tool_call", callId, name, input }];
      return [{ type: "tool_call", callId, name, input: {}, malformed: block.json, ...(isCut ? { cut: true as const } : {}) }];
    }
  }
}

/** The object that the fragments make, or undefined. Without fragments it is the one the block started with. */
function inputOf(json: string, atStart: unknown): JsonObject | undefined {
  if (json.trim() === "") return isObject(atStart) ? inputIn(atStart) : {};
  try {
    return inputIn(JSON.parse(json));
  } catch {
    return undefined;
  }
}

/** Calls are answered whatever the model says it stopped for; `pause_turn` and `stop_sequence` are ends of ours. */
function stopOf(stop: string | null, asks: boolean): Answer["stop"] {
  if (stop === "max_tokens" || stop === "model_context_window_exceeded") return "max_tokens";
  if (stop === "refusal") return "refusal";
  return asks ? "tool_use" : "end_turn";
}
