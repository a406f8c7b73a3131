/** The thread's end of a call's port: requests with replies, progress, and the signal that cancel aborts. */
import type { MessagePort } from "node:worker_threads";
import { GantryError } from "../core/contract/errors.ts";
import { type CoreRequest, crossed, type FromThread, type ToThread } from "./call-messages.ts";

export interface CorePort {
  /** Aborted on cancel and on timeout of the call. */
  readonly signal: AbortSignal;
  progress(text: string): void;
  log(text: string): void;
  /** Has the core's broker perform an effect by its method; bytes are Uint8Array on both ways. */
  effect(method: string, args: readonly unknown[]): Promise<unknown>;
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

  function request(body: CoreRequest): Promise<unknown> {
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      pending.set(id, { resolve, reject });
      send({ type: "request", id, body });
    });
  }

  return {
    signal: cancelled.signal,
    progress: (text) => send({ type: "progress", text }),
    log: (text) => send({ type: "log", text }),
    request,
    async effect(method, args) {
      const { packed, unpacked } = await import("./packed-bytes.ts");
      return unpacked(await request({ kind: "effect", method, args: args.map(packed) }));
    },
    close() {
      port.close();
      for (const { reject } of pending.values()) reject(new GantryError("TOOL_INTERRUPTED", "The call has ended."));
      pending.clear();
    },
  };
}
