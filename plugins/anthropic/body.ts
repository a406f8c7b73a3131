/**
 * The JSON of a growing conversation's requests, in one buffer that grows with it: each message is written once, and only
 * the newest ones, which carry the cache markers, are written anew for every request. A history of a megabyte costs a
 * request nothing but its way through the socket.
 */
import type { JsonObject, Message, ModelRequest } from "gantry/plugin";
import { headOf, messageOf } from "./request.ts";

export interface BodyWriter {
  /** Valid until the next call. */
  write(request: ModelRequest, settings: Readonly<JsonObject>): Uint8Array;
}

/** A message that will not change: checked by its length too, because a session appends to its newest user message. */
interface Written {
  message: Message;
  blocks: number;
  /** Where its JSON ends. */
  end: number;
}

const smallest = 16 * 1024;

export function createBodyWriter(): BodyWriter {
  let buffer = Buffer.allocUnsafe(smallest);
  let head = "";
  let headEnd = 0;
  let written: Written[] = [];

  function put(text: string, at: number): number {
    const needed = at + Buffer.byteLength(text);
    if (needed > buffer.length) {
      const larger = Buffer.allocUnsafe(2 ** Math.ceil(Math.log2(needed)));
      buffer.copy(larger, 0, 0, at);
      buffer = larger;
    }
    return at + buffer.write(text, at);
  }

  function startOver(nextHead: string): void {
    head = nextHead;
    headEnd = put(`${head.slice(0, -1)},"messages":[`, 0);
    written = [];
  }

  return {
    write(request, settings) {
      const nextHead = JSON.stringify(headOf(request, settings));
      if (nextHead !== head) startOver(nextHead);
      const { messages } = request;
      const marked = markedFrom(messages);
      written = written.slice(0, unchanged(written, messages));
      let end = written.at(-1)?.end ?? headEnd;
      for (const [index, message] of messages.entries()) {
        if (index < written.length) continue;
        const param = messageOf(message, { isMarked: index >= marked && message.role === "user" });
        if (param) end = put(`${end === headEnd ? "" : ","}${JSON.stringify(param)}`, end);
        if (index < marked) written.push({ message, blocks: message.content.length, end });
      }
      return buffer.subarray(0, put("]}", end));
    },
  };
}

/**
 * Where the two newest user messages begin. The older of them is what the last request wrote to the cache, the newer what
 * the next one reads; with tools and system these are the four markers that the API allows.
 */
function markedFrom(messages: readonly Message[]): number {
  let wanted = 2;
  for (let index = messages.length - 1; index >= 0; index--) {
    if (messages[index]?.role === "user" && --wanted === 0) return index;
  }
  return 0;
}

function unchanged(written: readonly Written[], messages: readonly Message[]): number {
  const changed = written.findIndex(
    ({ message, blocks }, index) => messages[index] !== message || message.content.length !== blocks,
  );
  return changed === -1 ? written.length : changed;
}
