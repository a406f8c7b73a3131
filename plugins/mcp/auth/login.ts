/**
 * The user's login: discovery, registration, the browser, the code, the tokens; in this order, and one at a time for a
 * server. Nothing is kept before the tokens are here but the registration.
 */
import { randomBytes } from "node:crypto";
import { exchangeAuthorization, startAuthorization } from "@modelcontextprotocol/sdk/client/auth.js";
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";
import { Fault } from "../thread/fault.ts";
import { type AuthContext, keptTokens } from "./auth-context.ts";
import { type Callback, listenForCallback } from "./callback-server.ts";
import { type Challenge, type Discovered, discover } from "./discovery.ts";
import { guardedFetch } from "./guarded-fetch.ts";
import { isFinalRefusal, oauthErrorOf, toldRefusal } from "./oauth-errors.ts";
import { checkBinding, clientFor } from "./registration.ts";
import { joinScopes, scopesOf, scopesToAsk } from "./scopes.ts";
import { shownUrl } from "./secure-url.ts";
import type { KeptClient, TokenRecord } from "./token-record.ts";
import { type Asks, waitForCode } from "./user-code.ts";

export interface LoginOptions extends Asks {
  challenge: Challenge;
  /** Of the user, and of the deadline. */
  signal: AbortSignal;
}

/** Keeps the tokens and returns the record that holds them. MCP_LOGIN_FAILED, or the code of what the network did. */
export async function logIn(context: AuthContext, options: LoginOptions): Promise<TokenRecord> {
  const { server, secrets, tokens } = context;
  const unlock = await tokens.lock("login", options.signal);
  if (unlock === undefined)
    throw new Fault("MCP_LOGIN_FAILED", `The server ${server}: another process is logging in to it now`);
  try {
    return await runLogin(context, options);
  } catch (error) {
    throw toldRefusal(error, { server, what: "the login failed", secrets });
  } finally {
    await unlock();
  }
}

/** What one login has found out and made on its way. */
interface Attempt {
  found: Discovered;
  client: KeptClient;
  scopes: string[] | undefined;
  callback: Callback;
  fetchFn: FetchLike;
}

async function runLogin(context: AuthContext, options: LoginOptions): Promise<TokenRecord> {
  const { oauth, tokens, secrets } = context;
  const fetchFn = guardedFetch(context.fetch, context.url, options.signal);
  const found = await discover(context.url, options.challenge, fetchFn);
  checkChallenges(found);
  const record = await tokens.read();
  secrets.add(oauth.clientSecret, record.client?.client_secret, record.tokens?.access_token, record.tokens?.refresh_token);
  checkBinding(oauth, record, found);
  const scopes = scopesToAsk(found, {
    configured: oauth.scopes,
    demanded: demanded(record, options.challenge),
    isOffline: true,
  });
  const callback = await listenForCallback(oauth.callbackPort === undefined ? freePorts(record) : [oauth.callbackPort]);
  try {
    const scope = scopes?.join(" ");
    const { client, isKept } = await clientFor({ oauth, record, found, redirectUrl: callback.url, scope, fetchFn });
    secrets.add(client.client_secret);
    if (isKept) await tokens.update((now) => withClient(now, { found, client, port: callback.port }));
    return await authorize(context, { found, client, scopes, callback, fetchFn }, options);
  } finally {
    callback.close();
  }
}

/** Before anything is registered. One that says nothing of it may know S256 all the same. */
function checkChallenges({ issuer, metadata }: Discovered): void {
  const methods = metadata?.code_challenge_methods_supported;
  if (methods === undefined || methods.includes("S256")) return;
  throw new Fault(
    "MCP_LOGIN_FAILED",
    `${shownUrl(new URL(issuer))} does not take the code challenge S256, and a login needs it`,
  );
}

/** What the refusal of now wants; after a step-up, beyond what was granted already (a narrower token would lose that). */
function demanded(record: TokenRecord, challenge: Challenge): string[] {
  const now = scopesOf(challenge.scope);
  return record.wanted === undefined ? now : joinScopes(record.requested, record.wanted, now);
}

function freePorts({ callbackPort }: TokenRecord): number[] {
  return callbackPort === undefined ? [0] : [callbackPort, 0];
}

/** A client of another authorization server goes, and its tokens with it. */
function withClient(
  record: TokenRecord,
  { found, client, port }: { found: Discovered; client: KeptClient; port: number },
): TokenRecord {
  const { tokens, ...rest } = record;
  const kept = record.issuer === found.issuer && tokens !== undefined ? { ...rest, tokens } : rest;
  return { ...kept, issuer: found.issuer, client: keptClient(client), callbackPort: port };
}

/** A registration's answer has much more; only what is used is kept. */
function keptClient({
  client_id,
  client_secret,
  client_secret_expires_at,
  token_endpoint_auth_method,
}: KeptClient): KeptClient {
  return {
    client_id,
    ...(client_secret === undefined ? {} : { client_secret }),
    ...(client_secret_expires_at === undefined ? {} : { client_secret_expires_at }),
    ...(token_endpoint_auth_method === undefined ? {} : { token_endpoint_auth_method }),
  };
}

async function authorize(context: AuthContext, attempt: Attempt, options: LoginOptions): Promise<TokenRecord> {
  const { secrets } = context;
  const { found, client, callback } = attempt;
  const state = randomBytes(32).toString("base64url");
  const { authorizationUrl, codeVerifier } = await startAuthorization(found.issuer, {
    ...optional(found),
    clientInformation: client,
    redirectUrl: callback.url,
    state,
    ...(attempt.scopes === undefined ? {} : { scope: attempt.scopes.join(" ") }),
  });
  secrets.add(state, codeVerifier);
  const answer = await waitForCode({
    ...options,
    url: authorizationUrl.href,
    state,
    issuer: found.metadata?.issuer ?? found.issuer,
    namesItself: found.namesItself,
    callback,
    secrets,
  });
  let isFine = false;
  try {
    const record = await exchange(context, attempt, { code: answer.code, codeVerifier });
    isFine = true;
    return record;
  } finally {
    answer.tell(isFine);
  }
}

async function exchange(
  context: AuthContext,
  { found, client, scopes, callback, fetchFn }: Attempt,
  { code, codeVerifier }: { code: string; codeVerifier: string },
): Promise<TokenRecord> {
  const { server, secrets, tokens } = context;
  try {
    const fresh = await exchangeAuthorization(found.issuer, {
      ...optional(found),
      clientInformation: client,
      authorizationCode: code,
      codeVerifier,
      redirectUri: callback.url,
      fetchFn,
    });
    const got = { issuer: found.issuer, requested: scopes ?? [], tokens: keptTokens(server, fresh, secrets) };
    return await tokens.update(({ wanted: _, ...rest }) => ({ ...rest, ...got }));
  } catch (error) {
    if (isFinalRefusal(error) && oauthErrorOf(error) !== "invalid_grant") await forgetClient(context);
    throw error;
  }
}

/** The registration is gone on the other side: the next login registers anew. */
async function forgetClient({ tokens }: AuthContext): Promise<void> {
  await tokens.update(({ client: _, callbackPort: __, ...rest }) => rest);
}

function optional({ metadata, resource }: Discovered) {
  return { ...(metadata === undefined ? {} : { metadata }), ...(resource === undefined ? {} : { resource }) };
}
