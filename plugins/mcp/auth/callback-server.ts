/**
 * The loopback address that a browser is sent back to. It answers one redirect and is closed; requests for anything else
 * (an icon, another name than loopback) are refused and change nothing.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Fault } from "../thread/fault.ts";
import { type Redirected, redirectedIn } from "./pasted-code.ts";
import { codeOfSystem } from "./system-errors.ts";

export interface Callback {
  /** `http://127.0.0.1:PORT/callback`. */
  url: string;
  port: number;
  /** The first redirect; its page is answered when `tell` is called. Never rejects. */
  redirected: Promise<Redirected & { tell(isFine: boolean): void }>;
  /** Ends the server and every connection. */
  close(): void;
}

const path = "/callback";

/** @param ports Tried in this order; 0 is any free one. MCP_LOGIN_FAILED when none can be had. */
export async function listenForCallback(ports: readonly number[]): Promise<Callback> {
  let taken: unknown;
  for (const port of ports) {
    const server = createServer({ maxHeaderSize: 32 * 1024, requestTimeout: 10_000, headersTimeout: 10_000 });
    server.maxConnections = 16;
    try {
      return callbackOf(server, await listen(server, port));
    } catch (error) {
      taken = error;
    }
  }
  throw new Fault(
    "MCP_LOGIN_FAILED",
    `the callback cannot listen on 127.0.0.1:${ports.at(-1)} (${codeOfSystem(taken)}); set oauth.callbackPort to a free port`,
    { cause: taken },
  );
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function callbackOf(server: Server, port: number): Callback {
  const { promise, resolve } = Promise.withResolvers<Redirected & { tell(isFine: boolean): void }>();
  let isAnswered = false;
  server.on("error", () => undefined);
  server.on("request", (request, response) => {
    const redirected = isAnswered ? undefined : redirectIn(request, port);
    if (redirected === undefined) {
      response.writeHead(404, { connection: "close" }).end();
      return;
    }
    isAnswered = true;
    resolve({ ...redirected, tell: (isFine) => answer(response, isFine) });
  });
  return {
    url: `http://127.0.0.1:${port}${path}`,
    port,
    redirected: promise,
    // What has just been answered is still sent: idle connections and the listening end now, the answered one by itself.
    close: () => {
      server.close();
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 1_000).unref();
    },
  };
}

function redirectIn(request: IncomingMessage, port: number): Redirected | undefined {
  // A page elsewhere can make a browser ask here, also under a name of its own that leads here.
  const host = request.headers.host ?? "";
  if (request.method !== "GET" || ![`127.0.0.1:${port}`, `localhost:${port}`].includes(host)) return undefined;
  const target = request.url ?? "";
  if (!URL.canParse(target, "http://127.0.0.1")) return undefined;
  const url = new URL(target, "http://127.0.0.1");
  const redirected = redirectedIn(url.searchParams);
  const isRedirect = url.pathname === path && (redirected.code !== undefined || redirected.error !== undefined);
  return isRedirect ? redirected : undefined;
}

/** Nothing of the request is in the page: it would be a stranger's text in a page of ours. */
function answer(response: ServerResponse, isFine: boolean): void {
  const text = isFine
    ? "Logged in. You can close this page."
    : "The login did not work. Gantry says why, where you started it.";
  const page = `<!doctype html><meta charset="utf-8"><title>Gantry</title><p>${text}</p>\n`;
  response.writeHead(isFine ? 200 : 400, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    connection: "close",
  });
  response.end(page);
}
