/** Which addresses may see a code, a token or a secret: https, and plain http only between parts of one machine. */
import { Fault } from "../thread/fault.ts";

export function isLoopback(url: URL): boolean {
  const host = url.hostname;
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
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
