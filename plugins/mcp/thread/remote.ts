/** What an HTTP server keeps over all its connections: its bounded fetch and its authorization. */
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { McpServerSpec, McpTransport } from "../../../core/contract/mcp.ts";
import type { McpThreadData, ParamsOf } from "../../../core/contract/mcp-frames.ts";
import type { Json } from "../../../core/contract/messages.ts";
import { createAuth } from "../auth/provider.ts";
import { createTokenStore, type TokenStore } from "../auth/token-store.ts";
import type { Asks } from "./asks.ts";
import { createBoundedFetch } from "./bounded-fetch.ts";
import { cleanLine } from "./clean-text.ts";
import { type Dispatcher, makeDispatcher } from "./dispatcher.ts";
import { Fault } from "./fault.ts";
import { floodMsOf } from "./reach.ts";

export interface Remote {
  readonly fetch: FetchLike;
  /** MCP_LOGIN_FAILED. After either the server is to be connected again. */
  authorize(request: { id: number; method: "login" | "logout"; params: Json; signal: AbortSignal }): Promise<Json>;
  /** Who is told of what a stream between the requests did. */
  listen(onFault: (fault: Fault) => void): void;
}

export interface RemoteOptions {
  spec: McpServerSpec;
  onProblem(text: string): void;
}

export interface Remotes {
  /** Undefined for a server on stdio. MCP_START_FAILED for an address or a header that cannot be sent. */
  of(options: RemoteOptions): Remote | undefined;
}

interface Shared {
  data: McpThreadData;
  asks: Asks;
  dispatcher: Dispatcher | undefined;
  tokens: TokenStore;
}

/** What all HTTP servers share is made when the first is opened. */
export function createRemotes(data: McpThreadData, asks: Asks): Remotes {
  let shared: Shared | undefined;
  return {
    of({ spec, onProblem }) {
      if (spec.transport.kind === "stdio") return undefined;
      const url = addressOf(spec.name, spec.transport);
      shared ??= {
        ...{ data, asks, dispatcher: makeDispatcher(data.netEnv) },
        tokens: createTokenStore({ folder: data.tokenFolder, useKeychain: data.useKeychain }),
      };
      return createRemote({ spec, onProblem }, url, shared);
    },
  };
}

function createRemote({ spec, onProblem }: RemoteOptions, url: URL, { data, asks, dispatcher, tokens }: Shared): Remote {
  let onFault: (fault: Fault) => void = () => undefined;
  /** The core's request that a login runs for; one at a time. */
  let request: number | undefined;
  const fetch = createBoundedFetch({
    ...{ server: spec.name, bounds: data.bounds, floodMs: floodMsOf(data), dispatcher },
    onFault: (fault) => onFault(fault),
  });
  const auth = createAuth({
    ...{ spec, url, tokens, fetch, onProblem },
    askOpenUrl: (address, { signal }) => asks.ask("openUrl", { url: address }, { server: spec.name, request, signal }),
    askPasteCode: (address, { signal }) => asks.ask("pasteCode", { url: address }, { server: spec.name, request, signal }),
  });
  return {
    fetch: auth.fetch,
    listen(listener) {
      onFault = listener;
    },
    async authorize({ id, method, params, signal }) {
      if (method === "logout") return { removed: await auth.logout() };
      request = id;
      await auth.login({ paste: (params as ParamsOf<"login">).paste, signal });
      return {};
    },
  };
}

/** Checked here in words of our own: those of fetch hold the value, which may be a secret. */
function addressOf(server: string, { url: text, headers }: Exclude<McpTransport, { kind: "stdio" }>): URL {
  const fail = (why: string): never => {
    throw new Fault("MCP_START_FAILED", `The server ${server} cannot be reached: ${why}.`);
  };
  for (const [name, value] of Object.entries(headers))
    if (!canBeSent(name, value)) fail(`its header ${cleanLine(name, 60)} has letters that no header may have`);
  const url = URL.parse(text) ?? fail("its url is no address");
  if (url.protocol !== "https:" && url.protocol !== "http:")
    fail(`its url begins with ${url.protocol}, not with https: or http:`);
  if (url.username !== "" || url.password !== "")
    fail("its url has a user name or a password in it, which belong into its headers");
  return url;
}

function canBeSent(name: string, value: string): boolean {
  try {
    return new Headers([[name, value]]).has(name);
  } catch {
    return false;
  }
}
