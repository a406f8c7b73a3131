/** One http hook: a POST of JSON, no redirect followed, its answer read up to a cap, all within one bound of time. */
import type { ClientRequest, IncomingMessage } from "node:http";
import { longestTimerMs } from "../core/contract/clock.ts";
import { messageOf } from "../core/contract/errors.ts";
import type { HookAnswer, HookRequest } from "../core/contract/hook-run.ts";
import { untilAborted } from "../core/contract/until-aborted.ts";

const maxBodyBytes = 1024 * 1024;
/** Of answers 1xx before the one that counts. */
const mostInterim = 100;

/** Never rejects: a cancel is an ending too. */
export async function postHook(request: HookRequest, { signal }: { signal: AbortSignal }): Promise<HookAnswer> {
  const bound = AbortSignal.timeout(Math.min(Math.ceil(request.timeoutMs), longestTimerMs));
  const both = AbortSignal.any([signal, bound]);
  let status: number | undefined;
  const soFar = () => (status === undefined ? {} : { status });
  try {
    // Whatever a server may do to the connection, nothing waits beyond the bound.
    const response = await untilAborted(post(request, both), both);
    status = response.statusCode;
    const { body, whole } = await untilAborted(read(response), both);
    if (!whole) return { ...soFar(), body, problem: `the answer is longer than ${maxBodyBytes} bytes` };
    return { ...soFar(), body };
  } catch (error) {
    if (signal.aborted) return { ...soFar(), body: "", ended: "cancel", problem: "it was cancelled" };
    if (bound.aborted)
      return { ...soFar(), body: "", ended: "timeout", problem: `no whole answer within ${request.timeoutMs} ms` };
    return { ...soFar(), body: "", problem: reasonOf(error) };
  }
}

async function post({ url, headers, body }: HookRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const target = new URL(url);
  const { request } = target.protocol === "https:" ? await import("node:https") : await import("node:http");
  return new Promise((resolve, reject) => {
    const sent = request(target, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        ...headers,
        "content-length": Buffer.byteLength(body),
      },
      // One connection for one request: nothing is kept open after it.
      agent: false,
      signal,
    });
    sent.once("response", resolve);
    // Stays: a connection may fail once more after its answer began.
    sent.on("error", reject);
    refuseOthers(sent, reject);
    sent.end(body);
  });
}

/** What a server may send that is no answer. Of some of it Node says nothing but that the connection is closed. */
function refuseOthers(sent: ClientRequest, reject: (error: Error) => void): void {
  let interim = 0;
  sent.on("information", ({ statusCode }) => {
    interim++;
    if (interim > mostInterim) sent.destroy(new Error(`more than ${mostInterim} answers ${statusCode} came, and no last one`));
  });
  sent.once("upgrade", ({ statusCode, statusMessage }, socket) => {
    reject(new Error(`the answer is ${statusCode} ${statusMessage}, which is no answer to a hook`));
    socket.destroy();
  });
  sent.once("close", () => reject(new Error("the connection was closed without an answer")));
}

async function read(response: IncomingMessage): Promise<{ body: string; whole: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    const room = maxBodyBytes - length;
    chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    length += chunk.length;
    // Leaving the loop ends the connection.
    if (chunk.length > room) break;
  }
  return { body: new TextDecoder().decode(Buffer.concat(chunks)), whole: length <= maxBodyBytes };
}

/** Several addresses of one name fail together, each with its own reason. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return [...new Set(error.errors.map(messageOf))].join("; ");
  return messageOf(error);
}
