/**
 * Scopes of net.fetch: `[METHOD ][http://|https://]host[:port]`, where the host is a name, `*.name`, `*`, or an address. Hosts of
 * scopes and requests are brought into one spelling by the same URL parser, so that no odd spelling of a host is another host.
 */

export interface HostScope {
  /** Absent: any. */
  method?: string;
  scheme?: "http" | "https";
  /** `any`: every host, but no address of a private range. `below`: what ends in `.host`. */
  kind: "any" | "below" | "exact";
  /** Lower case, punycode; addresses in one spelling, IPv6 in brackets. "" for `any`. */
  host: string;
  /** Absent: 443, and 80 when the scheme is http. */
  port?: number;
}

/** One request as scopes are compared with it. */
export interface HostRequest {
  method: string;
  scheme: "http" | "https";
  host: string;
  port: number;
}

const form = /^(?:([A-Z]{1,20})\s+)?(?:(https?):\/\/)?(\*\.)?(\[[0-9A-Fa-f:.]+\]|[^\s/?#@:[\]\\%]+)(?::(\d{1,5}))?$/;

/** Undefined for a text that is no scope. */
export function parseHostScope(text: string): HostScope | undefined {
  const [, method, scheme, below, host = "", portText] = form.exec(text) ?? [];
  if (host === "") return undefined;
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  const rest = {
    ...(method !== undefined && { method }),
    ...(scheme !== undefined && { scheme: scheme as "http" | "https" }),
    ...(port !== undefined && { port }),
  };
  if (host === "*") return below === undefined ? { ...rest, kind: "any", host: "" } : undefined;
  const spelled = spelledHost(host);
  if (spelled === undefined) return undefined;
  if (below === undefined) return { ...rest, kind: "exact", host: spelled };
  return isAddress(spelled) ? undefined : { ...rest, kind: "below", host: spelled };
}

/** A URL as scopes see it; undefined for another scheme than http and https, or one that names a user. */
export function hostRequest(method: string, url: URL): HostRequest | undefined {
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  if (url.username !== "" || url.password !== "") return undefined;
  const scheme = url.protocol === "http:" ? "http" : "https";
  const host = withoutDot(url.hostname);
  if (host === "") return undefined;
  return { method: method.toUpperCase(), scheme, host, port: url.port === "" ? defaultPort(scheme) : Number(url.port) };
}

/** Whether some scope covers the request. Says nothing of the address that the host has. */
export function coversHost(scopes: readonly string[], request: HostRequest): boolean {
  return scopes.some((text) => {
    const scope = parseHostScope(text);
    return scope !== undefined && fits(scope, request) && fitsHost(scope, request.host);
  });
}

/**
 * Whether some scope names this address of a private range for the request: the address itself, or, for loopback, the very
 * name `localhost`. A name that merely leads there does not: who answers for a name may change where it leads.
 */
export function namesAddress(
  scopes: readonly string[],
  request: HostRequest,
  { address, isLoopback }: { address: string; isLoopback: boolean },
): boolean {
  const spelled = spelledHost(address.includes(":") ? `[${address}]` : address);
  return scopes.some((text) => {
    const scope = parseHostScope(text);
    if (scope?.kind !== "exact" || !fits(scope, request)) return false;
    return scope.host === spelled || (isLoopback && scope.host === request.host && isLocalName(scope.host));
  });
}

/** Whether all that `narrow` covers is covered by `wide`; both as written. */
export function hostScopeCovers(wide: string, narrow: string): boolean {
  const [outer, inner] = [parseHostScope(wide), parseHostScope(narrow)];
  if (outer === undefined || inner === undefined) return false;
  if (outer.method !== undefined && outer.method !== inner.method) return false;
  return coversPorts(outer, inner) && coversHosts(outer, inner);
}

function coversPorts(outer: HostScope, inner: HostScope): boolean {
  const [wide, narrow] = [reachOf(outer), reachOf(inner)];
  return wide.port === narrow.port && narrow.schemes.every((scheme) => wide.schemes.includes(scheme));
}

function coversHosts(outer: HostScope, inner: HostScope): boolean {
  // An exact address or localhost opens a private range, which no pattern does.
  if (outer.kind === "any") return inner.kind !== "exact" || !(isAddress(inner.host) || isLocalName(inner.host));
  if (outer.kind === "exact") return inner.kind === "exact" && inner.host === outer.host;
  if (inner.kind === "any") return false;
  if (inner.kind === "below" && inner.host === outer.host) return true;
  return inner.host.endsWith(`.${outer.host}`) && !(inner.kind === "exact" && isLocalName(inner.host));
}

function fits(scope: HostScope, request: HostRequest): boolean {
  if (scope.method !== undefined && scope.method !== request.method) return false;
  const { port, schemes } = reachOf(scope);
  return port === request.port && schemes.includes(request.scheme);
}

/** A written port opens both schemes, one left out only the scheme's own. */
function reachOf({ scheme, port }: HostScope): { port: number; schemes: readonly ("http" | "https")[] } {
  if (port !== undefined) return { port, schemes: scheme === undefined ? ["http", "https"] : [scheme] };
  const own = scheme ?? "https";
  return { port: defaultPort(own), schemes: [own] };
}

function fitsHost({ kind, host }: HostScope, asked: string): boolean {
  if (kind === "exact") return asked === host;
  return kind === "any" || (!isAddress(asked) && asked.endsWith(`.${host}`));
}

function defaultPort(scheme: "http" | "https"): number {
  return scheme === "http" ? 80 : 443;
}

/** As a URL spells it: undefined for what no URL takes as its host. */
function spelledHost(host: string): string | undefined {
  // Undefined, too, where the parser saw more than a host: a port, a user, a path.
  const url = URL.parse(`http://${host}/`);
  if (url === null || url.pathname !== "/" || url.username !== "" || url.port !== "") return undefined;
  const spelled = withoutDot(url.hostname);
  return /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)$/.test(spelled) ? spelled : undefined;
}

/** `example.com.` is `example.com`. */
function withoutDot(host: string): string {
  return host.endsWith(".") ? host.slice(0, -1) : host;
}

/** Of hosts in a URL's spelling. */
export function isAddress(host: string): boolean {
  return host.startsWith("[") || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host);
}

export function isLocalName(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost");
}
