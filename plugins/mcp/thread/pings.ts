/** Pings a server that has been silent while nothing runs on it; one that does not answer two of them is lost. */
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { Fault } from "./fault.ts";
import type { Link } from "./link.ts";

const longestWaitMs = 30_000;
const misses = 2;

export interface PingOptions {
  client: Client;
  link: Link;
  server: string;
  everyMs: number;
  /** A server that works on a call may be too busy for a ping; the call has its own deadline. */
  isBusy(): boolean;
}

export function startPings({ client, link, server, everyMs, isBusy }: PingOptions): () => void {
  if (everyMs <= 0) return () => undefined;
  let heardAt = performance.now();
  let missed = 0;
  let timer: NodeJS.Timeout | undefined;
  const onmessage = link.transport.onmessage;
  link.transport.onmessage = (message, extra) => {
    heardAt = performance.now();
    missed = 0;
    onmessage?.(message, extra);
  };

  async function round(): Promise<void> {
    if (!isBusy() && performance.now() - heardAt >= everyMs) {
      // An error is an answer too: it was heard.
      await client.ping({ timeout: Math.min(everyMs, longestWaitMs) }).catch(() => missed++);
      if (missed >= misses)
        return link.lose(new Fault("MCP_DISCONNECTED", `The server ${server} did not answer ${misses} pings.`));
    }
    schedule();
  }

  function schedule(): void {
    timer = setTimeout(() => void round(), everyMs);
  }

  schedule();
  return () => clearTimeout(timer);
}
