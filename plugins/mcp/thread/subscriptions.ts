/** What was subscribed to on one connection: only its changes are handed on. */
import type { ParamsOf } from "../../../core/contract/mcp-frames.ts";
import type { Requests } from "./requests.ts";

export interface Subscriptions {
  /** The same requests; those that subscribe are noted. */
  follow(requests: Requests): Requests;
  /** Itself, or a part of one: a server may tell of those. */
  has(uri: string): boolean;
}

const maxSubscriptions = 1000;

export function createSubscriptions(): Subscriptions {
  const uris = new Set<string>();

  function note(uri: string): void {
    uris.add(uri);
    const [oldest] = uris;
    if (uris.size > maxSubscriptions && oldest !== undefined) uris.delete(oldest);
  }

  return {
    has: (uri) => uris.has(uri) || [...uris].some((one) => uri.startsWith(one.endsWith("/") ? one : `${one}/`)),
    follow: (requests) => ({
      get isBusy() {
        return requests.isBusy;
      },
      coreId: requests.coreId,
      hold: requests.hold,
      async run(request) {
        if (request.method !== "subscribe" && request.method !== "unsubscribe") return requests.run(request);
        const { uri } = request.params as ParamsOf<"subscribe">;
        const wasNoted = uris.has(uri);
        // A change may be told before the answer.
        if (request.method === "subscribe") note(uri);
        try {
          const reply = await requests.run(request);
          if (request.method === "unsubscribe") uris.delete(uri);
          return reply;
        } catch (error) {
          if (request.method === "subscribe" && !wasNoted) uris.delete(uri);
          throw error;
        }
      },
    }),
  };
}
