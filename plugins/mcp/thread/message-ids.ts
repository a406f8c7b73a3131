/** Which messages of the protocol were sent for which request of the core; the SDK counts its own. */
import type { RequestId } from "@modelcontextprotocol/sdk/types.js";
import type { Link } from "./link.ts";

export interface MessageIds {
  /** What `start` sends before it returns is sent for this request. */
  during<T>(request: number, start: () => Promise<T>): Promise<T>;
  requestOf(messageId: RequestId | undefined): number | undefined;
  /** Forgets them; what still runs for them in the link is ended. */
  drop(request: number): void;
}

export function createMessageIds({ transport, drop }: Link): MessageIds {
  const requests = new Map<RequestId, number>();
  let sending: number | undefined;
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    if (sending !== undefined && "method" in message && "id" in message) requests.set(message.id, sending);
    return send(message, options);
  };
  return {
    during(request, start) {
      sending = request;
      try {
        return start();
      } finally {
        sending = undefined;
      }
    },
    requestOf: (messageId) => (messageId === undefined ? undefined : requests.get(messageId)),
    drop(request) {
      for (const [messageId, of] of requests) {
        if (of !== request) continue;
        requests.delete(messageId);
        drop?.(Number(messageId));
      }
    },
  };
}
