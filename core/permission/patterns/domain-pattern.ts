/** `domain:host` of WebFetch rules: one host, `*.x` for what is below x and not x itself, `*` inside a name for no dot. */
import { parseTextGlob, textMatches } from "./text-glob.ts";

export interface DomainPattern {
  /** Names of the host from the left; the first may be `*.`, which stands for one or more. */
  host: string;
}

/** The pattern, or the reason why it matches no host. `tool` is for the right form. */
export function parseDomain(specifier: string, tool: string): DomainPattern | string {
  const [, given] = /^domain:(.*)$/su.exec(specifier) ?? [];
  const host = hostIn(given ?? specifier);
  const right = `write ${tool}(domain:${host === "" ? "example.com" : host})`;
  if (given === undefined) return `a specifier of ${tool} is domain:host; ${right}`;
  if (given !== host || host === "") return `after domain: comes the name of a host and nothing else; ${right}`;
  if (host === "*") return { host };
  const sound = /^(?:\*\.)?[\p{L}\p{N}_*](?:[\p{L}\p{N}_*-]*)(?:\.[\p{L}\p{N}_*-]+)*$/u.test(host) || isAddress(host);
  return sound ? { host: asciiHost(host) } : `${JSON.stringify(host)} is not the name of a host; ${right}`;
}

/** A URL that names no host is fetched by nobody: `unparsed` says what it counts as. */
export function domainMatches({ host }: DomainPattern, url: string, { unparsed }: { unparsed: boolean }): boolean {
  if (host === "*") return true;
  const actual = URL.parse(url)?.hostname.replace(/\.$/, "");
  if (actual === undefined || actual === "") return unparsed;
  const names = actual.split(".");
  const wanted = host.split(".");
  if (wanted[0] === "*" && wanted.length > 1) {
    const below = wanted.slice(1);
    return names.length > below.length && namesMatch(below, names.slice(-below.length));
  }
  return names.length === wanted.length && namesMatch(wanted, names);
}

function namesMatch(wanted: readonly string[], names: readonly string[]): boolean {
  return wanted.every((name, index) => textMatches(parseTextGlob(name), names[index] ?? "", { strict: true }));
}

/** What of a URL or a host with a port is the host. */
function hostIn(text: string): string {
  const bare = text
    .trim()
    .replace(/^[a-z][a-z\d+.-]*:\/\//i, "")
    .replace(/^[^/@]*@/, "");
  if (bare.startsWith("[")) return /^\[[^\]]*\]/.exec(bare)?.[0] ?? bare;
  return bare
    .replace(/[/?#].*$/s, "")
    .replace(/:\d*$/, "")
    .replace(/\.$/, "");
}

function isAddress(host: string): boolean {
  return host.startsWith("[") && URL.canParse(`http://${host}/`);
}

/** As a URL spells it: lower case, other alphabets in their ASCII form, name by name so that stars stay. */
function asciiHost(host: string): string {
  if (host.startsWith("[")) return URL.parse(`http://${host}/`)?.hostname ?? host;
  if (/^[\d.]+$/.test(host)) return URL.parse(`http://${host}/`)?.hostname ?? host;
  const ascii = (name: string) =>
    /^[\w*-]*$/.test(name) ? name.toLowerCase() : (URL.parse(`http://${name}/`)?.hostname ?? name);
  return host.split(".").map(ascii).join(".");
}
