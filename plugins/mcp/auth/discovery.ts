/** Who authorizes for a server, and how: protected resource metadata, then the metadata of the authorization server. */
import {
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
} from "@modelcontextprotocol/sdk/client/auth.js";
import type { AuthorizationServerMetadata, OAuthProtectedResourceMetadata } from "@modelcontextprotocol/sdk/shared/auth.js";
import { checkResourceAllowed, resourceUrlFromServerUrl } from "@modelcontextprotocol/sdk/shared/auth-utils.js";
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";
import { Fault, messageOf } from "../thread/fault.ts";
import { secureUrl, shownUrl } from "./secure-url.ts";

/** What a 401 or 403 said in its WWW-Authenticate. */
export interface Challenge {
  resourceMetadataUrl?: URL | undefined;
  scope?: string | undefined;
}

export interface Discovered {
  /** The authorization server's URL as it was named: what tokens are bound to. */
  issuer: string;
  metadata: AuthorizationServerMetadata | undefined;
  /** RFC 9207: whether it says that each redirect of its carries its issuer. */
  namesItself: boolean;
  /** RFC 8707 indicator, letter by letter as the server has it; undefined where it has no resource metadata. */
  resource: string | undefined;
  resourceScopes: string[] | undefined;
}

/** MCP_LOGIN_FAILED, or MCP_HTTP_FAILED where the network is at fault. Sends nothing but reads. */
export async function discover(server: URL, challenge: Challenge, fetchFn: FetchLike): Promise<Discovered> {
  const resource = await resourceMetadata(server, challenge, fetchFn);
  if (resource !== undefined) checkResource(server, resource);
  // Before there was resource metadata (2025-03-26) the server's own origin was its authorization server.
  const named = resource?.authorization_servers?.[0];
  const issuer = secureUrl(named ?? new URL("/", server).href, "authorization server", server).href;
  const read = keepingText(fetchFn);
  const metadata = await told(`the metadata of ${shownUrl(new URL(issuer))}`, () =>
    discoverAuthorizationServerMetadata(issuer, { fetchFn: read.fetch }),
  );
  if (metadata !== undefined) checkIssuer(issuer, metadata, named === undefined ? "guessed" : "named");
  checkEndpoints(server, metadata);
  const namesItself = metadata !== undefined && saysThatItNamesItself(read.text());
  return { issuer, metadata, namesItself, resource: resource?.resource, resourceScopes: resource?.scopes_supported };
}

/** The last good answer as it came: the SDK's reading of an OpenID provider's metadata keeps the fields it knows and no other. */
function keepingText(fetchFn: FetchLike): { fetch: FetchLike; text(): string } {
  let text = "";
  return {
    text: () => text,
    fetch: async (input, init) => {
      const response = await fetchFn(input, init);
      if (!response.ok) return response;
      text = await response.text();
      return new Response(text, { status: 200, headers: response.headers });
    },
  };
}

/** Of metadata that have been parsed already. */
function saysThatItNamesItself(text: string): boolean {
  const said = JSON.parse(text) as { authorization_response_iss_parameter_supported?: unknown };
  return said.authorization_response_iss_parameter_supported === true;
}

/**
 * discoverOAuthServerInfo of the SDK takes any failure here for a server of the old kind, and goes on with the server's own
 * origin. Where the server itself named the place, or the network failed, that would turn a fault into another authorization
 * server (test/mcp/auth-hostile.test.ts).
 */
async function resourceMetadata(
  server: URL,
  { resourceMetadataUrl }: Challenge,
  fetchFn: FetchLike,
): Promise<OAuthProtectedResourceMetadata | undefined> {
  const options = resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl };
  try {
    return await discoverOAuthProtectedResourceMetadata(server, options, fetchFn);
  } catch (error) {
    if (error instanceof Fault) throw error;
    const hasNone = /^Resource server does not implement|^HTTP 4\d\d /.test(messageOf(error));
    if (hasNone && resourceMetadataUrl === undefined) return undefined;
    throw new Fault("MCP_LOGIN_FAILED", `its resource metadata cannot be used: ${firstLine(error)}`);
  }
}

function checkResource(server: URL, { resource }: OAuthProtectedResourceMetadata): void {
  if (checkResourceAllowed({ requestedResource: resourceUrlFromServerUrl(server), configuredResource: resource })) return;
  const named = shownUrl(new URL(resource));
  throw new Fault("MCP_LOGIN_FAILED", `its metadata are of another resource, ${named}, not of ${shownUrl(server)}`);
}

/**
 * RFC 8414 §3.3: metadata speak for the issuer that they were asked of, or anyone could publish endpoints of their own under
 * an honest name, and be sent the codes that the honest one gives (test/mcp/auth-hostile.test.ts). Where nobody named the
 * authorization server, it was asked at the MCP server's origin, and calls itself by any address of that origin.
 */
export function checkIssuer(
  asked: string,
  { issuer }: Pick<AuthorizationServerMetadata, "issuer">,
  how: "named" | "guessed",
): void {
  if (sameIssuer(asked, issuer)) return;
  if (how === "guessed" && URL.parse(issuer)?.origin === new URL(asked).origin) return;
  const other = URL.canParse(issuer) ? shownUrl(new URL(issuer)) : "what is no URL";
  throw new Fault("MCP_LOGIN_FAILED", `the metadata of ${shownUrl(new URL(asked))} are of another issuer, ${other}`);
}

/** Letter by letter, but for a slash at the end, which a parsed URL has and a written one may lack. */
export function sameIssuer(a: string, b: string): boolean {
  return a.replace(/\/$/, "") === b.replace(/\/$/, "");
}

function checkEndpoints(server: URL, metadata: AuthorizationServerMetadata | undefined): void {
  if (metadata === undefined) return;
  secureUrl(metadata.authorization_endpoint, "authorization endpoint", server);
  secureUrl(metadata.token_endpoint, "token endpoint", server);
  if (metadata.registration_endpoint !== undefined) secureUrl(metadata.registration_endpoint, "registration endpoint", server);
}

async function told<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault("MCP_LOGIN_FAILED", `${what} cannot be used: ${firstLine(error)}`);
  }
}

/** A parser's error quotes what it could not parse, and zod's has many lines. */
function firstLine(error: unknown): string {
  if (error instanceof SyntaxError) return "it is no JSON";
  if (error instanceof Error && error.name === "ZodError") return "it does not have the fields that it must have";
  return messageOf(error).split("\n", 1)[0] ?? "";
}
