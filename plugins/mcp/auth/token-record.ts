/** What is kept of one server's authorization, in the keychain or in a file: shapes, and the check of what was read. */
import { z } from "zod";

const client = z.object({
  client_id: z.string().min(1),
  client_secret: z.string().optional(),
  client_secret_expires_at: z.number().optional(),
  token_endpoint_auth_method: z.string().optional(),
});

const tokens = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().optional(),
  scope: z.string().optional(),
  /** Milliseconds since 1970, by this machine's clock. */
  expiresAt: z.number().optional(),
});

const record = z.strictObject({
  version: z.literal(1),
  /** When it was written, in milliseconds since 1970: of two records the newer one counts. */
  at: z.number(),
  /** The server's name, and its URL without query: what the record is for. Another one is not given it. */
  server: z.string(),
  url: z.string(),
  /** The authorization server that registered the client and gave the tokens. No other is shown them. */
  issuer: z.string().optional(),
  /** Registered by us, or a client metadata URL; a client of the config is not kept. */
  client: client.optional(),
  /** Of the callback that the client was registered with. */
  callbackPort: z.number().int().optional(),
  tokens: tokens.optional(),
  /** Scopes that the last login asked for. */
  requested: z.array(z.string()).optional(),
  /** Scopes that the server wanted since, for the next login. */
  wanted: z.array(z.string()).optional(),
});

export type TokenRecord = z.infer<typeof record>;
export type KeptTokens = z.infer<typeof tokens>;
export type KeptClient = z.infer<typeof client>;

export function emptyRecord(server: string, url: URL): TokenRecord {
  return { version: 1, at: 0, server, url: boundUrl(url) };
}

/** What tokens are bound to: origin and path. The query may hold a key of the user's and is left out. */
export function boundUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** The record, or in words why it is none of this server's. Never quotes the text: it holds tokens. */
export function parseRecord(text: string, server: string, url: URL): TokenRecord | { unusable: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { unusable: "it is torn or no JSON" };
  }
  const parsed = record.safeParse(value);
  if (!parsed.success) return { unusable: "it does not have the shape of one" };
  if (parsed.data.server !== server || parsed.data.url !== boundUrl(url)) return { unusable: "it is of another server" };
  return parsed.data;
}
