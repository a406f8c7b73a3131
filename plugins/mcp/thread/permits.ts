/** Leave to start a program of the project's, asked of the core before each start: what was trusted may be another file by now. */
import type { FromMcp, ToMcp } from "../../../core/contract/mcp-frames.ts";
import { Fault } from "./fault.ts";

export interface Permits {
  /** Fault where it may not be started; the signal's reason when that is aborted first. */
  ask(server: string, signal: AbortSignal): Promise<void>;
  take(frame: ToMcp & { type: "permit" }): void;
}

export function createPermits(post: (frame: FromMcp) => void): Permits {
  const pending = new Map<number, (frame: ToMcp & { type: "permit" }) => void>();
  let lastId = 0;
  return {
    async ask(server, signal) {
      signal.throwIfAborted();
      const id = ++lastId;
      const { promise, resolve, reject } = Promise.withResolvers<ToMcp & { type: "permit" }>();
      const aborted = (): void => reject(signal.reason);
      signal.addEventListener("abort", aborted, { once: true });
      pending.set(id, resolve);
      try {
        post({ type: "permit", id, server });
        const { why } = await promise;
        if (why !== undefined)
          throw new Fault("MCP_START_FAILED", `The server ${server} is not started: ${why}`, { isFinal: true });
      } finally {
        pending.delete(id);
        signal.removeEventListener("abort", aborted);
      }
    },
    take: (frame) => pending.get(frame.id)?.(frame),
  };
}
