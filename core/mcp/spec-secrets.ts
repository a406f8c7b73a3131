/** Values in servers' entries whose names say that they are secret: they are kept out of what is logged, told and sent to models. */
import type { McpServerSpec } from "../contract/mcp.ts";
import { namesSecret } from "../contract/secret-names.ts";

type Named = readonly [name: string, value: string];

export function secretsOfSpecs(specs: readonly McpServerSpec[]): string[] {
  return [...new Set(specs.flatMap((spec) => secretsOf(spec)))].filter((value) => value !== "");
}

function secretsOf({ transport }: McpServerSpec): string[] {
  if (transport.kind === "stdio") return [...named(Object.entries(transport.env)), ...named(flagsOf(transport.args))];
  const { headers, oauth, url } = transport;
  const query = [...(URL.parse(url)?.searchParams ?? [])];
  const own = [oauth.clientSecret, oauth.privateKey, oauth.idToken].flatMap((value) => value ?? []);
  return [...named(Object.entries(headers)), ...named(query), ...own];
}

/** Of `Bearer xyz` also the token alone, as a server would repeat it. */
function named(entries: readonly Named[]): string[] {
  const secret = entries.filter(([name]) => namesSecret(name) || /^(?:proxy-)?authorization$/i.test(name));
  return secret.flatMap(([, value]) => [value, ...(/^\w+ (\S+)$/.exec(value)?.slice(1) ?? [])]);
}

/** `--api-key=xyz`, `--token xyz`, `TOKEN=xyz`. */
function flagsOf(args: readonly string[]): Named[] {
  return args.flatMap((arg, place): Named[] => {
    const [, name, value] = /^(-{0,2}[\w-]+)=(.*)$/s.exec(arg) ?? [];
    if (name !== undefined && value !== undefined) return [[name, value]];
    const next = args[place + 1];
    return arg.startsWith("-") && next !== undefined && !next.startsWith("-") ? [[arg, next]] : [];
  });
}
