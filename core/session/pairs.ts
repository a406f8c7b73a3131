/** The pair law: in every request, each call of an answer has exactly one result, in the user message that follows it. */
import { GantryError } from "../contract/errors.ts";
import type { AssistantMessage, Message } from "../contract/messages.ts";

/**
 * PAIR_LAW_BROKEN when the messages break the law. Messages before `from` were proven by an earlier call; the return value is
 * the `from` of the next one, for messages that only grow at the end.
 */
export function assertPairs(messages: readonly Message[], from = 0): number {
  for (let index = from; index < messages.length; index++) {
    const message = messages[index];
    const before = messages[index - 1];
    if (message?.role === "assistant") assertAnswered(message, messages[index + 1], index);
    else if (before?.role !== "assistant") assertNoResults(message, index);
    else if (index === from) assertAnswered(before, message, index - 1);
  }
  // The last message may still grow: a user message takes more results and text.
  return Math.max(from, messages.length - 1);
}

function assertAnswered(answer: AssistantMessage, next: Message | undefined, index: number): void {
  const open = new Set<string>();
  for (const block of answer.content) {
    if (block.type !== "tool_call") continue;
    if (open.has(block.callId)) throw broken(`answer ${index} has two calls ${block.callId}`);
    open.add(block.callId);
  }
  if (next?.role === "assistant") throw broken(`answers ${index} and ${index + 1} have no user message between them`);
  for (const block of next?.content ?? []) {
    if (block.type !== "tool_result") continue;
    if (!open.delete(block.callId)) throw broken(`message ${index + 1} has a result for ${block.callId}, which waits for none`);
  }
  if (open.size > 0) throw broken(`message ${index + 1} has no result for ${[...open].join(", ")}`);
}

function assertNoResults(message: Message | undefined, index: number): void {
  const stray = message?.content.find((block) => block.type === "tool_result");
  if (stray) throw broken(`message ${index} has a result for ${stray.callId}, and no answer before it`);
}

function broken(what: string): GantryError {
  return new GantryError("PAIR_LAW_BROKEN", `${what}; the request was not sent`);
}
