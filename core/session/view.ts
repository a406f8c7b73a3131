/**
 * The model's view of a session: messages that alternate between user and assistant. Results of an answer's calls stand
 * first in the one user message after it, in the order of the calls, whenever they came; what the user wrote follows them.
 */
import type { AssistantMessage, InputContent, Message, ToolResultBlock, UserMessage } from "../contract/messages.ts";

/** An answer that was cancelled before its first block is no message: providers refuse empty ones. */
export function addAnswer(messages: Message[], answer: AssistantMessage): void {
  if (answer.content.length > 0) messages.push({ role: "assistant", content: answer.content });
}

export function addInput(messages: Message[], content: readonly InputContent[]): void {
  userMessageAtEnd(messages).content.push(...content);
}

export function addResult(messages: Message[], callId: string, result: Omit<ToolResultBlock, "type" | "callId">): void {
  const { content } = userMessageAtEnd(messages);
  const block: ToolResultBlock = { type: "tool_result", callId, ...result };
  const answer = messages.at(-2);
  const last = content.at(-1);
  const order = callOrder(answer);
  const place = order.get(callId) ?? 0;
  if (last === undefined || (last.type === "tool_result" && (order.get(last.callId) ?? 0) < place)) {
    content.push(block);
    return;
  }
  const before = content.findIndex((other) => other.type !== "tool_result" || (order.get(other.callId) ?? 0) > place);
  content.splice(before, 0, block);
}

function callOrder(answer: Message | undefined): Map<string, number> {
  const calls = answer?.role === "assistant" ? answer.content.filter((block) => block.type === "tool_call") : [];
  return new Map(calls.map((block, place) => [block.callId, place]));
}

function userMessageAtEnd(messages: Message[]): UserMessage {
  const last = messages.at(-1);
  if (last?.role === "user") return last;
  const added: UserMessage = { role: "user", content: [] };
  messages.push(added);
  return added;
}
