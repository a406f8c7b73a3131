/**
 * One id, one call: in the whole session, whatever a provider sends. Results, the log and recovery know a call by its id
 * alone, and some servers number the calls of each answer from zero, or give all of them one id.
 */
import type { AnswerContent, Message } from "../contract/messages.ts";

interface Seen {
  /** How many of the messages have been read; they only grow at their end. */
  messages: number;
  /** Each id, with the number that the next call of that id gets. */
  ids: Map<string, number>;
}

const seenIn = new WeakMap<readonly Message[], Seen>();

/** The content as it came, or, when it reuses ids, with new ones for the later calls: `ID_2`, `ID_3`. */
export function withOwnIds(content: AnswerContent[], messages: readonly Message[]): AnswerContent[] {
  const seen = seenIn.get(messages) ?? { messages: 0, ids: new Map<string, number>() };
  seenIn.set(messages, seen);
  for (; seen.messages < messages.length; seen.messages++) {
    const message = messages[seen.messages];
    if (message?.role !== "assistant") continue;
    for (const block of message.content) if (block.type === "tool_call") claim(block.callId, seen.ids);
  }
  let isChanged = false;
  const owned = content.map((block) => {
    if (block.type !== "tool_call") return block;
    const callId = freeId(block.callId, seen.ids);
    isChanged ||= callId !== block.callId;
    return callId === block.callId ? block : { ...block, callId };
  });
  return isChanged ? owned : content;
}

function freeId(id: string, ids: Map<string, number>): string {
  let free = id;
  for (let next = ids.get(id) ?? 2; ids.has(free); next++) {
    free = `${id}_${next}`;
    ids.set(id, next + 1);
  }
  claim(free, ids);
  return free;
}

function claim(id: string, ids: Map<string, number>): void {
  if (!ids.has(id)) ids.set(id, 2);
}
