/**
 * One client over streamable HTTP: each POST with requests is answered by a stream of its own; what belongs to no request goes
 * to the stream of a GET. A connection that breaks cancels nothing: the client comes back, or cancels, or ends the session.
 */
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { isJSONRPCRequest, type JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import type { EventStream } from "./event-stream.ts";
import { createHttpStreams, type HttpStreams } from "./http-streams.ts";
import { cancelledBy, createInbound, type Inbound } from "./inbound.ts";

export interface HttpSession {
  readonly id: string;
  readonly transport: Transport;
  /** Nothing runs, and nobody listens. */
  readonly isIdle: boolean;
  readonly usedAt: number;
  /** Of one body: one message, or a batch. */
  post(values: readonly unknown[], response: ServerResponse, options: { prime: boolean }): void;
  /** False when the event is none of this session's, or its stream is gone. */
  resume(lastEventId: string, response: ServerResponse): boolean;
  /** False when a GET listens already. */
  listen(response: ServerResponse): boolean;
}

export function createHttpSession(): HttpSession {
  const id = randomUUID();
  const headers = (): Record<string, string> => ({ "mcp-session-id": id });
  const inbound = createInbound();
  const streams = createHttpStreams(headers);
  let usedAt = Date.now();
  const use = (): void => {
    usedAt = Date.now();
  };
  const transport = transportOn(streams, { id, inbound, onAnswered: use });
  return {
    ...{ id, transport },
    get isIdle() {
      return inbound.pending === 0 && !streams.standalone.isAttached;
    },
    get usedAt() {
      return usedAt;
    },
    post(values, response, { prime }) {
      use();
      const stream = streams.create();
      const messages = values.map((value) => take(value, stream, { inbound, streams })).filter((each) => each !== undefined);
      const isAwaited = messages.some(isJSONRPCRequest);
      if (isAwaited || stream.bytes > 0) {
        streams.keep(stream);
        stream.attach(response, { prime });
        if (!isAwaited) stream.finish();
      } else response.writeHead(202, headers()).end();
      for (const message of messages) {
        transport.onmessage?.(message);
        const cancelled = cancelledBy(message);
        if (cancelled === undefined) continue;
        inbound.settled(cancelled);
        streams.settle(cancelled);
      }
    },
    resume(lastEventId, response) {
      const [, name = "", number = ""] = /^(\d+)\.(\d+)$/.exec(lastEventId) ?? [];
      const stream = streams.find(name);
      if (stream === undefined || number === "") return false;
      use();
      stream.attach(response, { after: lastEventId });
      return true;
    },
    listen(response) {
      if (streams.standalone.isAttached) return false;
      use();
      streams.standalone.attach(response);
      return true;
    },
  };
}

function transportOn(
  streams: HttpStreams,
  { id, inbound, onAnswered }: { id: string; inbound: Inbound; onAnswered(): void },
): Transport {
  const transport: Transport = {
    sessionId: id,
    async start() {},
    async send(message, { relatedRequestId } = {}) {
      const answered = "method" in message ? undefined : message.id;
      if (answered === undefined) {
        const stream = streams.of(relatedRequestId) ?? streams.standalone;
        // Nobody has come to listen: it is not kept for ever.
        if (stream !== streams.standalone || stream.isAttached) stream.send(message);
        return;
      }
      streams.of(answered)?.send(message);
      inbound.settled(answered);
      streams.settle(answered);
      onAnswered();
    },
    async close() {
      streams.drop();
      transport.onclose?.();
    },
  };
  return transport;
}

/** What is refused is answered on the stream. */
function take(
  value: unknown,
  stream: EventStream,
  { inbound, streams }: { inbound: Inbound; streams: HttpStreams },
): JSONRPCMessage | undefined {
  const taken = inbound.take(value);
  if ("refusal" in taken) {
    stream.send(taken.refusal);
    return undefined;
  }
  const { message } = taken;
  if (isJSONRPCRequest(message)) streams.expect(message.id, stream);
  return message;
}
