/**
 * Redirects that are followed: at most 5, http and https only, never from https to http, never a body to another origin, and
 * nothing that the user configured or the authorization put on goes to another origin.
 */
import { Fault } from "./fault.ts";

const maxRedirects = 5;
const statuses = [301, 302, 303, 307, 308];
/** What says nothing of the user. */
const harmless = ["accept", "accept-language", "mcp-protocol-version"];

export type Send = (url: URL, init: RequestInit) => Promise<Response>;

/** MCP_HTTP_FAILED with both addresses, without their queries. */
export async function followRedirects(server: string, url: URL, init: RequestInit, send: Send): Promise<Response> {
  let at = url;
  let request = init;
  for (let followed = 0; ; followed++) {
    const response = await send(at, { ...request, redirect: "manual" });
    const location = statuses.includes(response.status) ? response.headers.get("location") : null;
    if (location === null) return response;
    await response.body?.cancel();
    const target = URL.parse(location, at.href);
    const why = followed === maxRedirects ? `more than ${maxRedirects} redirects` : refusal(at, target, request);
    if (target === null || why !== undefined)
      throw new Fault(
        "MCP_HTTP_FAILED",
        `The server ${server} redirects from ${shown(at)} to ${target === null ? "no address" : shown(target)}: ${why}.`,
      );
    request = nextRequest(at, target, request);
    at = target;
  }
}

function refusal(from: URL, to: URL | null, { body, method }: RequestInit): string | undefined {
  if (to === null) return "that is no address";
  if (to.protocol !== "https:" && to.protocol !== "http:") return `${to.protocol} is not followed`;
  if (from.protocol === "https:" && to.protocol === "http:") return "from https to http is not followed";
  const hasBody = body !== undefined && body !== null;
  if ((hasBody || !isRead(method)) && from.origin !== to.origin) return "only what is read is followed to another origin";
  return undefined;
}

function nextRequest(from: URL, to: URL, request: RequestInit): RequestInit {
  if (from.origin === to.origin) return request;
  const kept = [...new Headers(request.headers)].filter(([name]) => harmless.includes(name));
  return { ...request, headers: kept };
}

function isRead(method = "GET"): boolean {
  return method.toUpperCase() === "GET" || method.toUpperCase() === "HEAD";
}

export function shown(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
