/**
 * The requests of an authorization: to secure addresses only, each with a deadline, answers of at most 1 MiB that are read
 * whole before anyone parses them. Only what is read follows redirects, to secure addresses again. The SDK's discovery,
 * registration and token functions are given this as their fetch.
 */
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";
import { Fault } from "../thread/fault.ts";
import { followRedirects, type Send } from "../thread/redirects.ts";
import { secureUrl, shownUrl } from "./secure-url.ts";
import { codeOfSystem } from "./system-errors.ts";

const maxBytes = 1024 * 1024;
const deadlineMs = 30_000;
/** A response with one of these has no body, and the constructor refuses one. */
const withoutBody = [204, 205, 304];

/** Throws Faults only: the SDK takes a TypeError for a browser's CORS failure and asks again without headers. */
export function guardedFetch(base: FetchLike, server: URL, signal: AbortSignal): FetchLike {
  const send: Send = async (url, init) => {
    // The server's own metadata are read as the server is: over http where the user configured that.
    if (!(isRead(init) && url.origin === server.origin)) secureUrl(url.href, "address for its authorization", server);
    return await base(url, init);
  };
  return async (input, init = {}) => {
    const url = new URL(input);
    const until = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
    try {
      const request: RequestInit = { ...init, signal: until, redirect: "manual" };
      const isFollowed = isRead(init) && init.redirect !== "manual";
      const response = isFollowed ? await followRedirects(server.host, url, request, send) : await send(url, request);
      return await readWhole(response, url);
    } catch (error) {
      if (error instanceof Fault) throw error;
      signal.throwIfAborted();
      const why = until.aborted ? `has not answered for ${deadlineMs / 1000} s` : `cannot be reached (${codeOfSystem(error)})`;
      throw new Fault("MCP_HTTP_FAILED", `${shownUrl(url)} ${why}`, { cause: error });
    }
  };
}

function isRead({ method = "GET" }: RequestInit): boolean {
  return method.toUpperCase() === "GET";
}

async function readWhole(response: Response, url: URL): Promise<Response> {
  const { status, statusText, headers } = response;
  if (response.body === null || withoutBody.includes(status)) return new Response(null, { status, statusText, headers });
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body as AsyncIterable<Uint8Array>) {
    size += part.byteLength;
    // Leaving the loop cancels the body.
    if (size > maxBytes) throw new Fault("MCP_TOO_LARGE", `${shownUrl(url)} answers with more than ${maxBytes} bytes`);
    parts.push(part);
  }
  return new Response(Buffer.concat(parts), { status, statusText, headers });
}
