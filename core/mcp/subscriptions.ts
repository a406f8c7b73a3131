/** Which sessions watch a resource: a server knows one subscriber, and is told to stop when the last of them does not want it. */
import type { ReplyOf } from "../contract/mcp-frames.ts";
import type { Mcp } from "./mcp.ts";

export interface Subscriptions {
  /** As of a runtime's servers; of one that others still watch, an unsubscribe reaches no server. */
  request: Mcp["request"];
  /** The session watches nothing any more; the server is not told, for nobody waits for it. */
  forget(sessionId: string): void;
}

export function countSubscriptions(request: Mcp["request"]): Subscriptions {
  const watchers = new Map<string, Set<string>>();
  const leave = (key: string, sessionId: string): boolean => {
    const left = watchers.get(key);
    left?.delete(sessionId);
    if (left?.size === 0) watchers.delete(key);
    return !watchers.has(key);
  };
  return {
    async request(server, method, params, options) {
      if (method !== "subscribe" && method !== "unsubscribe") return await request(server, method, params, options);
      const { sessionId = "" } = options;
      const key = JSON.stringify([server, (params as { uri: string }).uri]);
      if (method === "unsubscribe") {
        return leave(key, sessionId) ? await request(server, method, params, options) : ({} as ReplyOf<typeof method>);
      }
      const known = watchers.get(key) ?? new Set();
      const isNew = !known.has(sessionId);
      // Before the server has answered: who ends its own watch meanwhile must not end this one.
      watchers.set(key, known.add(sessionId));
      try {
        return await request(server, method, params, options);
      } catch (error) {
        if (isNew) leave(key, sessionId);
        throw error;
      }
    },
    forget(sessionId) {
      for (const key of [...watchers.keys()]) leave(key, sessionId);
    },
  };
}
