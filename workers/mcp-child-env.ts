/**
 * What the programs of MCP servers are given of the core's environment: only names on a list, for a key or a token can have any
 * name. PATH, HOME, USER, LOGNAME, SHELL, LANG, LANGUAGE, LC_*, TERM, TZ, TMPDIR, XDG_*, and what reaches the network: proxies
 * and certificates. What else a server needs stands in its own `env` in the config.
 */
import { namesSecret } from "../core/contract/secret-names.ts";

type Env = Readonly<Record<string, string | undefined>>;

const plainName = /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z]+|TERM|TZ|TMPDIR|XDG_[A-Z_]+)$/;
const netName = /^(?:(?:HTTPS?|NO|ALL)_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR)$/i;

export function mcpChildEnv(env: Env): Record<string, string> {
  return chosen(env, (name) => (plainName.test(name) && !namesSecret(name)) || netName.test(name));
}

/** Proxies and certificates, for servers behind HTTP. */
export function mcpNetEnv(env: Env): Record<string, string> {
  return chosen(env, (name) => netName.test(name));
}

function chosen(env: Env, isChosen: (name: string) => boolean): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined && isChosen(name)) kept[name] = value;
  return kept;
}
