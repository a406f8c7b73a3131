/**
 * What in servers' entries is or may be secret: values whose names say so wherever they stand, passwords in URLs, what came from
 * the user's variables. They are kept out of what is logged, told and sent to models, also as base64 or percent-encoded.
 */
import type { McpServerSpec, McpTransport } from "../contract/mcp.ts";
import { namesSecret } from "../contract/secret-names.ts";
import { secretForms, shortestSecret } from "./secret-forms.ts";

type Named = readonly [name: string, value: string];

const mostOfServer = 100;
/** Each costs every text that is looked through. */
const mostInAll = 1_000;
const longest = 16_384;

/** The values as they stand first: these are never left out for another form of one. */
export function secretsOfSpecs(specs: readonly McpServerSpec[]): string[] {
  const values = specs.flatMap((spec) => [...new Set(secretsOf(spec))].filter(isHideable).slice(0, mostOfServer));
  return [...new Set([...values, ...values.flatMap(secretForms)])].slice(0, mostInAll);
}

function secretsOf({ transport, secrets = [] }: McpServerSpec): string[] {
  return [...secrets, ...ownSecrets(transport), ...textsOf(transport).flatMap((text) => [...inUrls(text), ...inPairs(text)])];
}

function ownSecrets(transport: McpTransport): string[] {
  if (transport.kind === "stdio") return [...named(Object.entries(transport.env)), ...named(flagsOf(transport.args))];
  const { headers, oauth, url } = transport;
  const query = [...(URL.parse(url)?.searchParams ?? [])];
  const own = [oauth.clientSecret, oauth.privateKey, oauth.idToken].flatMap((value) => value ?? []);
  return [...named(Object.entries(headers)), ...named(query), ...own, ...inPath(url)];
}

function textsOf(transport: McpTransport): string[] {
  return transport.kind === "stdio" ? [...transport.args, ...Object.values(transport.env)] : [transport.url];
}

/** What is shorter, or a plain word, stands in any text; a path says where a secret is. */
function isHideable(value: string): boolean {
  const isWord = /^(?:enabled|disabled|default|required|optional|undefined)$/i.test(value);
  return (
    value.length >= shortestSecret && value.length <= longest && !isWord && !/^(?:~|\.{0,2})(?:\/[\w.@-]+){2,}$/.test(value)
  );
}

/** Of `Bearer xyz` also the token alone, as a server would repeat it. */
function named(entries: readonly Named[]): string[] {
  const secret = entries.filter(([name]) => isSecretName(name));
  return secret.flatMap(([, value]) => [value, ...(/^\w+ (\S+)$/.exec(value)?.slice(1) ?? [])]);
}

function isSecretName(name: string): boolean {
  return (namesSecret(name) && !/^-*max/i.test(name)) || /^(?:proxy-)?authorization$/i.test(name);
}

/** `--api-key=xyz`, `--token xyz`, `-k xyz`, `TOKEN=xyz`; of `-u name:xyz` the password. */
function flagsOf(args: readonly string[]): Named[] {
  return args.flatMap((arg, place): Named[] => {
    const [, name, value] = /^(-{0,2}[\w-]+)=(.*)$/s.exec(arg) ?? [];
    if (name !== undefined && value !== undefined) return [[name, value]];
    const next = args[place + 1];
    if (!arg.startsWith("-") || next === undefined || next.startsWith("-")) return [];
    if (/^(?:-u|--user)$/.test(arg)) return [["password", next.slice(next.indexOf(":") + 1)]];
    return [[/^-{1,2}(?:k|pass|pwd|pat|bearer)$/i.test(arg) ? "key" : arg, next]];
  });
}

// No name begins in another: else a long word would cost its square.
const pairs = /(?<![\w-])([A-Za-z][\w-]*)["']?\s*[:=]\s*["']?(?:(?:Bearer|Basic|Token)\s+)?([^\s"',;&}]+)/gi;

/** `Authorization: Bearer xyz` of a word, `{"X-Api-Key": "xyz"}`, `Password=xyz;`. */
function inPairs(text: string): string[] {
  return [...text.matchAll(pairs)].flatMap(([, name = "", value = ""]) => (isSecretName(name) ? [value] : []));
}

/** Passwords, and names that are tokens: with https there is one alone for nothing else. */
function inUrls(text: string): string[] {
  return [...text.matchAll(/(?<!\w)(\w+):\/\/([^/?#\s"'<>]*)@/g)].flatMap(([, scheme = "", user = ""]) => {
    const [name = "", ...rest] = user.split(":");
    const password = rest.join(":");
    if (password !== "") return [user, password, decoded(password)];
    return /^https?$/i.test(scheme) ? [name, decoded(name)] : [];
  });
}

/** A part of a path that nobody makes up: at least 16 letters and digits in one. */
function inPath(url: string): string[] {
  const parts = URL.parse(url)?.pathname.split(/[^A-Za-z0-9]+/) ?? [];
  return parts.filter((part) => part.length >= 16 && /\d/.test(part) && /[A-Za-z]/.test(part));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
