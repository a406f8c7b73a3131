/**
 * `fetch` for one POST and its streamed answer, on node:http and node:https with kept-alive connections: what the SDK
 * needs of it and nothing else, because the global one costs 20 ms and 8 MiB to load. Proxies are the agent's work.
 * A redirect to the same host is followed; to another one it is handed back, so that no key leaves for a stranger.
 */
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { Headers } from "./undici-free-globals.ts";

export interface LeanFetchOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** To a connected (and, with TLS, trusted) socket; default 30 s. */
  connectTimeoutMs?: number;
  /** Without a byte from the other side; default 120 s. */
  idleTimeoutMs?: number;
}

interface LeanInit {
  method?: string;
  headers?: Iterable<readonly [string, string]> | Record<string, string>;
  body?: string | Uint8Array | null;
  signal?: AbortSignal | null;
}

interface LeanResponse {
  ok: boolean;
  status: number;
  statusText: string;
  url: string;
  headers: Headers;
  /** Iterable once, by chunks. AnswerTooLarge from 64 MiB on, or 32 MiB without a line's end. */
  body: AsyncIterable<Buffer>;
  /** At most its first MiB: it is read of errors. */
  text(): Promise<string>;
  json(): Promise<unknown>;
}

/** Sends a request and resolves with the head of its response. Rejects with the socket's error, or an AbortError. */
export type LeanFetch = (url: string | URL, init?: LeanInit) => Promise<LeanResponse>;

const MAX_REDIRECTS = 3;
const MIB = 2 ** 20;
const MAX_TEXT_BYTES = MIB;
const MAX_LINE_BYTES = 32 * MIB;
const MAX_BODY_BYTES = 64 * MIB;

/** More came than any answer has; the connection is closed. */
export class AnswerTooLarge extends Error {
  override readonly name = "AnswerTooLarge";
}

export function createLeanFetch(options: LeanFetchOptions): LeanFetch {
  const agentOf = createAgents(options.env);
  return async function leanFetch(input, init = {}) {
    let url = new URL(input);
    for (let followed = 0; ; followed++) {
      const response = await send(url, init, agentOf(url.protocol), options);
      const target = redirectTarget(response, url);
      if (target === undefined || followed === MAX_REDIRECTS) return answerOf(response, url);
      response.destroy();
      url = target;
    }
  };
}

type AgentOf = (protocol: string) => {
  request: typeof import("node:http").request;
  agent: NonNullable<RequestOptions["agent"]>;
};

/** One agent for each protocol, made when it is first needed. `proxyEnv`: Node 22.21 and 24.5. */
function createAgents(env: LeanFetchOptions["env"]): AgentOf {
  const made = new Map<string, ReturnType<AgentOf>>();
  return (protocol) => {
    const known = made.get(protocol);
    if (known !== undefined) return known;
    // Not an import: importing node:http as a module reads exports that load undici.
    const http = process.getBuiltinModule(protocol === "https:" ? "node:https" : "node:http");
    const agent = new http.Agent({ keepAlive: true, ...(namesProxy(env) ? { proxyEnv: { ...env } } : {}) });
    const fresh = { request: http.request, agent };
    made.set(protocol, fresh);
    return fresh;
  };
}

/** Whether the environment asks for a proxy. */
export function namesProxy(env: LeanFetchOptions["env"]): boolean {
  return ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"].some((name) => (env[name] ?? "") !== "");
}

function send(url: URL, init: LeanInit, via: ReturnType<AgentOf>, options: LeanFetchOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    init.signal?.throwIfAborted();
    const body = init.body == null ? undefined : bytesOf(init.body);
    const request = via.request(url, {
      method: init.method ?? "GET",
      agent: via.agent,
      headers: { ...headersOf(init.headers), ...(body === undefined ? {} : { "content-length": body.byteLength }) },
      ...(init.signal == null ? {} : { signal: init.signal }),
    });
    request.once("error", reject);
    request.once("response", (response) => {
      // Later errors are the body's; this one only keeps a late reset from being thrown at nobody.
      request.on("error", () => {});
      resolve(response);
    });
    boundConnect(request, options.connectTimeoutMs ?? 30_000);
    boundSilence(request, options.idleTimeoutMs ?? 120_000);
    request.end(body);
  });
}

/** Bytes are not copied: the socket takes them as they are. */
function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === "string" ? Buffer.from(body) : body;
}

// The messages say "within", never "timeout": the SDK turns errors that do into one without a cause.
function boundConnect(request: ClientRequest, ms: number): void {
  // From the start, not from the socket on: a proxy's tunnel is made before there is one.
  const timer = setTimeout(() => request.destroy(silence(`no connection within ${ms / 1000} s`)), ms);
  const stop = (): void => clearTimeout(timer);
  request.once("close", stop);
  request.once("socket", (socket) => {
    if (socket.connecting) socket.once("encrypted" in socket ? "secureConnect" : "connect", stop);
    else stop();
  });
}

function boundSilence(request: ClientRequest, ms: number): void {
  let response: IncomingMessage | undefined;
  request.once("response", (value) => {
    response = value;
  });
  request.setTimeout(ms, () => (response ?? request).destroy(silence(`no byte came within ${ms / 1000} s`)));
}

function silence(message: string): Error {
  return Object.assign(new Error(message), { code: "ESILENT" });
}

function redirectTarget(response: IncomingMessage, from: URL): URL | undefined {
  const location = response.headers.location;
  // 301 to 303 may turn a POST into a GET, which no model answers.
  if (location === undefined || (response.statusCode !== 307 && response.statusCode !== 308)) return undefined;
  const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const isSame = target?.host === from.host && target.protocol === from.protocol;
  const isUpgrade = target?.hostname === from.hostname && from.protocol === "http:" && target.protocol === "https:";
  return isSame || isUpgrade ? target : undefined;
}

function headersOf(headers: LeanInit["headers"]): Record<string, string> {
  if (headers === undefined) return {};
  return Symbol.iterator in headers ? Object.fromEntries(headers as Iterable<[string, string]>) : headers;
}

function answerOf(response: IncomingMessage, url: URL): LeanResponse {
  const status = response.statusCode ?? 0;
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  const text = async (): Promise<string> => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_TEXT_BYTES) break;
    }
    return Buffer.concat(chunks).toString("utf8", 0, Math.min(bytes, MAX_TEXT_BYTES));
  };
  return {
    ok: status >= 200 && status < 300,
    status,
    statusText: response.statusMessage ?? "",
    url: url.href,
    headers,
    body: boundedBody(response),
    text,
    json: async () => JSON.parse(await text()) as unknown,
  };
}

async function* boundedBody(response: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  let line = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new AnswerTooLarge(`it is longer than ${MAX_BODY_BYTES / MIB} MiB`);
    const end = Math.max(chunk.lastIndexOf(10), chunk.lastIndexOf(13));
    line = end === -1 ? line + chunk.length : chunk.length - end - 1;
    if (line > MAX_LINE_BYTES) throw new AnswerTooLarge(`a line of it is longer than ${MAX_LINE_BYTES / MIB} MiB`);
    yield chunk;
  }
}
