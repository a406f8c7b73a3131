/** The body of a POST: one message or a batch, of a bounded size. */
import type { IncomingMessage } from "node:http";
import { type HttpRefusal, refused } from "./http-refusal.ts";
import { parseError } from "./inbound.ts";

const mostBytes = 16 * 1024 * 1024;
const mostInBatch = 50;

export type Body = { values: unknown[]; isBatch: boolean } | { refusal: HttpRefusal };

/** What bodies that are being read hold together. */
export interface BodyRoom {
  taken: number;
  readonly most: number;
}

export const bodyRoom = (): BodyRoom => ({ taken: 0, most: 4 * mostBytes });

/** Rejects when the connection breaks. */
export async function readBody(request: IncomingMessage, room: BodyRoom): Promise<Body> {
  if (Number(request.headers["content-length"] ?? 0) > mostBytes) return tooLarge;
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    // Not destroyed by a return: the refusal is still to be sent on the same connection.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      room.taken += chunk.length;
      if (bytes > mostBytes) return tooLarge;
      if (room.taken > room.most) return crowded;
      chunks.push(chunk);
    }
    return parse(Buffer.concat(chunks).toString("utf8"));
  } finally {
    room.taken -= bytes;
  }
}

const closing = { connection: "close" };
const tooLarge: Body = { refusal: refused(413, `a body has at most ${mostBytes} bytes`, closing) };
const crowded: Body = { refusal: refused(503, "too many large bodies at once", { ...closing, "retry-after": "1" }) };

function parse(text: string): Body {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { refusal: { status: 400, body: parseError(`the body is not JSON: ${(error as Error).message.slice(0, 200)}`) } };
  }
  if (!Array.isArray(value)) return { values: [value], isBatch: false };
  if (value.length > 0 && value.length <= mostInBatch) return { values: value, isBatch: true };
  return { refusal: refused(400, `a batch has 1 to ${mostInBatch} messages, and this one ${value.length}`) };
}
