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
  /** RFC 8707 indicator, letter by letter as the server has it; undefined where it has no resource metadata. */
  resource: string | undefined;
  resourceScopes: string[] | undefined;
}

/** MCP_LOGIN_FAILED, or MCP_HTTP_FAILED where the network is at fault. Sends nothing but reads. */
export async function discover(server: URL, challenge: Challenge, fetchFn: FetchLike): Promise<Discovered> {
  const resource = await resourceMetadata(server, challenge, fetchFn);
  if (resource !== undefined) checkResource(server, resource);
  // Before there was resource metadata (2025-03-26) the server's own origin was its authorization server.
  const issuer = secureUrl(
    resource?.authorization_servers?.[0] ?? new URL("/", server).href,
    "authorization server",
    server,
  ).href;
  const metadata = await told(`the metadata of ${shownUrl(new URL(issuer))}`, () =>
    discoverAuthorizationServerMetadata(issuer, { fetchFn }),
  );
  checkEndpoints(server, metadata);
  return { issuer, metadata, resource: resource?.resource, resourceScopes: resource?.scopes_supported };
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
