/**
 * The exchanges of HTTP requests: each is ended when its request is given up, and a request whose answer's body ended without
 * an answer in it is told so. The SDK waits for one until the request's time is over.
 */
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import type { Exchange } from "./bounded-fetch.ts";
import { Fault } from "./fault.ts";

/** What of a body was read before its end is handed on in the meantime. */
const graceMs = 200;

export interface Exchanges {
  start(message: JSONRPCMessage): Exchange | undefined;
  drop(messageId: number): void;
  end(): void;
}

export interface ExchangesOptions {
  server: string;
  /** SSE: answers come on a stream of their own, and the body of the exchange is empty. */
  isAnsweredApart: boolean;
}

export function createExchanges(transport: Transport, { server, isAnsweredApart }: ExchangesOptions): Exchanges {
  const open = new Map<number, AbortController>();
  transport.onmessage = (message) => {
    if ("id" in message && !("method" in message)) open.delete(Number(message.id));
  };

  const early = new Fault("MCP_DISCONNECTED", `The server ${server} ended its answer without answering.`);

  const accepted = new Fault("MCP_PROTOCOL", `The server ${server} accepted a request (202) that it must answer.`);

  function unanswered(id: number, fault: Fault): void {
    if (!open.delete(id)) return;
    // As an answer of its own, which ends the request in the SDK; `data` is our own object, which no server can send.
    transport.onmessage?.({ jsonrpc: "2.0", id, error: { code: -32000, message: fault.message, data: fault } });
  }

  return {
    start(message) {
      if (!("method" in message) || !("id" in message)) return undefined;
      const id = Number(message.id);
      const controller = new AbortController();
      open.set(id, controller);
      const onBodyEnd: Exchange["onBodyEnd"] = ({ isResumable, isAccepted, fault }) => {
        if (fault !== undefined) unanswered(id, fault);
        else if (!isAnsweredApart && isAccepted) unanswered(id, accepted);
        else if (!isAnsweredApart && !isResumable) setTimeout(() => unanswered(id, early), graceMs);
      };
      return { messageId: id, signal: controller.signal, onBodyEnd };
    },
    drop(messageId) {
      open.get(messageId)?.abort();
      open.delete(messageId);
    },
    end() {
      for (const controller of open.values()) controller.abort();
      open.clear();
    },
  };
}
