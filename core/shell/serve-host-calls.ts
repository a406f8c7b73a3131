/**
 * Tool calls of one client, in one session that opens with the first: calls that only read run side by side, every other one
 * alone among its like, in the order they came.
 */
import { randomUUID } from "node:crypto";
import { GantryError } from "../contract/errors.ts";
import type { EventOf, SessionEvent } from "../contract/events.ts";
import type { JsonObject } from "../contract/messages.ts";
import type { ServedCall, ServedClient, ServedResult } from "../contract/serve.ts";
import type { Session } from "../open-session.ts";
import type { FrontEnd, Runtime } from "../runtime.ts";
import { asksOf, noteOf } from "./serve-host-front.ts";

export interface ServedCalls {
  call(name: string, input: JsonObject, call: ServedCall): Promise<ServedResult>;
  close(): Promise<void>;
}

interface CallsOptions {
  client: ServedClient;
  runtime: Runtime;
  isOffered(name: string): boolean;
}

type Ended = EventOf<"tool.result"> | EventOf<"tool.failed">;

interface Running {
  call: ServedCall;
  ended?: Ended;
}

const mostAtOnce = 64;
const mostReads = 8;

export function createServedCalls({ client, runtime, isOffered }: CallsOptions): ServedCalls {
  const running = new Map<string, Running>();
  const closing = new AbortController();
  const inLine = createLines();
  let opening: Promise<Session> | undefined;

  const front: FrontEnd = {
    onEvent(event) {
      keepEnd(event, running);
      const note = noteOf(event);
      if (note) client.onNote(note);
    },
    onDelta(delta) {
      if (delta.type === "delta" && delta.kind === "progress") running.get(delta.callId)?.call.onProgress(delta.text);
    },
    ...asksOf(client, ({ call: { callId } }) => running.get(callId)?.call),
  };

  async function session(): Promise<Session> {
    opening ??= runtime.openSession({ front, openedFor: client.name, signal: closing.signal });
    try {
      return await opening;
    } catch (error) {
      // The next call may find a disk with room, or a mended config.
      opening = undefined;
      throw error;
    }
  }

  async function settle(callId: string, name: string, input: JsonObject, { call }: Running): Promise<ServedResult> {
    const signal = AbortSignal.any([call.signal, closing.signal]);
    signal.throwIfAborted();
    const opened = await session();
    const report = await opened.callTool(name, input, { signal, callId });
    return shown(running.get(callId)?.ended, report.code);
  }

  return {
    async call(name, input, call) {
      if (!isOffered(name)) throw unknown(name);
      if (running.size >= mostAtOnce) throw new GantryError("QUEUE_FULL", `${mostAtOnce} calls of this client are running`);
      const callId = `call_${randomUUID()}`;
      const own: Running = { call };
      running.set(callId, own);
      const readsOnly = runtime.tools().find((tool) => tool.name === name)?.effect === "reads";
      try {
        return await inLine(readsOnly, async () => await settle(callId, name, input, own));
      } finally {
        running.delete(callId);
      }
    },
    async close() {
      closing.abort(new GantryError("INTERRUPTED", "the client has gone"));
      const opened = await opening?.catch(() => undefined);
      await opened?.close("done");
    },
  };
}

function unknown(name: string): GantryError {
  return new GantryError("TOOL_UNKNOWN", `there is no tool ${name}`);
}

function keepEnd(event: SessionEvent, running: ReadonlyMap<string, Running>): void {
  if (event.type !== "tool.result" && event.type !== "tool.failed") return;
  const own = running.get(event.data.callId);
  if (own) own.ended = event;
}

/** Two lines: reads, so many at once; and everything else, one at a time. */
function createLines(): <T>(readsOnly: boolean, act: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  const reads = new Set<Promise<unknown>>();
  return async (readsOnly, act) => {
    if (!readsOnly) {
      const own = last.then(act, act);
      last = own.catch(() => undefined);
      return await own;
    }
    while (reads.size >= mostReads) await Promise.race(reads);
    const own = act();
    const held: Promise<unknown> = own.catch(() => undefined).finally(() => reads.delete(held));
    reads.add(held);
    return await own;
  };
}

function shown(event: Ended | undefined, code: string | undefined): ServedResult {
  const known = code === undefined ? {} : { code };
  if (event === undefined)
    return { content: [{ type: "text", text: "the call ended and left no result" }], isError: true, ...known };
  if (event.type === "tool.failed")
    return { content: [{ type: "text", text: event.data.message }], isError: true, code: event.data.code };
  const { content, isError, data } = event.data;
  return { content, isError, ...known, ...(data === undefined ? {} : { data }) };
}
