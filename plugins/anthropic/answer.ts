/** Builds an answer from raw stream events: text, reasoning, and calls whose inputs come in fragments of JSON. */
import type { RawMessageStreamEvent } from "@anthropic-ai/sdk/resources/messages/messages";
import type { Answer, JsonObject, ModelEvent } from "gantry/plugin";

type Block =
  | { type: "text"; text: string }
  | { type: "thinking"; text: string; signature: string }
  | { type: "redacted"; data: string }
  | { type: "call"; callId: string; name: string; json: string; input: unknown };

export interface AnswerBuilder {
  /** Takes one event; returns what to show of it. */
  add(event: RawMessageStreamEvent): ModelEvent | undefined;
  /** Whether message_stop has come: what there is before is not an answer. */
  readonly isComplete: boolean;
  answer(): Answer;
}

export function createAnswerBuilder(requestedModel: string): AnswerBuilder {
  const blocks: (Block | undefined)[] = [];
  const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  let model = requestedModel;
  let stop: string | null = null;
  let isComplete = false;

  function count(wire: WireUsage): void {
    usage.inputTokens = wire.input_tokens ?? usage.inputTokens;
    usage.outputTokens = wire.output_tokens ?? usage.outputTokens;
    usage.cacheReadTokens = wire.cache_read_input_tokens ?? usage.cacheReadTokens;
    usage.cacheWriteTokens = wire.cache_creation_input_tokens ?? usage.cacheWriteTokens;
  }

  function add(event: RawMessageStreamEvent): ModelEvent | undefined {
    switch (event.type) {
      case "content_block_delta":
        return extend(blocks[event.index], event.delta);
      case "content_block_start": {
        const block = blockOf(event.content_block);
        blocks[event.index] = block;
        return block && startOf(block);
      }
      case "message_start":
        model = event.message.model || model;
        count(event.message.usage);
        return undefined;
      case "message_delta":
        stop = event.delta.stop_reason ?? stop;
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
      const whole = blocks.filter((block) => block !== undefined);
      const isCut = stop === "max_tokens" || stop === "model_context_window_exceeded";
      const content = whole.flatMap((block, index) => contentOf(block, isCut && index === whole.length - 1));
      const asks = content.some((block) => block.type === "tool_call");
      return { content, stop: stopOf(stop, asks), usage, model };
    },
  };
}

interface WireUsage {
  input_tokens?: number | null;
  output_tokens?: number | null;
  cache_read_input_tokens?: number | null;
  cache_creation_input_tokens?: number | null;
}

type StartEvent = Extract<RawMessageStreamEvent, { type: "content_block_start" }>;
type DeltaEvent = Extract<RawMessageStreamEvent, { type: "content_block_delta" }>;

/** Blocks of the API's own tools are not asked for, and not kept. */
function blockOf(block: StartEvent["content_block"]): Block | undefined {
  if (block.type === "text") return { type: "text", text: block.text };
  if (block.type === "thinking") return { type: "thinking", text: block.thinking, signature: block.signature };
  if (block.type === "redacted_thinking") return { type: "redacted", data: block.data };
  if (block.type !== "tool_use") return undefined;
  return { type: "call", callId: block.id, name: block.name, json: "", input: block.input };
}

function startOf(block: Block): ModelEvent | undefined {
  if (block.type === "call") return { type: "tool_start", callId: block.callId, name: block.name };
  return block.type === "text" && block.text !== "" ? { type: "text", text: block.text } : undefined;
}

function extend(block: Block | undefined, delta: DeltaEvent["delta"]): ModelEvent | undefined {
  if (block?.type === "text" && delta.type === "text_delta") {
    block.text += delta.text;
    return { type: "text", text: delta.text };
  }
  if (block?.type === "call" && delta.type === "input_json_delta") {
    block.json += delta.partial_json;
    return { type: "tool_input", callId: block.callId, json: delta.partial_json };
  }
  if (block?.type !== "thinking") return undefined;
  if (delta.type === "signature_delta") block.signature += delta.signature;
  if (delta.type !== "thinking_delta") return undefined;
  block.text += delta.thinking;
  return { type: "thinking", text: delta.thinking };
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
  if (json.trim() === "") return isObject(atStart) ? atStart : {};
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Calls are answered whatever the model says it stopped for; `pause_turn` and `stop_sequence` are ends of ours. */
function stopOf(stop: string | null, asks: boolean): Answer["stop"] {
  if (stop === "max_tokens" || stop === "model_context_window_exceeded") return "max_tokens";
  if (stop === "refusal") return "refusal";
  return asks ? "tool_use" : "end_turn";
}
