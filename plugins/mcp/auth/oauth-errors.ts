/** What an authorization server refused, in its own words made fit to be shown. */

import { Fault, messageOf } from "../thread/fault.ts";
import type { Secrets } from "./secrets.ts";

/** `error` of RFC 6749, undefined for any other failure. Looks at the field: the SDK's classes are its server's. */
export function oauthErrorOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("errorCode" in error)) return undefined;
  return typeof error.errorCode === "string" ? error.errorCode : undefined;
}

/** Whether it says that the grant or the client is worth nothing any more, so that only the user can go on. */
export function isFinalRefusal(error: unknown): boolean {
  return ["invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope"].includes(oauthErrorOf(error) ?? "");
}

/** Ours pass, made clean; what else the SDK's functions throw becomes MCP_LOGIN_FAILED. `what`: what was tried. */
export function toldRefusal(
  error: unknown,
  { server, what, secrets }: { server: string; what: string; secrets: Secrets },
): Fault {
  // The cause is left out: its message, shown by a debugger or a log, may hold the whole answer.
  if (error instanceof Fault) return new Fault(error.code, `The server ${server}: ${what}: ${secrets.clean(error.message)}`);
  return new Fault("MCP_LOGIN_FAILED", `The server ${server}: ${what}: ${secrets.clean(refusal(error))}`);
}

function refusal(error: unknown): string {
  const message = messageOf(error);
  const status = /^HTTP (\d{3}): /.exec(message)?.[1];
  const kind = oauthErrorOf(error);
  if (kind === "server_error" && status !== undefined) return `HTTP ${status} without an OAuth error`;
  if (kind !== undefined) return message === "" ? kind : `${kind}: ${message}`;
  // A parser's error quotes the answer that it could not read, which may be a token.
  if (error instanceof SyntaxError || (error instanceof Error && error.name === "ZodError")) {
    return "the answer is not one that OAuth 2.1 knows";
  }
  return message;
}
