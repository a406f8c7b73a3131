/** Asks a server how it wants to be authorized to, when it has not refused anything yet. */
import { extractWWWAuthenticateParams } from "@modelcontextprotocol/sdk/client/auth.js";
import type { AuthContext } from "./auth-context.ts";
import type { Challenge } from "./discovery.ts";
import { guardedFetch } from "./guarded-fetch.ts";

/** An `initialize` without a token: what each server answers, or refuses with 401. A refusal by the network is thrown. */
export async function probe({ url, fetch }: AuthContext, signal: AbortSignal): Promise<Challenge> {
  const response = await guardedFetch(
    fetch,
    url,
    signal,
  )(url, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 0,
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "gantry", version: "0" } },
    }),
  });
  return response.status === 401 ? challengeOf(response) : {};
}

/** The SDK's reading of WWW-Authenticate, scope and resource_metadata; what is too long to be sent back is left out. */
export function challengeOf(response: Response): Challenge & { error?: string | undefined } {
  const { resourceMetadataUrl, scope, error } = extractWWWAuthenticateParams(response);
  return {
    ...(resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl }),
    ...(scope === undefined || scope.length > 4_000 ? {} : { scope }),
    error,
  };
}
