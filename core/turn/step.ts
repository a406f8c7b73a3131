/** One request, one streamed answer. Retries what may be retried; keeps what had come when the turn is cancelled. */

import { GantryError } from "../contract/errors.ts";
import type { Delta } from "../contract/events.ts";
import { type Answer, type AnswerContent, noUsage } from "../contract/messages.ts";
import type { ModelRequest, ProviderDefinition, ProviderOptions } from "../contract/plugin.ts";
import type { Hooks } from "../hooks.ts";
import { type Retry, withRetries } from "./retry.ts";

export interface StepOptions {
  sessionId: string;
  provider: ProviderDefinition;
  providerOptions: Omit<ProviderOptions, "signal">;
  hooks: Hooks;
  onDelta: ((delta: Delta) => void) | undefined;
  /** Told when the model begins to ask for a tool: the moment to start threads. */
  onToolComing(tool: string): void;
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
    return (await options.hooks.rewrite("model.answer", { sessionId: options.sessionId, answer })).answer;
  } catch (error) {
    if (!options.signal.aborted) throw error;
    const content: AnswerContent[] = partial.trim() === "" ? [] : [{ type: "text", text: partial }];
    return { content, stop: "cancelled", usage: noUsage, model: request.model };
  }
}

async function streamAnswer(request: ModelRequest, options: StepOptions, onText: (text: string) => void): Promise<Answer> {
  const { provider, providerOptions, onDelta, onToolComing, signal } = options;
  for await (const event of provider.stream(request, { ...providerOptions, signal })) {
    switch (event.type) {
      case "answer":
        return event.answer;
      case "text":
        onText(event.text);
        onDelta?.({ type: "delta", kind: "text", text: event.text });
        break;
      case "thinking":
        onDelta?.({ type: "delta", kind: "thinking", text: event.text });
        break;
      case "tool_start":
        onToolComing(event.name);
        onDelta?.({ type: "delta", kind: "tool_start", callId: event.callId, name: event.name });
        break;
      case "tool_input":
        onDelta?.({ type: "delta", kind: "tool_input", callId: event.callId, json: event.json });
    }
  }
  throw new GantryError("PROVIDER_STREAM_CUT", `${provider.name} ended its stream without an answer`, {
    detail: { retryable: true },
  });
}
