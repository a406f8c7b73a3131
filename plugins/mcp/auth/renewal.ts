/** A new access token by the refresh token, without the user; one process at a time, so that no refresh token is used twice. */
import { refreshAuthorization } from "@modelcontextprotocol/sdk/client/auth.js";
import { Fault } from "../thread/fault.ts";
import { type AuthContext, keptTokens, needsLogin } from "./auth-context.ts";
import { type Challenge, type Discovered, discover } from "./discovery.ts";
import { guardedFetch } from "./guarded-fetch.ts";
import { isFinalRefusal, oauthErrorOf, toldRefusal } from "./oauth-errors.ts";
import { configuredClient } from "./registration.ts";
import type { KeptTokens, TokenRecord } from "./token-record.ts";

/** All of it: waiting for others, discovery, the refresh. */
const deadlineMs = 120_000;

/**
 * The tokens to go on with after `rejected` was refused (undefined: there was none). Not cancelled with the request that
 * asked: an answer that nobody stores would lose the refresh token. MCP_NEEDS_LOGIN, or MCP_HTTP_FAILED for what may pass.
 */
export async function renewTokens(
  context: AuthContext,
  rejected: string | undefined,
  challenge: Challenge,
): Promise<KeptTokens> {
  const signal = AbortSignal.timeout(deadlineMs);
  const unlock = await context.tokens.lock("refresh", signal);
  if (unlock === undefined) {
    throw new Fault(
      "MCP_HTTP_FAILED",
      `The server ${context.server}: another process has been refreshing its login for too long`,
    );
  }
  try {
    const record = await context.tokens.read();
    context.secrets.add(record.tokens?.access_token, record.tokens?.refresh_token, record.client?.client_secret);
    // Another process was faster, or the user has logged in elsewhere.
    if (record.tokens !== undefined && record.tokens.access_token !== rejected) return record.tokens;
    return await refresh(context, record, { challenge, signal });
  } finally {
    await unlock();
  }
}

async function refresh(
  context: AuthContext,
  record: TokenRecord,
  { challenge, signal }: { challenge: Challenge; signal: AbortSignal },
): Promise<KeptTokens> {
  const { server, oauth } = context;
  const refreshToken = record.tokens?.refresh_token;
  const client = configuredClient(oauth) ?? record.client;
  if (refreshToken === undefined || client === undefined) {
    throw needsLogin(server, record.tokens === undefined ? "" : "its login has run out");
  }
  const fetchFn = guardedFetch(context.fetch, context.url, signal);
  const found = await discoverFor(context, challenge, fetchFn);
  // Told to the one that gave it, and to no other that the server names since.
  if (record.issuer !== found.issuer) throw needsLogin(server, `it now names another authorization server, ${found.issuer}`);
  try {
    const fresh = await refreshAuthorization(found.issuer, {
      ...(found.metadata === undefined ? {} : { metadata: found.metadata }),
      clientInformation: client,
      refreshToken,
      ...(found.resource === undefined ? {} : { resource: found.resource }),
      fetchFn,
    });
    const tokens = keptTokens(server, fresh, context.secrets);
    await context.tokens.write({ ...record, tokens }).catch(() => context.tokens.hold({ ...record, tokens }));
    return tokens;
  } catch (error) {
    throw await refusedRefresh(context, record, error);
  }
}

async function discoverFor(
  context: AuthContext,
  challenge: Challenge,
  fetchFn: typeof fetch | AuthContext["fetch"],
): Promise<Discovered> {
  try {
    return await discover(context.url, challenge, fetchFn);
  } catch (error) {
    const { server, secrets } = context;
    throw asPassing(toldRefusal(error, { server, what: "its login cannot be refreshed", secrets }));
  }
}

/**
 * The SDK's auth() takes a refresh that met a 5xx or no answer at all for the end of the login and would send the user to a
 * browser; here only what the authorization server says for good does (test/mcp/auth-refresh.test.ts).
 */
async function refusedRefresh(context: AuthContext, record: TokenRecord, error: unknown): Promise<Fault> {
  const { server, secrets } = context;
  const told = toldRefusal(error, { server, what: "its login cannot be refreshed", secrets });
  if (!isFinalRefusal(error)) return asPassing(told);
  const { tokens: _, ...without } = record;
  const isClientGone = oauthErrorOf(error) !== "invalid_grant" && oauthErrorOf(error) !== "invalid_scope";
  const { client: __, callbackPort: ___, ...withoutClient } = without;
  // Where it cannot be written, the next refusal ends the same.
  await context.tokens.write(isClientGone ? withoutClient : without).catch(() => undefined);
  return needsLogin(server, `the refresh was refused: ${oauthErrorOf(error)}`);
}

/** No login went wrong: the next try may go through. */
function asPassing(error: Fault): Fault {
  return error.code === "MCP_LOGIN_FAILED" ? new Fault("MCP_HTTP_FAILED", error.message) : error;
}
