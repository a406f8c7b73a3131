/**
 * An answer of a script as Anthropic Messages server-sent events, in the order the API sends them. Yields the text of
 * whole events; `cutAfter` of a broken answer yields up to the break and then ends.
 */
import type { PlayedAnswer } from "./script.ts";
import { fragmentsOf } from "./script.ts";

/** The frames of one answer; the last one of an unbroken answer is message_stop. */
export function* answerEvents(answer: PlayedAnswer, model: string, id: string): Generator<string> {
  yield event("message_start", { message: startOf(answer, model, id) });
  yield event("ping", {});
  for (const frame of contentEvents(answer)) yield frame;
  const breaks = answer.fail?.cut === "text" || answer.fail?.cut === "tool_json" || answer.fail?.event !== undefined;
  if (breaks) return;
  yield event("message_delta", {
    delta: { stop_reason: answer.stopReason, stop_sequence: null },
    usage: { output_tokens: answer.usage.outputTokens },
  });
  if (answer.fail?.cut !== "end") yield event("message_stop", {});
}

/** An error event, as it may come in the middle of a stream. */
export function errorEvent(type: string, message: string): string {
  return event("error", { error: { type, message } });
}

function* contentEvents(answer: PlayedAnswer): Generator<string> {
  let index = 0;
  for (const thought of answer.thinking) yield* thinkingEvents(thought, index++, answer.chunks);
  if (answer.say !== undefined || answer.fail?.cut === "text" || answer.fail?.event !== undefined) {
    const text = answer.say ?? "The connection breaks in the middle of this sentence.";
    const parts = fragmentsOf(text, answer.chunks);
    const stops = answer.fail?.cut === "text" || answer.fail?.event !== undefined;
    yield* textEvents(stops ? parts.slice(0, Math.ceil(parts.length / 2)) : parts, index++, stops);
    if (stops) return;
  }
  const calls =
    answer.calls.length === 0 && answer.fail?.cut === "tool_json"
      ? [{ id: "toolu_cut", name: "Read", json: '{"file_path":"a.txt"}' }]
      : answer.calls;
  for (const call of calls) {
    const parts = fragmentsOf(call.json, answer.chunks);
    const stops = answer.fail?.cut === "tool_json" && call === calls.at(-1);
    const json = stops ? [call.json.slice(0, Math.ceil(call.json.length / 2))] : parts;
    yield event("content_block_start", { index, content_block: { type: "tool_use", id: call.id, name: call.name, input: {} } });
    for (const part of json) yield delta(index, { type: "input_json_delta", partial_json: part });
    if (stops) return;
    yield event("content_block_stop", { index });
    index += 1;
  }
}

function* textEvents(parts: readonly string[], index: number, open: boolean): Generator<string> {
  yield event("content_block_start", { index, content_block: { type: "text", text: "" } });
  for (const part of parts) yield delta(index, { type: "text_delta", text: part });
  if (!open) yield event("content_block_stop", { index });
}

function* thinkingEvents(
  thought: PlayedAnswer["thinking"][number],
  index: number,
  chunks: number | undefined,
): Generator<string> {
  if ("redacted" in thought) {
    yield event("content_block_start", { index, content_block: { type: "redacted_thinking", data: thought.redacted } });
  } else {
    yield event("content_block_start", { index, content_block: { type: "thinking", thinking: "", signature: "" } });
    for (const part of fragmentsOf(thought.text, chunks)) yield delta(index, { type: "thinking_delta", thinking: part });
    yield delta(index, { type: "signature_delta", signature: thought.signature });
  }
  yield event("content_block_stop", { index });
}

function startOf(answer: PlayedAnswer, model: string, id: string): object {
  return {
    id,
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: {
      input_tokens: answer.usage.inputTokens,
      cache_creation_input_tokens: answer.usage.cacheWriteTokens,
      cache_read_input_tokens: answer.usage.cacheReadTokens,
      output_tokens: 1,
    },
  };
}

function delta(index: number, part: object): string {
  return event("content_block_delta", { index, delta: part });
}

function event(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}
