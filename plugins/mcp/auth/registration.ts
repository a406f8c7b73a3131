/** As which client we come: the config's, the one that was registered before, a metadata document, or a new registration. */
import { registerClient } from "@modelcontextprotocol/sdk/client/auth.js";
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { McpOAuth } from "../../../core/contract/mcp.ts";
import { Fault } from "../thread/fault.ts";
import type { Discovered } from "./discovery.ts";
import type { KeptClient, TokenRecord } from "./token-record.ts";

export interface ClientChoice {
  client: KeptClient;
  /** Whether it is kept in the record: a client of the config is read from there each time. */
  isKept: boolean;
}

/** The client of the config, bound by its first use to the authorization server of that time (checkBinding). */
export function configuredClient(oauth: McpOAuth): KeptClient | undefined {
  if (oauth.clientId === undefined) return undefined;
  return { client_id: oauth.clientId, ...(oauth.clientSecret === undefined ? {} : { client_secret: oauth.clientSecret }) };
}

/**
 * A configured secret, and tokens, are for one authorization server: what the server names later is not told them until the
 * user has logged out. Without this, a server that is taken over would collect the user's secret.
 */
export function checkBinding(oauth: McpOAuth, record: TokenRecord, found: Discovered): void {
  if (oauth.clientId === undefined || record.issuer === undefined || record.issuer === found.issuer) return;
  throw new Fault(
    "MCP_LOGIN_FAILED",
    `the configured client was used with ${record.issuer}, and the server now names ${found.issuer}; if that is right, log out first`,
  );
}

interface Registering {
  oauth: McpOAuth;
  record: TokenRecord;
  found: Discovered;
  redirectUrl: string;
  scope: string | undefined;
  fetchFn: FetchLike;
}

export async function clientFor({ oauth, record, found, redirectUrl, scope, fetchFn }: Registering): Promise<ClientChoice> {
  const configured = configuredClient(oauth);
  if (configured !== undefined) return { client: configured, isKept: false };
  if (canReuse(record, found, redirectUrl)) return { client: record.client as KeptClient, isKept: true };
  const document = oauth.clientMetadataUrl;
  if (document !== undefined && found.metadata?.client_id_metadata_document_supported === true) {
    checkDocument(document);
    return { client: { client_id: document }, isKept: true };
  }
  if (found.metadata !== undefined && found.metadata.registration_endpoint === undefined) throw cannotRegister(document);
  const registered = await registerClient(found.issuer, {
    ...(found.metadata === undefined ? {} : { metadata: found.metadata }),
    clientMetadata: clientMetadata(found, redirectUrl),
    ...(scope === undefined ? {} : { scope }),
    fetchFn,
  });
  return { client: registered, isKept: true };
}

function canReuse({ client, issuer, callbackPort }: TokenRecord, found: Discovered, redirectUrl: string): boolean {
  if (client === undefined || issuer !== found.issuer) return false;
  // Strict servers compare the port too, although RFC 8252 wants them not to.
  if (callbackPort !== Number(new URL(redirectUrl).port)) return false;
  const expires = client.client_secret_expires_at ?? 0;
  return expires === 0 || expires * 1000 > Date.now();
}

function clientMetadata(found: Discovered, redirectUrl: string) {
  const metadata = {
    client_name: "Gantry",
    redirect_uris: [redirectUrl],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: authMethod(found),
    // Registrations of OpenID Connect are of web applications where they do not say so, and those may not use loopback.
    application_type: "native",
  };
  return metadata;
}

/** A program on the user's machine keeps no secret from that user: none, where the server takes clients without one. */
function authMethod({ metadata }: Discovered): string {
  const offered = metadata?.token_endpoint_auth_methods_supported ?? [];
  if (offered.length === 0 || offered.includes("none")) return "none";
  return ["client_secret_basic", "client_secret_post"].find((method) => offered.includes(method)) ?? "none";
}

function checkDocument(document: string): void {
  const url = URL.canParse(document) ? new URL(document) : undefined;
  if (url?.protocol === "https:" && url.pathname !== "/") return;
  throw new Fault("MCP_LOGIN_FAILED", "oauth.clientMetadataUrl must be an https URL with a path");
}

function cannotRegister(document: string | undefined): Fault {
  const tried = document === undefined ? "" : ", nor does it take client metadata documents";
  return new Fault(
    "MCP_LOGIN_FAILED",
    `its authorization server does not register clients${tried}; set oauth.clientId of a client that is registered there`,
  );
}
