/**
 * net.fetch: one exchange over HTTP. Order of work: read the request, then for each hop: grant → resolve → addresses →
 * connect; at the end a body that is pulled. Performed in the core, and ended with its call.
 */
import type { IncomingMessage } from "node:http";
import { GantryError, hasCode } from "../../core/contract/errors.ts";
import type { NetRequest } from "../../core/contract/plugin.ts";
import { coversHost, hostRequest } from "../../core/permission/host-scopes.ts";
import { decoderOf, type NetBody, openBody, reasonOf, tooLarge } from "./net-body.ts";
import { crossingHeaders, headersOf, shownHeaders } from "./net-headers.ts";
import { type Hop, type NetEnv, sendHop, shown } from "./net-hop.ts";

export interface FetchRequest extends NetRequest {
  url: string;
}

/** An answer whose body is still to be read. */
export interface NetExchange {
  status: number;
  headers: Record<string, string>;
  /** After redirects. */
  url: string;
  body: NetBody;
}

const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const bounds = { timeoutMs: 600_000, bodyBytes: 16 * 1024 * 1024, redirects: 20 };
const usual = { timeoutMs: 30_000, maxBytes: 1024 * 1024, redirects: 5 };

export function covers(scopes: readonly string[], request: FetchRequest): boolean {
  const url = URL.parse(request.url);
  const asked = url === null ? undefined : hostRequest(request.method ?? "GET", url);
  return asked !== undefined && coversHost(scopes, asked);
}

export function describe({ url, method = "GET" }: FetchRequest): string {
  const parsed = URL.parse(url);
  return `${method} ${parsed === null ? JSON.stringify(url.slice(0, 200)) : shown(parsed)}`;
}

/** NET_DENIED, NET_FAILED, NET_TIMEOUT, NET_TOO_LARGE, REQUEST_INVALID. */
export async function perform(request: FetchRequest, env: NetEnv): Promise<NetExchange> {
  const first = firstHop(request);
  const timeoutMs = Math.min(request.timeoutMs ?? usual.timeoutMs, bounds.timeoutMs);
  const maxBytes = Math.min(request.maxBytes ?? usual.maxBytes, bounds.bodyBytes);
  const bound = createBound(timeoutMs, env.signal);
  const explain = (error: unknown): unknown => bound.explain(error, first.url);
  try {
    const { hop, response } = await follow(first, { env, bound: bound.signal, most: request.maxRedirects ?? usual.redirects });
    const hasBody = hop.method !== "HEAD" && response.statusCode !== 204 && response.statusCode !== 304;
    const decoder = decoderOf(response, hasBody);
    if (hasBody && decoder === undefined && Number(response.headers["content-length"] ?? 0) > maxBytes) {
      response.destroy();
      throw tooLarge(maxBytes);
    }
    return {
      status: response.statusCode ?? 0,
      headers: shownHeaders(response.headers, { isDecoded: decoder !== undefined }),
      url: hop.url.href,
      body: openBody(response, { maxBytes, decoder, explain, ended: bound.clear }),
    };
  } catch (error) {
    bound.clear();
    throw explain(error);
  }
}

function firstHop(request: FetchRequest): Hop {
  const url = URL.parse(request.url);
  if (url === null) throw invalid(`${JSON.stringify(request.url.slice(0, 200))} is no URL`);
  const method = (request.method ?? "GET").toUpperCase();
  if (!methods.has(method)) throw invalid(`the method ${JSON.stringify(method)} is none of ${[...methods].join(", ")}`);
  const body = typeof request.body === "string" ? Buffer.from(request.body, "utf8") : request.body;
  if (body !== undefined && (method === "GET" || method === "HEAD")) throw invalid(`${method} has no body`);
  if (body !== undefined && body.length > bounds.bodyBytes) {
    throw new GantryError("NET_TOO_LARGE", `the body to send has ${body.length} bytes; at most ${bounds.bodyBytes} are sent`);
  }
  url.hash = "";
  return { method, url, headers: headersOf(request.headers), body };
}

interface Following {
  env: NetEnv;
  bound: AbortSignal;
  most: number;
}

/** Each redirect is a request of its own, judged as the first was. */
async function follow(first: Hop, { env, bound, most }: Following): Promise<{ hop: Hop; response: IncomingMessage }> {
  const limit = Math.min(most, bounds.redirects);
  let hop = first;
  for (let redirects = 0; ; redirects++) {
    const response = await sendHop(hop, env, bound);
    const next = limit === 0 ? undefined : nextHop(hop, response);
    if (next === undefined) return { hop, response };
    response.destroy();
    if (redirects >= limit) throw new GantryError("NET_FAILED", `${shown(first.url)} led to more than ${limit} redirects`);
    hop = next;
  }
}

function nextHop(hop: Hop, { statusCode = 0, headers: { location } }: IncomingMessage): Hop | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode) || location === undefined) return undefined;
  const url = URL.parse(location, hop.url.href);
  if (url === null) throw new GantryError("NET_FAILED", `${shown(hop.url)} redirects to what is no URL`);
  url.hash = "";
  const headers = url.origin === hop.url.origin ? hop.headers : crossingHeaders(hop.headers);
  const becomesGet = statusCode === 303 ? hop.method !== "HEAD" : statusCode <= 302 && hop.method === "POST";
  if (!becomesGet) return { ...hop, url, headers };
  const { "content-type": _type, "content-language": _language, ...rest } = headers;
  return { method: "GET", url, headers: rest, body: undefined };
}

/** The whole exchange's time, and the call's own end. */
function createBound(timeoutMs: number, signal: AbortSignal) {
  const stop = new AbortController();
  const abort = (): void => stop.abort(signal.reason);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    stop.abort(new Error("timed out"));
  }, timeoutMs);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  return {
    signal: stop.signal,
    clear(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    },
    explain(error: unknown, url: URL): unknown {
      if (timedOut) return new GantryError("NET_TIMEOUT", `${shown(url)} gave no whole answer within ${timeoutMs} ms`);
      if (signal.aborted) return signal.reason;
      const isOurs = (["NET_DENIED", "NET_FAILED", "NET_TOO_LARGE", "REQUEST_INVALID"] as const).some((code) =>
        hasCode(error, code),
      );
      return isOurs ? error : new GantryError("NET_FAILED", `${shown(url)}: ${reasonOf(error)}`, { cause: error });
    },
  };
}

function invalid(what: string): GantryError {
  return new GantryError("REQUEST_INVALID", `net.fetch: ${what}.`);
}
