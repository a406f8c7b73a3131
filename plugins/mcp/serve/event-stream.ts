/**
 * One stream of server-sent events. It outlives its connection: what was sent is kept, up to a bound, and a client that comes
 * back with the id of the last event it saw is sent the rest.
 */
import type { ServerResponse } from "node:http";

export interface EventStream {
  readonly id: string;
  readonly isAttached: boolean;
  readonly isDone: boolean;
  /** Bytes kept. */
  readonly bytes: number;
  /** Sends on this connection from now on, and first what was kept after the event `after`. */
  attach(response: ServerResponse, how?: { after?: string; prime?: boolean }): void;
  send(message: unknown): void;
  /** Nothing more will be sent. */
  finish(): void;
  /** Ends the connection; nothing is kept. */
  drop(): void;
}

interface Kept {
  number: number;
  frame: string;
}

const mostKeptBytes = 1024 * 1024;
const mostKept = 512;
/** A connection that has taken so little is cut; its client can come back for the rest. */
const mostWaitingBytes = 8 * 1024 * 1024;
const keepAliveMs = 15_000;

export function createEventStream(id: string, headers: () => Readonly<Record<string, string>>): EventStream {
  let kept: Kept[] = [];
  let bytes = 0;
  let last = 0;
  let isDone = false;
  let response: ServerResponse | undefined;
  let keepAlive: NodeJS.Timeout | undefined;

  function keep(data: string): Kept {
    const number = ++last;
    const event = { number, frame: `id: ${id}.${number}\ndata: ${data}\n\n` };
    kept.push(event);
    bytes += event.frame.length;
    while (kept.length > 1 && (bytes > mostKeptBytes || kept.length > mostKept)) bytes -= kept.shift()?.frame.length ?? 0;
    return event;
  }

  function write(frame: string): void {
    if (response === undefined) return;
    if (response.writableLength > mostWaitingBytes) response.destroy();
    else response.write(frame);
  }

  function detach(): void {
    clearInterval(keepAlive);
    response = undefined;
  }

  return {
    id,
    get isAttached() {
      return response !== undefined;
    },
    get isDone() {
      return isDone;
    },
    get bytes() {
      return bytes;
    },
    attach(to, { after, prime = false } = {}) {
      response?.end();
      detach();
      response = to;
      to.writeHead(200, { ...streamHeaders, ...headers() });
      to.flushHeaders();
      to.once("close", () => response === to && detach());
      keepAlive = setInterval(() => write(": still here\n\n"), keepAliveMs).unref();
      const seen = after === undefined ? 0 : Number(after.split(".")[1]);
      if (after === undefined && prime) keep("");
      for (const { number, frame } of kept) if (number > seen) write(frame);
      if (isDone) to.end();
    },
    send(message) {
      const { frame } = keep(JSON.stringify(message));
      write(frame);
    },
    finish() {
      isDone = true;
      response?.end();
    },
    drop() {
      isDone = true;
      kept = [];
      bytes = 0;
      response?.end();
      detach();
    },
  };
}

const streamHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};
