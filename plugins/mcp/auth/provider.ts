/**
 * Authorization of one HTTP MCP server: what it was refused, what it holds, who it asks. The transports are given `fetch` and no provider of the SDK's: tokens are put on, 401
 * and 403 are met, refreshed and stepped up in one place for both transports, one at a time.
 */
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { McpOAuth, McpServerSpec } from "../../../core/contract/mcp.ts";
import { Fault } from "../thread/fault.ts";
import type { AuthContext } from "./auth-context.ts";
import { authorizedFetch } from "./authorized-fetch.ts";
import type { Challenge } from "./discovery.ts";
import { GrantHolder } from "./grant-holder.ts";
import { logIn } from "./login.ts";
import { LoginHolder } from "./login-holder.ts";
import { probe } from "./probe.ts";
import { createSecrets } from "./secrets.ts";
import { isLoopback } from "./secure-url.ts";
import type { TokenHolder } from "./token-holder.ts";
import type { TokenStore } from "./token-store.ts";

export interface AuthOptions {
  spec: McpServerSpec;
  url: URL;
  tokens: TokenStore;
  /** Bounded; used for the server's own requests and for those of its authorization. */
  fetch: FetchLike;
  askOpenUrl(url: string, options: { signal: AbortSignal }): Promise<{ opened: boolean }>;
  askPasteCode(url: string, options: { signal: AbortSignal }): Promise<{ text: string }>;
  /** Told of a token file that cannot be used, a keychain that fails: a sentence for the server's problems. */
  onProblem?(problem: string): void;
  /** Default: 5 minutes. */
  loginTimeoutMs?: number;
}

export interface McpAuth {
  /**
   * For the transports (`new StreamableHTTPClientTransport(url, { fetch: auth.fetch })`, no authProvider). Throws
   * MCP_NEEDS_LOGIN where the user is needed, MCP_LOGIN_FAILED where a grant without a user is refused, MCP_HTTP_FAILED
   * where the server refuses what it was just given; the SDK's transports and client hand these errors through.
   */
  readonly fetch: FetchLike;
  /** The user's login. MCP_LOGIN_FAILED; a second one meanwhile is refused. The server is to be connected again after it. */
  login(options: { paste: boolean; signal: AbortSignal }): Promise<void>;
  /** Forgets tokens and registration; whether there were any. */
  logout(): Promise<boolean>;
  /** Whether the last refusal needs the user. */
  readonly needsLogin: boolean;
}

const loginTimeoutMs = 5 * 60_000;

export function createAuth(options: AuthOptions): McpAuth {
  const context = contextOf(options);
  const holder = isUsersLogin(context.oauth) ? new LoginHolder(context) : new GrantHolder(context);
  let needsUser = false;
  let isLoggingIn = false;
  const fetch = authorizedFetch({
    context,
    holder,
    onRefused: (error) => {
      needsUser = error instanceof Fault && error.code === "MCP_NEEDS_LOGIN";
    },
    onAccepted: () => {
      needsUser = false;
    },
  });
  return {
    fetch,
    get needsLogin() {
      return needsUser;
    },
    login: async ({ paste, signal }) => {
      if (isLoggingIn) throw new Fault("MCP_LOGIN_FAILED", `The server ${context.server}: a login to it is running already`);
      isLoggingIn = true;
      try {
        await login(context, holder, { options, paste, signal });
        needsUser = false;
      } finally {
        isLoggingIn = false;
      }
    },
    logout: async () => {
      const wasHeld = holder.forget();
      return (await context.tokens.remove()) || wasHeld;
    },
  };
}

function contextOf({ spec, url, tokens, fetch, onProblem }: AuthOptions): AuthContext {
  const oauth = spec.transport.kind === "stdio" ? {} : spec.transport.oauth;
  const secrets = createSecrets();
  secrets.add(oauth.clientSecret, oauth.privateKey, oauth.idToken);
  const ofServer = tokens.of(spec.name, url, onProblem ?? (() => undefined));
  return { server: spec.name, url, oauth, fetch, secrets, tokens: ofServer };
}

function isUsersLogin({ grant }: McpOAuth): boolean {
  return grant === undefined || grant === "authorization_code";
}

interface Login {
  options: AuthOptions;
  paste: boolean;
  signal: AbortSignal;
}

async function login(context: AuthContext, holder: TokenHolder, { options, paste, signal }: Login): Promise<void> {
  const { server, url, oauth } = context;
  if (url.protocol !== "https:" && !isLoopback(url)) {
    throw new Fault(
      "MCP_LOGIN_FAILED",
      `The server ${server} is reached over plain http: no tokens are got for it; use its https URL`,
    );
  }
  const timeoutMs = options.loginTimeoutMs ?? loginTimeoutMs;
  const deadline = AbortSignal.timeout(timeoutMs);
  const until = AbortSignal.any([signal, deadline]);
  try {
    const challenge: Challenge = holder.challenge() ?? (await probe(context, until));
    if (!isUsersLogin(oauth)) await holder.renew(await holder.current(), challenge);
    else holder.take(await logIn(context, { ...options, paste, challenge, signal: until }));
  } catch (error) {
    if (signal.aborted) throw new Fault("MCP_LOGIN_FAILED", `The server ${server}: the login was cancelled`);
    if (!deadline.aborted) throw error;
    throw new Fault(
      "MCP_LOGIN_FAILED",
      `The server ${server}: nobody has logged in for ${timeoutMs / 1000} s; the login is over`,
    );
  }
}
