/** What the parts of one server's authorization share, and the errors they end with. */
import type { OAuthTokens } from "@modelcontextprotocol/sdk/shared/auth.js";
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { McpOAuth } from "../../../core/contract/mcp.ts";
import { Fault } from "../thread/fault.ts";
import type { Secrets } from "./secrets.ts";
import type { KeptTokens } from "./token-record.ts";
import type { ServerTokens } from "./token-store.ts";

export interface AuthContext {
  server: string;
  url: URL;
  oauth: McpOAuth;
  /** Bounded, without tokens. */
  fetch: FetchLike;
  secrets: Secrets;
  tokens: ServerTokens;
}

export function needsLogin(server: string, why: string): Fault {
  return new Fault(
    "MCP_NEEDS_LOGIN",
    `The server ${server} needs a login${why === "" ? "" : ` (${why})`}: gantry mcp login ${server}`,
  );
}

/** Of a token response; a refresh may keep the refresh token that it was made with. MCP_LOGIN_FAILED. */
export function keptTokens(server: string, tokens: OAuthTokens, secrets: Secrets): KeptTokens {
  secrets.add(tokens.access_token, tokens.refresh_token, tokens.id_token);
  if (tokens.token_type.toLowerCase() !== "bearer") {
    const type = secrets.clean(tokens.token_type).slice(0, 40);
    throw new Fault(
      "MCP_LOGIN_FAILED",
      `The server ${server}: the tokens are of the type ${type}, only bearer tokens are known`,
    );
  }
  // In a header anything else throws, with the token in the message (RFC 6750 allows less than this).
  if (!/^[\x21-\x7e]{1,32768}$/.test(tokens.access_token)) {
    throw new Fault(
      "MCP_LOGIN_FAILED",
      `The server ${server}: the access token has characters or a length that no token may have`,
    );
  }
  return {
    access_token: tokens.access_token,
    ...(tokens.refresh_token === undefined ? {} : { refresh_token: tokens.refresh_token }),
    ...(tokens.scope === undefined ? {} : { scope: tokens.scope }),
    // 0 is said of tokens that do not run out, too; the server's 401 tells of the others.
    ...(tokens.expires_in === undefined || tokens.expires_in <= 0 ? {} : { expiresAt: Date.now() + tokens.expires_in * 1000 }),
  };
}
