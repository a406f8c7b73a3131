/** The fetch of a transport: puts the token on, and meets 401 and insufficient_scope once for each request. */
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";
import { Fault } from "../thread/fault.ts";
import type { AuthContext } from "./auth-context.ts";
import { challengeOf } from "./probe.ts";
import { isLoopback } from "./secure-url.ts";
import type { TokenHolder } from "./token-holder.ts";

interface Parts {
  context: AuthContext;
  holder: TokenHolder;
  onRefused(error: unknown): void;
  onAccepted(): void;
}

export function authorizedFetch(parts: Parts): FetchLike {
  const { context, onRefused, onAccepted } = parts;
  return async (input, init) => {
    const url = new URL(input);
    const headers = new Headers(init?.headers);
    // A token goes to nobody but the server.
    if (url.origin !== context.url.origin) return context.fetch(url, init);
    const isOwn = headers.has("authorization");
    if (isOwn || (url.protocol !== "https:" && !isLoopback(url))) {
      return await withoutTokens(context, isOwn ? ownHeader : plainHttp, { url, init });
    }
    try {
      const response = await authorized(parts, url, { ...init, headers });
      if (response.status !== 403) onAccepted();
      return response;
    } catch (error) {
      onRefused(error);
      // EventSource keeps the status of an answer, and of an error that its fetch throws only the words.
      if (isStream(init, headers) && error instanceof Fault && error.code === "MCP_NEEDS_LOGIN") {
        return new Response(null, { status: 401 });
      }
      throw error;
    }
  };
}

function isStream(init: RequestInit | undefined, headers: Headers): boolean {
  return (init?.method ?? "GET") === "GET" && headers.get("accept") === "text/event-stream";
}

const ownHeader = "answers 401 to the Authorization header that its entry sets";
const plainHttp = "answers 401, and tokens are not sent over plain http; use its https URL";

/** @param why What a login would not help against. */
async function withoutTokens(
  { server, fetch }: AuthContext,
  why: string,
  { url, init }: { url: URL; init: RequestInit | undefined },
): Promise<Response> {
  const response = await fetch(url, init);
  if (response.status !== 401) return response;
  await response.body?.cancel();
  throw new Fault("MCP_HTTP_FAILED", `The server ${server} ${why}`);
}

async function authorized({ context, holder }: Parts, url: URL, init: RequestInit & { headers: Headers }): Promise<Response> {
  const send = (token: string | undefined): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    return context.fetch(url, { ...init, headers });
  };
  const token = await holder.current();
  const first = await send(token);
  const next = await another(first, token, holder);
  if (next === undefined) {
    if (token !== undefined && first.status !== 403) holder.accepted(token);
    return first;
  }
  init.signal?.throwIfAborted();
  const second = await send(next);
  if (second.status !== 401 && !isWidening(second)) {
    holder.accepted(next);
    return second;
  }
  await second.body?.cancel();
  throw new Fault(
    "MCP_HTTP_FAILED",
    `The server ${context.server} answers ${second.status} also to the new token that it was given`,
  );
}

/** The token to try again with, undefined where the response stands. */
async function another(response: Response, token: string | undefined, holder: TokenHolder): Promise<string | undefined> {
  if (response.status === 401) {
    await response.body?.cancel();
    return await holder.renew(token, challengeOf(response));
  }
  if (!isWidening(response)) return undefined;
  await response.body?.cancel();
  return await holder.widen(token, challengeOf(response));
}

function isWidening(response: Response): boolean {
  return response.status === 403 && challengeOf(response).error === "insufficient_scope";
}
