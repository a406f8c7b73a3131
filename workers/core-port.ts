/** The thread's end of a call's port: requests with replies, progress, and the signal that cancel aborts. */
import type { MessagePort } from "node:worker_threads";
import { GantryError } from "../core/contract/errors.ts";
import { type CoreRequest, crossed, type FromThread, type ToThread } from "./call-messages.ts";

export interface CorePort {
  /** Aborted on cancel and on timeout of the call. */
  readonly signal: AbortSignal;
  progress(text: string): void;
  /** Has the core perform an effect; throws what it threw, or TOOL_INTERRUPTED when the call ends first. */
  request(body: CoreRequest): Promise<unknown>;
  close(): void;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export function createCorePort(port: MessagePort): CorePort {
  const cancelled = new AbortController();
  const pending = new Map<number, Pending>();
  let lastId = 0;
  const send = (message: FromThread): void => port.postMessage(message);

  port.on("message", (message: ToThread) => {
    if (message.type === "cancel") return cancelled.abort(new GantryError("TOOL_INTERRUPTED", "The call was cancelled."));
    const waiting = pending.get(message.id);
    pending.delete(message.id);
    if (message.ok) waiting?.resolve(message.value);
    else waiting?.reject(crossed(message.error));
  });

  return {
    signal: cancelled.signal,
    progress: (text) => send({ type: "progress", text }),
    request(body) {
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        send({ type: "request", id, body });
      });
    },
    close() {
      port.close();
      for (const { reject } of pending.values()) reject(new GantryError("TOOL_INTERRUPTED", "The call has ended."));
      pending.clear();
    },
  };
}
