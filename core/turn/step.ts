/** One request, one streamed answer. Retries what may be retried; keeps what had come when the turn is cancelled. */

import { GantryError } from "../contract/errors.ts";
import type { Delta } from "../contract/events.ts";
import { type Answer, type AnswerContent, noUsage } from "../contract/messages.ts";
import type { ModelEvent, ModelRequest, ProviderDefinition, ProviderOptions } from "../contract/plugin.ts";
import type { Heard, Hooks } from "../hooks.ts";
import { type Retry, withRetries } from "./retry.ts";

export interface StepOptions {
  sessionId: string;
  provider: ProviderDefinition;
  providerOptions: Omit<ProviderOptions, "signal">;
  hooks: Hooks;
  onDelta: ((delta: Delta) => void) | undefined;
  /** Told when the model begins to ask for a tool, or thinks for so long that it may: the moment to start threads. */
  onToolComing(tool: string | undefined): void;
  /** Told once it is on the wire, at the latest when the answer begins. May be told again. */
  onSent(): void;
  onHeard(heard: Heard): void;
  onRetry(retry: Retry): void;
  signal: AbortSignal;
}

/** The complete answer, after model.answer rewriters. When cancelled: what had come so far, with stop `cancelled`. */
export async function runStep(request: ModelRequest, options: StepOptions): Promise<Answer> {
  let partial = "";
  const attempt = async (): Promise<Answer> => {
    partial = "";
    return await streamAnswer(request, options, (text) => {
      partial += text;
    });
  };
  try {
    const answer = await withRetries(attempt, { signal: options.signal, onRetry: options.onRetry });
    const { sessionId, signal } = options;
    const { payload, heard } = await options.hooks.rewrite("model.answer", { sessionId, answer }, { signal });
    options.onHeard(heard);
    return payload.answer;
  } catch (error) {
    if (!options.signal.aborted) throw error;
    const content: AnswerContent[] = partial.trim() === "" ? [] : [{ type: "text", text: partial }];
    return { content, stop: "cancelled", usage: noUsage, model: request.model };
  }
}

/**
 * A thread starts in 40 to 60 ms. A model that has said nothing for so long is thinking, and the start costs nobody anything
 * then; an answer that comes sooner is not made to share the machine with a thread it may not need.
 */
const thinkingMs = 50;

async function streamAnswer(request: ModelRequest, options: StepOptions, onText: (text: string) => void): Promise<Answer> {
  const { provider, providerOptions, signal } = options;
  const thinking = setTimeout(() => {
    options.onSent();
    options.onToolComing(undefined);
  }, thinkingMs);
  try {
    for await (const event of provider.stream(request, { ...providerOptions, signal })) {
      clearTimeout(thinking);
      options.onSent();
      if (event.type === "answer") return event.answer;
      if (event.type === "text") onText(event.text);
      show(event, options);
    }
  } finally {
    clearTimeout(thinking);
  }
  throw new GantryError("PROVIDER_STREAM_CUT", `${provider.name} ended its stream without an answer`, {
    detail: { retryable: true },
  });
}

function show(event: Exclude<ModelEvent, { type: "answer" }>, { onDelta, onToolComing }: StepOptions): void {
  switch (event.type) {
    case "text":
    case "thinking":
      onDelta?.({ type: "delta", kind: event.type, text: event.text });
      break;
    case "tool_start":
      onToolComing(event.name);
      onDelta?.({ type: "delta", kind: "tool_start", callId: event.callId, name: event.name });
      break;
    case "tool_input":
      onDelta?.({ type: "delta", kind: "tool_input", callId: event.callId, json: event.json });
  }
}
