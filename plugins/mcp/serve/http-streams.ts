/** The streams of one HTTP session: which request is answered on which, and those of the newest answers, for who comes back. */
import type { RequestId } from "@modelcontextprotocol/sdk/types.js";
import { createEventStream, type EventStream } from "./event-stream.ts";

export interface HttpStreams {
  /** What belongs to no request. */
  readonly standalone: EventStream;
  /** For a body; kept only when it is used. */
  create(): EventStream;
  /** For a client that comes back, until it is one of the oldest. */
  keep(stream: EventStream): void;
  find(id: string): EventStream | undefined;
  /** The request is to be answered on it. */
  expect(request: RequestId, stream: EventStream): void;
  of(request: RequestId | undefined): EventStream | undefined;
  /** The request is answered, or never will be: the last one of a stream ends it. */
  settle(request: RequestId): void;
  drop(): void;
}

const mostFinished = 16;
const mostFinishedBytes = 2 * 1024 * 1024;

export function createHttpStreams(headers: () => Readonly<Record<string, string>>): HttpStreams {
  const byRequest = new Map<RequestId, EventStream>();
  const kept = new Map<string, EventStream>();
  const standalone = createEventStream("0", headers);
  let created = 0;
  return {
    standalone,
    create: () => createEventStream(String(++created), headers),
    keep: (stream) => void kept.set(stream.id, stream),
    find: (id) => (id === standalone.id ? standalone : kept.get(id)),
    expect: (request, stream) => void byRequest.set(request, stream),
    of: (request) => (request === undefined ? undefined : byRequest.get(request)),
    settle(request) {
      const stream = byRequest.get(request);
      byRequest.delete(request);
      if (stream === undefined || [...byRequest.values()].includes(stream)) return;
      stream.finish();
      forgetOldest(kept);
    },
    drop() {
      for (const stream of [...kept.values(), standalone]) stream.drop();
    },
  };
}

function forgetOldest(kept: Map<string, EventStream>): void {
  const finished = [...kept.values()].filter(({ isDone }) => isDone);
  let bytes = finished.reduce((sum, stream) => sum + stream.bytes, 0);
  for (const [index, stream] of finished.entries()) {
    if (finished.length - index <= mostFinished && bytes <= mostFinishedBytes) return;
    bytes -= stream.bytes;
    kept.delete(stream.id);
  }
}
