/** A server behind an address: streamable HTTP, or SSE where the config or the server's own answer says so. */
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { FetchLike, Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import type { McpServerSpec } from "../../../core/contract/mcp.ts";
import type { McpBounds } from "../../../core/contract/mcp-frames.ts";
import { exchange } from "./bounded-fetch.ts";
import { createExchanges } from "./exchanges.ts";
import { watchTrouble } from "./http-trouble.ts";
import type { Link, Loss } from "./link.ts";
import { within } from "./within.ts";

export interface HttpOptions {
  spec: McpServerSpec;
  kind: "http" | "sse";
  fetch: FetchLike;
  bounds: McpBounds;
  loss: Loss;
  onProblem(text: string): void;
}

/** Of one broken stream, by the SDK; after them the connection is lost and made anew. */
const streamRetries = 2;

export function openHttpLink(options: HttpOptions): Link {
  const { spec, kind, fetch, bounds, loss } = options;
  if (spec.transport.kind === "stdio") throw new Error(`${spec.name} has no address`);
  const url = new URL(spec.transport.url);
  const requestInit = { headers: { ...spec.transport.headers } };
  const made =
    kind === "sse"
      ? new SSEClientTransport(url, { requestInit, fetch })
      : new StreamableHTTPClientTransport(url, { requestInit, fetch, reconnectionOptions: reconnection(bounds) });
  // The SDK's classes have the optional fields of Transport as fields that may be undefined.
  const transport = made as Transport;
  const exchanges = createExchanges(transport, { server: spec.name, isAnsweredApart: kind === "sse" });
  watchTrouble(transport, { server: spec.name, kind, loss, onProblem: options.onProblem });
  sendInContext(transport, exchanges.start);
  return {
    transport,
    lost: loss.lost,
    lose: loss.lose,
    stderr: () => [],
    during: () => exchange.getStore()?.messageId,
    drop: exchanges.drop,
    async end() {
      if (made instanceof StreamableHTTPClientTransport)
        await within(
          made.terminateSession().catch(() => undefined),
          bounds.endMs,
        );
      exchanges.end();
      await made.close();
    },
  };
}

function reconnection({ retryMs, retryMaxMs }: McpBounds) {
  return {
    initialReconnectionDelay: retryMs,
    maxReconnectionDelay: retryMaxMs,
    reconnectionDelayGrowFactor: 2,
    maxRetries: streamRetries,
  };
}

/** What is sent, and all that is read in answer to it, runs in the context of its exchange. */
function sendInContext(
  transport: Transport,
  start: (message: JSONRPCMessage) => Parameters<typeof exchange.run>[0] | undefined,
): void {
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    const context = start(message);
    return context === undefined
      ? exchange.exit(() => send(message, options))
      : exchange.run(context, () => send(message, options));
  };
}
