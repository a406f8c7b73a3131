/** The resources that a session watches. A server that was started again has forgotten them, and is told anew. */
import { messageOf } from "../contract/errors.ts";
import type { Mcp } from "./mcp.ts";

export interface Watches {
  has(server: string, uri: string): boolean;
  /** False: as many as may be are watched already. */
  set(server: string, uri: string, wanted: "on" | "off"): boolean;
  close(): void;
}

interface WatchesOptions {
  mcp: Mcp;
  sessionId: string;
  /** One that is not watched any more, because its server would not. */
  note(text: string): void;
}

const mostWatched = 100;

export function createWatches({ mcp, sessionId, note }: WatchesOptions): Watches {
  const watched = new Map<string, { server: string; uri: string }>();
  const closing = new AbortController();
  const subscribe = async ({ server, uri }: { server: string; uri: string }): Promise<void> => {
    try {
      await mcp.request(server, "subscribe", { uri }, { signal: closing.signal, sessionId });
    } catch (error) {
      if (closing.signal.aborted) return;
      watched.delete(keyOf(server, uri));
      note(`changes of ${uri} are not told any more: ${messageOf(error)}`);
    }
  };
  const stop = mcp.onChange((change) => {
    if (change.kind !== "facts" || change.facts.state !== "ready" || change.before === "ready") return;
    for (const each of watched.values()) if (each.server === change.facts.name) void subscribe(each);
  });
  return {
    has: (server, uri) => watched.has(keyOf(server, uri)),
    set(server, uri, wanted) {
      if (wanted === "off") return watched.delete(keyOf(server, uri));
      if (watched.size >= mostWatched) return false;
      watched.set(keyOf(server, uri), { server, uri });
      return true;
    },
    close() {
      stop();
      closing.abort();
    },
  };
}

function keyOf(server: string, uri: string): string {
  return `${server} ${uri}`;
}
