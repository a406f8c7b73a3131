/** Which addresses may see a code, a token or a secret: https, and plain http only between parts of one machine. */
import { Fault } from "../thread/fault.ts";

/** Also the addresses that a connection takes for this machine: 0.0.0.0, `[::]`, and IPv4 written as IPv6. */
export function isLoopback({ hostname }: URL): boolean {
  const host = hostname.replace(/\.$/, "");
  if (host === "localhost" || host.endsWith(".localhost") || host === "[::]" || host === "[::1]") return true;
  // A URL has `::ffff:127.0.0.1` as `[::ffff:7f00:1]`, and `::ffff:0.0.0.0` as `[::ffff:0:0]`.
  return /^(?:127|0)(\.\d{1,3}){3}$/.test(host) || /^\[::(?:ffff:)?(?:7f[\da-f]{2}:[\da-f]{1,4}|0:0)\]$/.test(host);
}

/**
 * Parses an address that a server named for a step of its authorization. MCP_LOGIN_FAILED: no URL, not https (plain http is
 * for loopback), or loopback although the MCP server itself (`server`) is elsewhere: a stranger's server does not choose
 * what is asked on this machine.
 */
export function secureUrl(text: string, what: string, server: URL): URL {
  if (!URL.canParse(text)) throw new Fault("MCP_LOGIN_FAILED", `the ${what} of the server is not a URL`);
  const url = new URL(text);
  const shown = shownUrl(url);
  if (isLoopback(url)) {
    if (isLoopback(server) && (url.protocol === "http:" || url.protocol === "https:")) return url;
    throw new Fault("MCP_LOGIN_FAILED", `the ${what} is ${shown}, on this machine, but the server is ${server.host}`);
  }
  if (url.protocol === "https:" && url.username === "" && url.password === "") return url;
  throw new Fault("MCP_LOGIN_FAILED", `the ${what} is ${shown}; authorization needs https`);
}

/** Without user, query and fragment: they can hold secrets. At most 200 characters. */
export function shownUrl(url: URL): string {
  // `origin` of javascript: and the like is "null", and their path is the script.
  return url.host === "" ? `${url.protocol}…` : `${url.protocol}//${url.host}${url.pathname}`.slice(0, 200);
}
