/**
 * Scopes of the network as a plugin asks for them, and in words. core/permission/host-scopes.ts reads them and says which requests
 * they cover; an ask has to be written in its one spelling, so that what a user reads is what is compared.
 */
import { type HostScope, hostScopeCovers, isAddress, isLocalName, parseHostScope } from "../host-scopes.ts";

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const name = /^(?:\*\.)?(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
const address = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** What is wrong with a scope, after its name; undefined when nothing is. */
export function hostProblem(scope: string): string | undefined {
  const [, method, rest = ""] = /^(?:([A-Za-z]+) +)?(.*)$/s.exec(scope) ?? [];
  if (method !== undefined && !methods.includes(method))
    return `begins with ${JSON.stringify(method)}; a method is one of ${methods.join(", ")}`;
  const bare = rest.replace(/^https?:\/\//, "");
  if (/[/@?#]/.test(bare))
    return `is a host alone, with http:// or https:// before it at most; write ${JSON.stringify(hostIn(rest))}`;
  const [, host = "", digits] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(bare) ?? [];
  if (host === "") return 'names no host; write "api.example.com", or "*" for any public one';
  if (digits !== undefined && !(/^[1-9]\d{0,4}$/.test(digits) && Number(digits) <= 65_535))
    return `has the port ${JSON.stringify(digits)}; a port is 1 to 65535`;
  const problem = nameProblem(host);
  if (problem !== undefined) return problem;
  const parsed = parseHostScope(scope);
  if (parsed === undefined) return "is not the name of a host";
  const spelled = printed(parsed);
  return spelled === scope ? undefined : `is written ${JSON.stringify(spelled)}`;
}

function nameProblem(host: string): string | undefined {
  if (host === "*") return undefined;
  if (host !== host.toLowerCase()) return `has capital letters; write ${JSON.stringify(host.toLowerCase())}`;
  const asUrl = URL.parse(`http://${host.replace(/^\*\./, "")}/`)?.hostname;
  if (host.startsWith("["))
    return asUrl === host ? undefined : `holds no IPv6 address as a URL spells it${asUrl === undefined ? "" : `: ${asUrl}`}`;
  if (!name.test(host) || host.length > 253) return "is not the name of a host; other alphabets are written in ASCII (xn--…)";
  // 127.1, 0x7f000001 and 2130706433 are addresses to a URL: only one spelling is taken.
  if (asUrl !== undefined && address.test(asUrl) && asUrl !== host) return `is the address ${asUrl}; write it so`;
  if (asUrl === undefined) return "is not the name of a host";
  return host.startsWith("*.") && (address.test(asUrl) || !asUrl.includes("."))
    ? "has a star for a whole top level; name a domain, as *.example.com"
    : undefined;
}

function hostIn(text: string): string {
  return text
    .replace(/^(?!https?:\/\/)[a-z][a-z\d+.-]*:\/\//i, "")
    .replace(/^(https?:\/\/)?[^/@]*@/, "$1")
    .replace(/^((?:https?:\/\/)?[^/?#]*).*$/s, "$1");
}

function printed(scope: HostScope): string {
  const { method, scheme, port } = scope;
  const before = `${method === undefined ? "" : `${method} `}${scheme === undefined ? "" : `${scheme}://`}`;
  return `${before}${pattern(scope)}${port === undefined ? "" : `:${port}`}`;
}

function pattern({ kind, host }: HostScope): string {
  return kind === "any" ? "*" : kind === "below" ? `*.${host}` : host;
}

/** Whether every request that `narrow` covers is covered by `wide`. */
export function isHostCovered(narrow: string, wide: string): boolean {
  return narrow === wide || hostScopeCovers(wide, narrow);
}

/** An address or localhost, which open a private range; no other name does. */
const isNear = ({ kind, host }: HostScope): boolean => kind === "exact" && (isAddress(host) || isLocalName(host));

/** In words after "to". */
export function hostWords(scope: string): string {
  const parsed = parseHostScope(scope);
  if (parsed === undefined) return scope;
  const { method, scheme, kind, host, port } = parsed;
  const where = kind === "any" ? "any public host" : kind === "below" ? `any host below ${host}` : host;
  const near = isNear(parsed) ? " (by name, this machine's own network included)" : "";
  const plain = scheme === "http" ? " over http, unencrypted" : scheme === "https" && port !== undefined ? " over https" : "";
  return `${where}${port === undefined ? "" : ` on port ${port}`}${plain}${method === undefined ? "" : ` (only ${method})`}${near}`;
}

export function isWideHost(scope: string): boolean {
  const parsed = parseHostScope(scope);
  return parsed === undefined || parsed.kind !== "exact" || isNear(parsed);
}
