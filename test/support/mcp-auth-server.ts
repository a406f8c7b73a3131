/**
 * An MCP server with an authorization server of its own, on loopback: OAuth as it is done well, each path of it to be
 * overridden by a test. What it was asked is kept; refresh tokens are good for one use.
 */
import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  /** Of a form. */
  form: URLSearchParams;
  body: string;
  authorization: string | undefined;
}

export type Answer = (asked: Asked, response: ServerResponse) => void;

export interface AuthServer {
  /** Of the MCP endpoint. */
  url: URL;
  origin: string;
  asked: Asked[];
  askedFor(path: string): Asked[];
  /** Replaces what a path answers; undefined: as it was. */
  answer(path: string, answer: Answer | undefined): void;
  /** The next request of a path is answered as ever, but when `release` is called; `asked` resolves when it is there. */
  holdNext(path: string): { asked: Promise<void>; release(): void };
  /** Scopes that a token needs at the MCP endpoint. */
  requires: string[];
  /** Of tokens. */
  expiresInSeconds: number | undefined;
  /** More of the authorization server's metadata, or others. */
  metadata: Record<string, unknown>;
  /** The access tokens of before are refused from now on. */
  expire(): void;
  /** Every secret that it gave or was given: codes, verifiers, tokens, client secrets. */
  secrets: Set<string>;
  /** Refresh tokens that were used twice. */
  reused: string[];
  close(): Promise<void>;
}

export async function startAuthServer(): Promise<AuthServer> {
  const overrides = new Map<string, Answer>();
  const life = createLife();
  const http = createServer((request, response) => {
    void readAsked(request).then((asked) => {
      server.asked.push(asked);
      const answer = overrides.get(asked.path) ?? answers[asked.path];
      if (answer === undefined) json(response, 404, { error: "not_found" });
      else answer(asked, response);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const address = http.address();
  const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  const server: AuthServer = {
    url: new URL("/mcp", origin),
    origin,
    asked: [],
    askedFor: (path) => server.asked.filter((asked) => asked.path === path),
    answer: (path, answer) => (answer === undefined ? overrides.delete(path) : overrides.set(path, answer)),
    holdNext: (path) => {
      const asked = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      overrides.set(path, (held, response) => {
        overrides.delete(path);
        asked.resolve();
        void released.promise.then(() => answers[path]?.(held, response));
      });
      return { asked: asked.promise, release: released.resolve };
    },
    requires: [],
    expiresInSeconds: 3600,
    metadata: {},
    expire: () => life.access.clear(),
    secrets: life.secrets,
    reused: life.reused,
    close: () => {
      http.closeAllConnections();
      return new Promise((resolve) => http.close(() => resolve()));
    },
  };
  const answers = answersOf(server, life);
  return server;
}

interface Life {
  secrets: Set<string>;
  reused: string[];
  /** Token to scopes. */
  access: Map<string, string[]>;
  /** Refresh token to scopes; undefined: used. */
  refresh: Map<string, string[] | undefined>;
  codes: Map<string, { challenge: string; scopes: string[] }>;
  secret(kind: string): string;
}

function createLife(): Life {
  const secrets = new Set<string>();
  const secret = (kind: string): string => {
    const value = `${kind}-${randomBytes(12).toString("hex")}`;
    secrets.add(value);
    return value;
  };
  return { secrets, secret, reused: [], access: new Map(), refresh: new Map(), codes: new Map() };
}

function answersOf(server: AuthServer, life: Life): Record<string, Answer> {
  const { origin } = server;
  const metadataUrl = `${origin}/.well-known/oauth-protected-resource/mcp`;
  return {
    "/.well-known/oauth-protected-resource/mcp": (_, response) =>
      json(response, 200, { resource: server.url.href, authorization_servers: [origin] }),
    "/.well-known/oauth-authorization-server": (_, response) => json(response, 200, metadataOf(server)),
    "/register": ({ body }, response) => json(response, 201, { ...JSON.parse(body), client_id: `client-${life.codes.size}` }),
    "/authorize": ({ query }, response) => {
      const code = life.secret("code");
      life.codes.set(code, { challenge: query.get("code_challenge") ?? "", scopes: words(query.get("scope")) });
      const back = new URL(query.get("redirect_uri") ?? origin);
      back.searchParams.set("code", code);
      back.searchParams.set("state", query.get("state") ?? "");
      response.writeHead(302, { location: back.href }).end();
    },
    "/token": (asked, response) => tokenAnswer(server, life, asked, response),
    "/mcp": ({ authorization, body }, response) => {
      const scopes = life.access.get(authorization?.replace("Bearer ", "") ?? "");
      const wanted = server.requires.length === 0 ? "" : `scope="${server.requires.join(" ")}", `;
      const named = `${wanted}resource_metadata="${metadataUrl}"`;
      if (scopes === undefined) refuse(response, 401, `Bearer ${named}`);
      else if (server.requires.some((scope) => !scopes.includes(scope)))
        refuse(response, 403, `Bearer error="insufficient_scope", ${named}`);
      else answerMcp(body, response);
    },
  };
}

/** As much of MCP as a client needs that lists one tool and calls it. */
function answerMcp(body: string, response: ServerResponse): void {
  const { id, method } = JSON.parse(body === "" ? "{}" : body) as { id?: number; method?: string };
  const results: Record<string, unknown> = {
    initialize: {
      ...{ protocolVersion: "2025-11-25", capabilities: { tools: {} } },
      serverInfo: { name: "docs", version: "1" },
    },
    "tools/list": { tools: [{ name: "search", inputSchema: { type: "object" } }] },
    "tools/call": { content: [{ type: "text", text: "found" }] },
  };
  if (method !== undefined && id === undefined) response.writeHead(202).end();
  else json(response, 200, { jsonrpc: "2.0", id: id ?? 1, result: results[method ?? ""] ?? {} });
}

function metadataOf({ origin, metadata }: AuthServer): Record<string, unknown> {
  return {
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
    response_types_supported: ["code"],
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: ["none"],
    ...metadata,
  };
}

function tokenAnswer(server: AuthServer, life: Life, { form }: Asked, response: ServerResponse): void {
  const scopes = grantedScopes(life, form);
  if (scopes === undefined) {
    json(response, 400, { error: "invalid_grant", error_description: "It is not one of ours." });
    return;
  }
  const [access, refresh] = [life.secret("access"), life.secret("refresh")];
  life.access.set(access, scopes);
  life.refresh.set(refresh, scopes);
  json(response, 200, {
    access_token: access,
    refresh_token: refresh,
    token_type: "Bearer",
    scope: scopes.join(" "),
    ...(server.expiresInSeconds === undefined ? {} : { expires_in: server.expiresInSeconds }),
  });
}

function grantedScopes(life: Life, form: URLSearchParams): string[] | undefined {
  const verifier = form.get("code_verifier") ?? "";
  if (verifier !== "") life.secrets.add(verifier);
  if (form.get("grant_type") === "client_credentials") return words(form.get("scope"));
  if (form.get("grant_type") === "refresh_token") {
    const token = form.get("refresh_token") ?? "";
    if (!life.refresh.has(token)) return undefined;
    const scopes = life.refresh.get(token);
    if (scopes === undefined) life.reused.push(token);
    life.refresh.set(token, undefined);
    return scopes;
  }
  const code = life.codes.get(form.get("code") ?? "");
  life.codes.delete(form.get("code") ?? "");
  const matches = code?.challenge === createHash("sha256").update(verifier).digest("base64url");
  return matches ? code?.scopes : undefined;
}

const words = (text: string | null): string[] => (text ?? "").split(" ").filter((word) => word !== "");

export function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

function refuse(response: ServerResponse, status: number, challenge: string): void {
  response.writeHead(status, { "www-authenticate": challenge }).end();
}

async function readAsked(request: IncomingMessage): Promise<Asked> {
  let body = "";
  for await (const part of request) body += part;
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const isForm = request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true;
  return {
    method: request.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    form: new URLSearchParams(isForm ? body : ""),
    body,
    authorization: request.headers.authorization,
  };
}
