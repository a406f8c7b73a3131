/** An answer's body with bounds: the whole of it for JSON, each event for a stream. It ends with the Fault that says which. */
import type { EventGuard } from "./event-guard.ts";
import { Fault } from "./fault.ts";
import { largeBytes, largeTurn, settled } from "./large-turn.ts";
import { bulkWords, createPartCounter, maxParts } from "./message-bulk.ts";
import { createPieces } from "./pieces.ts";

export interface BodyOptions {
  server: string;
  maxBytes: number;
  guard: EventGuard;
  onEnd: BodyEnd;
}

/** Called once, however it ends; `isResumable`: it was an event stream with ids. */
export type BodyEnd = (isResumable: boolean, fault?: Fault) => void;

/** A list of messages is taken at once. */
const listBegin = 0x5b;
const space = 0x20;
const maxBatchParts = 5000;
const withoutBody = [204, 205, 304];

export function guardBody(response: Response, options: BodyOptions): Response {
  const { status, statusText, headers, body } = response;
  if (body === null || withoutBody.includes(status)) {
    options.onEnd(false);
    return response;
  }
  const isStream = (headers.get("content-type") ?? "").toLowerCase().startsWith("text/event-stream");
  const guarded = new Response(pass(body, isStream, options), { status, statusText, headers });
  // A made Response has no address, and the SDK names the address of a redirect that it does not follow.
  Object.defineProperty(guarded, "url", { value: response.url });
  return guarded;
}

/** What may be handed on of a chunk, and of what was kept at the end. */
interface Sieve {
  pass(chunk: Uint8Array): Promise<Buffer> | Buffer;
  rest(): Buffer;
}

/** Pull by pull: what is not asked for waits in the socket. */
function pass(body: ReadableStream<Uint8Array>, isStream: boolean, options: BodyOptions): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const sieve: Sieve = isStream ? { pass: options.guard.pass, rest: () => Buffer.alloc(0) } : wholeBody(options);
  let isOver = false;
  const ended = (fault?: Fault): void => {
    if (!isOver) options.onEnd(isStream && options.guard.hasIds, fault);
    isOver = true;
  };
  async function pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    for (;;) {
      const { done, value } = await reader.read();
      const ready = done ? sieve.rest() : await sieve.pass(value);
      if (ready.length > 0) await handOn(controller, ready);
      if (done) {
        ended();
        controller.close();
      }
      if (done || ready.length > 0 || isOver) return;
    }
  }
  return new ReadableStream<Uint8Array>({
    pull: (controller) =>
      pull(controller).catch(async (error: unknown) => {
        ended(error instanceof Fault ? error : undefined);
        controller.error(error);
        await reader.cancel().catch(() => undefined);
      }),
    async cancel(reason) {
      ended();
      await reader.cancel(reason).catch(() => undefined);
    },
  });
}

/** Nothing is handed on before all has come. */
function wholeBody({ server, maxBytes }: BodyOptions): Sieve {
  const kept = createPieces();
  const parts = createPartCounter();
  return {
    pass(chunk) {
      const bytes = kept.size + chunk.length;
      if (bytes > maxBytes)
        throw new Fault("MCP_TOO_LARGE", `The server ${server} answered with ${bytes} bytes and more: over ${maxBytes}.`);
      const count = parts.count(chunk);
      if (count > maxParts) throw new Fault("MCP_TOO_LARGE", bulkWords(server, count));
      kept.add(chunk);
      return Buffer.alloc(0);
    },
    rest() {
      const all = kept.take();
      const count = parts.count(all.subarray(0, 0));
      if (all.find((byte) => byte > space && byte < 0x80) === listBegin && count > maxBatchParts)
        throw new Fault(
          "MCP_TOO_LARGE",
          `The server ${server} answered with a list of messages of ${count} parts: over ${maxBatchParts}.`,
        );
      return all;
    },
  };
}

async function handOn(controller: ReadableStreamDefaultController<Uint8Array>, ready: Buffer): Promise<void> {
  if (ready.length <= largeBytes) return controller.enqueue(ready);
  const endTurn = await largeTurn();
  // The reader parses it in the meantime.
  void settled().then(endTurn);
  controller.enqueue(ready);
}
