/** Streamable HTTP on 127.0.0.1: check the request, find its session, hand it over. Sessions and connections are counted. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { InitializeRequestSchema, JSONRPCMessageSchema } from "@modelcontextprotocol/sdk/types.js";
import { GantryError } from "gantry/errors";
import type { Served } from "./connection.ts";
import { type BodyRoom, bodyRoom, readBody } from "./http-body.ts";
import { checkRequest, mcpPath } from "./http-checks.ts";
import { answerRefusal, refused } from "./http-refusal.ts";
import { createHttpSessions, type HttpSessions } from "./http-sessions.ts";
import { limitStrangers, type Strangers } from "./http-strangers.ts";
import { refusalOf } from "./inbound.ts";

export interface HttpOptions {
  served: Served;
  /** 0: any free one. */
  port: number;
  token: string;
  warn(text: string): void;
}

export interface Listening {
  readonly url: string;
  /** Ends all sessions and connections. */
  close(): Promise<void>;
}

const mostConnections = 160;
/** Of them, such that have not shown the token. */
const mostStrangers = 32;
const headersMs = 2_000;
/** How often Node looks for those that are late. */
const lookEveryMs = 500;
const bodyMs = 60_000;

/** USAGE_INVALID when the port cannot be had. */
export async function listenOnLoopback({ served, port: wanted, token, warn }: HttpOptions): Promise<Listening> {
  const sessions = createHttpSessions({ served, warn });
  const room = bodyRoom();
  let port = wanted;
  const bounds = { headersTimeout: headersMs, requestTimeout: bodyMs, connectionsCheckingInterval: lookEveryMs };
  const server = createServer({ ...bounds, maxHeaderSize: 16_384 });
  server.maxConnections = mostConnections;
  const strangers = limitStrangers(server, mostStrangers);
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    void answer(request, response, { sessions, port, token, room, strangers }).catch((error: Error) => {
      if (!request.destroyed) warn(`MCP over HTTP: ${error.message}`);
      answerRefusal(response, refused(500, "the request could not be answered"));
    });
  });
  port = await listen(server, wanted);
  return {
    url: `http://127.0.0.1:${port}${mcpPath}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await sessions.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, wanted: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new GantryError("USAGE_INVALID", `Port ${wanted} of 127.0.0.1 cannot be had: ${cause.message}`, { cause })),
    );
    server.listen(wanted, "127.0.0.1", resolve);
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : wanted;
}

interface Parts {
  sessions: HttpSessions;
  port: number;
  token: string;
  room: BodyRoom;
  strangers: Strangers;
}

async function answer(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  const refusal = checkRequest(request, parts);
  if (refusal) return answerRefusal(response, refusal);
  parts.strangers.admit(request.socket);
  const { sessions, room } = parts;
  const id = request.headers["mcp-session-id"];
  const session = typeof id === "string" ? sessions.find(id) : undefined;
  // A client that meets this begins a new session: https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management
  if (id !== undefined && session === undefined) return answerRefusal(response, refused(404, "there is no such session"));
  if (request.method === "POST") return await post(request, response, { sessions, session, room });
  if (session === undefined) return answerRefusal(response, refused(400, "the header Mcp-Session-Id is missing"));
  if (request.method === "DELETE") {
    await sessions.end(session.id);
    response.writeHead(200).end();
    return;
  }
  const seen = request.headers["last-event-id"];
  if (seen !== undefined && !session.resume(String(seen), response))
    return answerRefusal(response, refused(400, "nothing is kept from this event on"));
  if (seen === undefined && !session.listen(response))
    return answerRefusal(response, refused(409, "this session has a stream that listens already"));
}

interface Posted {
  sessions: HttpSessions;
  session: ReturnType<HttpSessions["find"]>;
  room: BodyRoom;
}

async function post(request: IncomingMessage, response: ServerResponse, { sessions, session, room }: Posted): Promise<void> {
  const body = await readBody(request, room);
  if ("refusal" in body) return answerRefusal(response, body.refusal);
  const { values, isBatch } = body;
  if (!values.every((value) => JSONRPCMessageSchema.safeParse(value).success))
    return answerRefusal(response, { status: 400, body: refusalOf(-32_600, "this is not a JSON-RPC 2.0 message") });
  const hello = InitializeRequestSchema.safeParse(values[0]);
  const version = request.headers["mcp-protocol-version"] ?? hello.data?.params.protocolVersion;
  // An event without data, to begin with, is new in this revision; older clients trip over it.
  const prime = version === "2025-11-25";
  if (session) return session.post(values, response, { prime });
  if (isBatch || !hello.success)
    return answerRefusal(response, refused(400, "the header Mcp-Session-Id is missing; a session begins with initialize"));
  const opened = await sessions.open();
  if (opened === undefined)
    return answerRefusal(response, refused(503, "no more sessions at once; end one with DELETE", { "retry-after": "10" }));
  opened.post(values, response, { prime });
}
