/** An answer's body with bounds: the whole of it for JSON, each event for a stream. It ends with the Fault that says which. */
import type { EventGuard } from "./event-guard.ts";
import { Fault } from "./fault.ts";

export interface BodyOptions {
  server: string;
  maxBytes: number;
  guard: EventGuard;
  onEnd: BodyEnd;
}

/** Called once, however it ends; `isResumable`: it was an event stream with ids. */
export type BodyEnd = (isResumable: boolean, fault?: Fault) => void;

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

/** Pull by pull: what is not asked for waits in the socket. */
function pass(body: ReadableStream<Uint8Array>, isStream: boolean, options: BodyOptions): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let bytes = 0;
  const check = async (chunk: Uint8Array): Promise<void> => {
    bytes += chunk.length;
    if (isStream) return options.guard.pass(chunk);
    if (bytes <= options.maxBytes) return;
    throw new Fault(
      "MCP_TOO_LARGE",
      `The server ${options.server} answered with ${bytes} bytes and more: over ${options.maxBytes}.`,
    );
  };
  let isOver = false;
  const ended = (fault?: Fault): void => {
    if (!isOver) options.onEnd(isStream && options.guard.hasIds, fault);
    isOver = true;
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          ended();
          controller.close();
          return;
        }
        await check(value);
        controller.enqueue(value);
      } catch (error) {
        ended(error instanceof Fault ? error : undefined);
        controller.error(error);
        await reader.cancel().catch(() => undefined);
      }
    },
    async cancel(reason) {
      ended();
      await reader.cancel(reason).catch(() => undefined);
    },
  });
}
