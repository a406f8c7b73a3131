/**
 * The fetch of one HTTP server: a deadline for the head of each answer, caps on its body, redirects within bounds, the user's
 * proxies. A request of the core has its own deadline, which ends its exchange through the context that it is sent in.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { McpBounds } from "../../../core/contract/mcp-frames.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { createEventGuard } from "./event-guard.ts";
import { Fault } from "./fault.ts";
import { type BodyEnd, guardBody } from "./guarded-body.ts";
import { createRateGate } from "./rate-gate.ts";
import { followRedirects, shown } from "./redirects.ts";

/** The request that an exchange is for; what is read from its answer runs in its context too. */
export interface Exchange {
  messageId: number;
  signal: AbortSignal;
  /**
   * The body of its answer has ended, with a fault or without one; `isResumable`: as a stream that can be taken up again;
   * `isAccepted`: 202, which says that no answer follows in it.
   */
  onBodyEnd(end: { isResumable: boolean; isAccepted: boolean; fault: Fault | undefined }): void;
}

export const exchange = new AsyncLocalStorage<Exchange>();

const headMs = 30_000;
/** A server that ends its streams at once and wants them opened again at once is asked no faster. */
const streamsPerSecond = 20;
const maxWaits = 1000;

export interface FetchOptions {
  server: string;
  bounds: McpBounds;
  floodMs: number;
  dispatcher: Dispatcher | undefined;
  onFault(fault: Fault): void;
}

/** MCP_HTTP_FAILED, MCP_TOO_LARGE, MCP_FLOOD; a failure of the network is thrown as fetch throws it. */
export function createBoundedFetch(options: FetchOptions): FetchLike {
  const { server, bounds, floodMs, dispatcher } = options;
  const streams = createRateGate(streamsPerSecond);
  const gate = createRateGate(bounds.maxMessagesPerSecond);

  async function send(url: URL, init: RequestInit): Promise<Response> {
    const current = exchange.getStore();
    if ((init.method ?? "GET") === "GET") await turn(streams, server);
    const head = new AbortController();
    const signals = [init.signal, current?.signal, head.signal].filter((signal) => signal !== undefined && signal !== null);
    const late = new Fault("MCP_HTTP_FAILED", `The server ${server} has not answered at ${shown(url)} for ${headMs / 1000} s.`);
    // A call may take as long as it was given, and its answer's head may come with the answer.
    const timer = current === undefined ? setTimeout(() => head.abort(late), headMs) : undefined;
    try {
      const via = dispatcher === undefined ? {} : { dispatcher };
      const response = await fetch(url, { ...init, ...via, signal: AbortSignal.any(signals) });
      const guard = createEventGuard({ server, maxEventBytes: bounds.maxMessageBytes, gate, floodMs });
      return guardBody(response, { server, maxBytes: bounds.maxMessageBytes, guard, onEnd: endOf(response, init, current) });
    } finally {
      clearTimeout(timer);
    }
  }

  function endOf(response: Response, init: RequestInit, current: Exchange | undefined): BodyEnd {
    return (isResumable, fault) => {
      // A flood is of the whole server; without an exchange the stream is the server's own.
      if (fault !== undefined && (current === undefined || fault.code === "MCP_FLOOD")) options.onFault(fault);
      if (response.ok && takesStream(init)) current?.onBodyEnd({ isResumable, isAccepted: response.status === 202, fault });
    };
  }

  return async (input, init = {}) => {
    const url = new URL(input);
    if (url.protocol !== "https:" && url.protocol !== "http:") {
      throw new Fault("MCP_HTTP_FAILED", `The server ${server} leads to ${url.protocol}, which is neither http nor https.`);
    }
    return init.redirect === "manual" ? send(url, init) : followRedirects(server, url, init, send);
  };
}

/** Only a message to the server asks for a stream; what the authorization asks in the same context does not. */
function takesStream({ headers }: RequestInit): boolean {
  return new Headers(headers).get("accept")?.includes("text/event-stream") === true;
}

async function turn(gate: ReturnType<typeof createRateGate>, server: string): Promise<void> {
  for (let waits = 0; waits < maxWaits; waits++) {
    const taken = gate.take();
    if (taken.isTaken) return;
    await new Promise((resolve) => setTimeout(resolve, taken.waitMs));
  }
  throw new Fault("MCP_FLOOD", `Too many requests wait for the server ${server}.`);
}
