/**
 * A model at the network edge: plays a script over real HTTP as Anthropic Messages server-sent events. The one fake in
 * the tests and the demo; whoever talks to it cannot tell. Requests are kept as they came.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { codeOf, GantryError, messageOf } from "../contract/errors.ts";
import { createScript, type PlayedAnswer, type ScriptPlayer, type ScriptRequest } from "./script.ts";
import { answerEvents, errorEvent } from "./sse.ts";
import { newestMessages, systemOf, type WireRequest } from "./wire.ts";

/** One request as it came in. */
export interface ModelRequestSeen {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** ISO time. */
  at: string;
  /** The body's text. */
  text: string;
  /** Parsed on first use. */
  readonly body: WireRequest;
  /** The tool results that the request's newest message holds. */
  readonly toolResults: { callId: string; isError: boolean; text: string }[];
}

export interface ModelServerOptions {
  /** A script's JSON text or value, or a player that is shared. SCRIPT_INVALID. */
  script: unknown;
  /** 0, the default: any free one. */
  port?: number;
  /** How many requests, the newest, `requests` keeps; default: all. */
  keepRequests?: number;
  /** Called with each request before it is answered; the answer waits for it. */
  onRequest?(request: ModelRequestSeen): void | Promise<void>;
}

export interface ModelServer {
  /** `http://127.0.0.1:PORT`: a base URL for the SDK. */
  readonly url: string;
  readonly requests: readonly ModelRequestSeen[];
  /** What the script refused, oldest first: failed expectations, requests after its end. */
  readonly problems: readonly GantryError[];
  /** Entries of the script not reached yet. */
  readonly remaining: number;
  /** Plays `script`, from its first entry, instead of what is left of the old one. SCRIPT_INVALID. */
  plays(script: unknown): void;
  close(): Promise<void>;
}

interface ServerState {
  player: ScriptPlayer;
  requests: ModelRequestSeen[];
  problems: GantryError[];
  answered: number;
}

/** Events are sent in pieces of about this many characters. */
const PIECE_CHARS = 16_384;

export async function startModelServer(options: ModelServerOptions): Promise<ModelServer> {
  const state: ServerState = { player: playerOf(options.script), requests: [], problems: [], answered: 0 };
  const server = createServer((request, response) => {
    handle(state, options, request, response).catch((error: unknown) => response.destroy(asError(error)));
  });
  // A client that works for a while between two requests must not race a closing connection.
  server.keepAliveTimeout = 120_000;
  server.on("connection", (socket) => socket.setNoDelay(true));
  await listen(server, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: state.requests,
    problems: state.problems,
    get remaining() {
      return state.player.remaining;
    },
    plays(script) {
      state.player = playerOf(script);
    },
    close: () => close(server),
  };
}

function playerOf(script: unknown): ScriptPlayer {
  const isPlayer = typeof script === "object" && script !== null && "next" in script && typeof script.next === "function";
  return isPlayer ? (script as ScriptPlayer) : createScript(Array.isArray(script) ? { steps: script } : script);
}

async function handle(
  state: ServerState,
  options: ModelServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const seen = await read(request);
  state.requests.push(seen);
  if (state.requests.length > (options.keepRequests ?? Number.POSITIVE_INFINITY)) state.requests.shift();
  await options.onRequest?.(seen);
  const path = seen.path.split("?")[0];
  if (request.method !== "POST" || path !== "/v1/messages")
    return refuse(response, 404, { type: "not_found_error", message: `${request.method} ${path} is not served here` });
  const answer = nextAnswer(state, seen);
  if (answer instanceof GantryError)
    return refuse(response, 400, { type: "invalid_request_error", message: `${answer.code}: ${answer.message}` });
  state.answered += 1;
  await play(answer, seen, response, `msg_${state.answered}`);
}

function nextAnswer(state: ServerState, seen: ModelRequestSeen): PlayedAnswer | GantryError {
  try {
    return state.player.next(scriptRequest(seen));
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    const problem = error instanceof GantryError ? error : new GantryError("INTERNAL", messageOf(error), { cause: error });
    state.problems.push(problem);
    return problem;
  }
}

/** Lazy: a script without expectations costs no parse of the request. */
function scriptRequest(seen: ModelRequestSeen): ScriptRequest {
  return {
    get system() {
      return systemOf(seen.body);
    },
    get messages() {
      return newestMessages(seen.body);
    },
  };
}

async function play(answer: PlayedAnswer, seen: ModelRequestSeen, response: ServerResponse, id: string): Promise<void> {
  if (answer.delayMs > 0) await new Promise<void>((resolve) => setTimeout(resolve, answer.delayMs));
  if (answer.hang) return;
  const fail = answer.fail;
  if (fail?.status !== undefined) return refuseAs(response, fail.status, fail);
  if (fail?.cut === "start") return void response.destroy();
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache", "request-id": `req_${id}` });
  await send(response, answerEvents(answer, modelOf(seen), id));
  if (fail?.event !== undefined) response.write(errorEvent(fail.event, fail.message ?? fail.event));
  if (fail?.cut !== "text" && fail?.cut !== "tool_json") return void response.end();
  // What was written must arrive before the break, or the cut would be one before the answer.
  await new Promise<void>((resolve) => response.write("\n", () => resolve()));
  response.destroy();
}

/** Writes whole pieces and waits for a slow reader; ends when the reader has gone. */
async function send(response: ServerResponse, events: Iterable<string>): Promise<void> {
  let piece = "";
  for (const frame of events) {
    piece += frame;
    if (piece.length < PIECE_CHARS) continue;
    if (response.destroyed) return;
    if (!response.write(piece)) await drained(response);
    piece = "";
  }
  if (piece !== "" && !response.destroyed) response.write(piece);
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}

/** Without a parse of a long request: the SDK sends the model's name where this finds it. */
function modelOf(seen: ModelRequestSeen): string {
  return /"model":"([^"]*)"/.exec(seen.text)?.[1] ?? seen.body.model;
}

function refuseAs(response: ServerResponse, status: number, fail: NonNullable<PlayedAnswer["fail"]>): void {
  if (fail.retryAfter !== undefined) response.setHeader("retry-after", String(fail.retryAfter));
  const type = fail.type ?? errorTypes[status] ?? (status >= 500 ? "api_error" : "invalid_request_error");
  refuse(response, status, { type, message: fail.message ?? `the script answers with status ${status}` });
}

const errorTypes: Readonly<Record<number, string>> = {
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  529: "overloaded_error",
};

function refuse(response: ServerResponse, status: number, error: { type: string; message: string }): void {
  response.writeHead(status, { "content-type": "application/json", "request-id": "req_refused" });
  response.end(JSON.stringify({ type: "error", error }));
}

async function read(request: IncomingMessage): Promise<ModelRequestSeen> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  let body: WireRequest | undefined;
  const seen: ModelRequestSeen = {
    method: request.method ?? "",
    path: request.url ?? "",
    headers: request.headers,
    at: new Date().toISOString(),
    text,
    get body() {
      body ??= JSON.parse(text) as WireRequest;
      return body;
    },
    get toolResults() {
      const content = newestMessages(seen.body).at(-1)?.content ?? [];
      return content.flatMap((block) => {
        if (block.type !== "tool_result") return [];
        const parts = block.content.map((part) => (part.type === "text" ? part.text : `[${part.mediaType}]`));
        return [{ callId: block.callId, isError: block.isError, text: parts.join("\n") }];
      });
    },
  };
  return seen;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    // Hanging answers and kept-alive connections would hold the server open.
    server.closeAllConnections();
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
