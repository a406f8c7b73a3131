/** Grants that need no user: client credentials by secret or by signed assertion, and access across apps of one company. */
import { createPrivateKey } from "node:crypto";
import {
  discoverAuthorizationServerMetadata,
  fetchToken,
  type OAuthClientProvider,
} from "@modelcontextprotocol/sdk/client/auth.js";
import { createPrivateKeyJwtAuth } from "@modelcontextprotocol/sdk/client/auth-extensions.js";
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";
import { z } from "zod";
import { Fault } from "../thread/fault.ts";
import { type AuthContext, keptTokens } from "./auth-context.ts";
import { type Challenge, checkIssuer, type Discovered, discover } from "./discovery.ts";
import { guardedFetch } from "./guarded-fetch.ts";
import { toldRefusal } from "./oauth-errors.ts";
import { checkBinding, configuredClient } from "./registration.ts";
import { scopesToAsk } from "./scopes.ts";
import { secureUrl } from "./secure-url.ts";
import type { KeptTokens } from "./token-record.ts";

const deadlineMs = 120_000;

export interface Granted {
  tokens: KeptTokens;
  requested: string[];
}

/** Asks for a token by the grant of the config. MCP_LOGIN_FAILED: what the config lacks, or what was refused. */
export async function fetchGrant(context: AuthContext, challenge: Challenge, demanded: readonly string[]): Promise<Granted> {
  const { server, secrets, oauth } = context;
  const signal = AbortSignal.timeout(deadlineMs);
  const fetchFn = guardedFetch(context.fetch, context.url, signal);
  try {
    const found = await discover(context.url, challenge, fetchFn);
    const record = await context.tokens.read();
    checkBinding(oauth, record, found);
    const scopes = scopesToAsk(found, { configured: oauth.scopes, demanded, isOffline: false });
    const provider = await providerOf(context, { found, scopes, signal });
    const tokens = await fetchToken(provider, found.issuer, {
      ...(found.metadata === undefined ? {} : { metadata: found.metadata }),
      ...(found.resource === undefined ? {} : { resource: found.resource }),
      fetchFn,
    });
    const granted = { tokens: keptTokens(server, tokens, secrets), requested: scopes ?? [] };
    if (record.issuer === undefined) await bind(context, found);
    return granted;
  } catch (error) {
    throw toldRefusal(error, { server, what: `the grant ${oauth.grant} failed`, secrets });
  }
}

/** Of such a login only whom it trusted is kept. Where that cannot be written, the next run trusts anew. */
async function bind({ tokens }: AuthContext, { issuer }: Discovered): Promise<void> {
  await tokens.update((now) => ({ ...now, issuer })).catch(() => undefined);
}

interface Asking {
  found: Discovered;
  scopes: string[] | undefined;
  signal: AbortSignal;
}

/** fetchToken takes a whole provider and uses these parts of one. */
async function providerOf(context: AuthContext, asking: Asking): Promise<OAuthClientProvider> {
  const { oauth } = context;
  const client = configuredClient(oauth);
  if (client === undefined) throw lacking("clientId", oauth.grant);
  const scope = asking.scopes?.join(" ");
  const unused = () => {
    throw new Error("no user takes part in this grant");
  };
  const provider: OAuthClientProvider = {
    redirectUrl: undefined,
    clientMetadata: { redirect_uris: [], ...(scope === undefined ? {} : { scope }) },
    clientInformation: () => client,
    tokens: () => undefined,
    saveTokens: unused,
    redirectToAuthorization: unused,
    saveCodeVerifier: unused,
    codeVerifier: unused,
    prepareTokenRequest: (asked) => requestOf(context, asked, asking),
  };
  if (oauth.grant === "private_key_jwt") provider.addClientAuthentication = assertionOf(context, client.client_id);
  return provider;
}

async function requestOf(context: AuthContext, scope: string | undefined, asking: Asking): Promise<URLSearchParams> {
  const wanted: Record<string, string> = scope === undefined ? {} : { scope };
  if (context.oauth.grant !== "cross_app_access") return new URLSearchParams({ grant_type: "client_credentials", ...wanted });
  const assertion = await identityAssertion(context, wanted, asking);
  context.secrets.add(assertion);
  return new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion, ...wanted });
}

function assertionOf({ oauth }: AuthContext, clientId: string) {
  if (oauth.privateKey === undefined) throw lacking("privateKey", oauth.grant);
  let key: ReturnType<typeof createPrivateKey>;
  try {
    key = createPrivateKey(oauth.privateKey);
  } catch {
    throw new Fault("MCP_LOGIN_FAILED", "oauth.privateKey is not a private key in PEM");
  }
  const curves: Record<string, string> = { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" };
  const ofKey = key.asymmetricKeyType === "ec" ? curves[key.asymmetricKeyDetails?.namedCurve ?? ""] : "RS256";
  return createPrivateKeyJwtAuth({
    issuer: clientId,
    subject: clientId,
    // The SDK reads PKCS#8 only; keys are also written as PKCS#1 and SEC 1.
    privateKey: key.export({ type: "pkcs8", format: "pem" }).toString(),
    alg: oauth.signingAlgorithm ?? ofKey ?? "RS256",
  });
}

const exchanged = z.object({ access_token: z.string().min(1).max(32_768), issued_token_type: z.string() });
const idJag = "urn:ietf:params:oauth:token-type:id-jag";

/** The first half of cross-app access (SEP-990): the identity provider turns the user's id token into a grant for this server. */
async function identityAssertion(
  context: AuthContext,
  wanted: Record<string, string>,
  { found, signal }: Asking,
): Promise<string> {
  const { oauth } = context;
  if (oauth.idToken === undefined) throw lacking("idToken", oauth.grant);
  const tokenUrl = await idpTokenUrl(context, signal);
  const response = await guardedFetch(
    context.fetch,
    tokenUrl,
    signal,
  )(tokenUrl, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    redirect: "manual",
    body: new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      requested_token_type: idJag,
      subject_token: oauth.idToken,
      subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
      audience: found.metadata?.issuer ?? found.issuer,
      resource: found.resource ?? context.url.href,
      ...(oauth.idpClientId === undefined ? {} : { client_id: oauth.idpClientId }),
      ...wanted,
    }),
  });
  const answer: unknown = await response.json().catch(() => undefined);
  const parsed = exchanged.safeParse(answer);
  if (response.ok && parsed.success && parsed.data.issued_token_type === idJag) return parsed.data.access_token;
  throw new Fault("MCP_LOGIN_FAILED", `the identity provider ${refusalOf(response, answer)}`);
}

function refusalOf(response: Response, answer: unknown): string {
  const said = z.object({ error: z.string(), error_description: z.string().optional() }).safeParse(answer);
  if (!said.success) return `answers HTTP ${response.status} without an identity assertion`;
  return `says ${said.data.error}: ${said.data.error_description ?? ""}`;
}

/** The config chose it, so it may be on loopback wherever the MCP server is. */
async function idpTokenUrl({ oauth, fetch }: AuthContext, signal: AbortSignal): Promise<URL> {
  const named = oauth.idpTokenUrl ?? oauth.idpIssuer;
  if (named === undefined || !URL.canParse(named)) throw lacking("idpTokenUrl", oauth.grant);
  const origin = new URL(named);
  if (oauth.idpTokenUrl !== undefined) return secureUrl(oauth.idpTokenUrl, "oauth.idpTokenUrl", origin);
  const fetchFn: FetchLike = guardedFetch(fetch, origin, signal);
  const metadata = await discoverAuthorizationServerMetadata(origin, { fetchFn });
  if (metadata === undefined)
    throw new Fault("MCP_LOGIN_FAILED", "the identity provider publishes no metadata; set oauth.idpTokenUrl");
  checkIssuer(named, metadata, "named");
  return secureUrl(metadata.token_endpoint, "identity provider's token endpoint", origin);
}

function lacking(key: string, grant: string | undefined): Fault {
  return new Fault("MCP_LOGIN_FAILED", `oauth.${key} is needed for the grant ${grant}`);
}
