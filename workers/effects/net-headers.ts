/** Which headers a plugin may send, and which of an answer it is shown. */
import type { IncomingHttpHeaders } from "node:http";
import { GantryError } from "../../core/contract/errors.ts";

/** Of the connection, not of the request: they are ours, or could make one request look like two. */
const ours = new Set(
  "host connection keep-alive proxy-connection proxy-authorization proxy-authenticate te trailer transfer-encoding upgrade content-length expect accept-encoding http2-settings".split(
    " ",
  ),
);
/** What may go on to another origin after a redirect. Any other header may be a credential. */
const crossing = new Set("accept accept-language content-type content-language user-agent range if-none-match".split(" "));

const maxHeaders = 64;
const maxHeaderChars = 16_384;

/** The headers to send, names in lower case. REQUEST_INVALID names the one that cannot be sent. */
export function headersOf(asked: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const entries = Object.entries(asked ?? {});
  const size = entries.reduce((chars, [name, value]) => chars + name.length + value.length, 0);
  if (entries.length > maxHeaders || size > maxHeaderChars) {
    throw invalid(`${entries.length} headers of ${size} characters are more than ${maxHeaders} of ${maxHeaderChars}`);
  }
  const headers: Record<string, string> = { "user-agent": "gantry-plugin" };
  for (const [name, value] of entries) {
    const lower = name.toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(lower)) throw invalid(`${JSON.stringify(name)} is no name of a header`);
    if (ours.has(lower)) throw invalid(`the header ${lower} is set by gantry`);
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw invalid(`the value of the header ${lower} holds a character that none may hold`);
    headers[lower] = value;
  }
  return { ...headers, "accept-encoding": "gzip, br" };
}

/** What is left of the headers when a redirect leads to another origin. */
export function crossingHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => crossing.has(name) || name === "accept-encoding");
  return Object.fromEntries(kept);
}

/** An answer's headers as a plugin sees them; those about a coding that is undone here are left out. */
export function shownHeaders(headers: IncomingHttpHeaders, { isDecoded }: { isDecoded: boolean }): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || (isDecoded && (name === "content-encoding" || name === "content-length"))) continue;
    shown[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return shown;
}

function invalid(what: string): GantryError {
  return new GantryError("REQUEST_INVALID", `net.fetch: ${what}.`);
}
