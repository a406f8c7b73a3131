/**
 * Messages, content blocks, calls and results, as a model sees them. Providers translate these to their wire format;
 * the session log holds them as they are.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export interface TextBlock {
  type: "text";
  text: string;
}

/** A model's reasoning. `signature` is the provider's and is replayed unchanged; `data` is reasoning the provider hides. */
export interface ThinkingBlock {
  type: "thinking";
  text: string;
  signature?: string;
  data?: string;
}

/** `data` is base64 without a prefix; `mediaType` is image/png, image/jpeg, image/gif or image/webp. */
export interface ImageBlock {
  type: "image";
  mediaType: string;
  data: string;
}

/**
 * One request of the model to run a tool. `malformed` holds the raw text when the streamed input was not a JSON object,
 * or was cut at the token limit; `input` is then `{}` and the call is answered with an error, never run.
 */
export interface ToolCallBlock {
  type: "tool_call";
  callId: string;
  name: string;
  input: JsonObject;
  malformed?: string;
  /** The input is malformed because the answer ended at its token limit inside it. */
  cut?: true;
}

/** What goes back for one call. Exactly one per call in every request; `code` is a row of the error table. */
export interface ToolResultBlock {
  type: "tool_result";
  callId: string;
  content: ResultContent[];
  isError: boolean;
  code?: string;
}

export type ResultContent = TextBlock | ImageBlock;
export type AnswerContent = TextBlock | ThinkingBlock | ToolCallBlock;
export type InputContent = TextBlock | ImageBlock | ToolResultBlock;

export interface UserMessage {
  role: "user";
  content: InputContent[];
}

export interface AssistantMessage {
  role: "assistant";
  content: AnswerContent[];
}

export type Message = UserMessage | AssistantMessage;

/** Tokens of one or more model requests. `inputTokens` counts what was neither read from nor written to the cache. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
}

/** Why the model stopped: it was done, wants tools, hit its token limit, refused, or the stream was cancelled by us. */
export type AnswerStop = "end_turn" | "tool_use" | "max_tokens" | "refusal" | "cancelled";

/** A complete answer of the model to one request. */
export interface Answer {
  content: AnswerContent[];
  stop: AnswerStop;
  usage: Usage;
  /** The model that answered, as the provider names it. */
  model: string;
}

export const noUsage: Usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** The sum of two usages, field by field. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
  };
}
