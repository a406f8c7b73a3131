/** What is not shown of the config: values of variables whose names say that they are secret, and passwords in URLs. */
import type { Json } from "../core/contract/messages.ts";
import { namesSecret } from "../core/contract/secret-names.ts";
import { isObject } from "./data.ts";

export const hiddenText = "[hidden]";

/** A value as it may be shown: `key` is its dotted key. Objects and lists are walked. */
export function shown(value: Json, key = ""): Json {
  if (Array.isArray(value))
    return value.map((element, at) => (followsSecretFlag(value, at, key) ? hiddenText : shown(element, key)));
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, shown(inner, key === "" ? name : `${key}.${name}`)]),
    );
  }
  if (typeof value !== "string") return value;
  // A header of a hook may carry a credential; one that is taken from a variable does not show it.
  if (/^hooks\..*\.headers\.[^.]+$/.test(key) && !/^[\w ]*\$\{?\w+\}?$/.test(value)) return hiddenText;
  if (key.startsWith("env.") && namesSecret(key)) return hiddenText;
  if (key.startsWith("mcpServers.") && isSecretOfServer(value, key)) return hiddenText;
  const open = value.replace(/^(\w+:\/\/)[^/?#]*@/, `$1${hiddenText}@`);
  return key.startsWith("mcpServers.") ? withoutValues(open) : open;
}

/** Shapes of credentials of well-known services, and long words of letters and digits that no person makes up. */
const knownShapes =
  /(?:^|[\s=:])(?:sk-|gh[opsu]_|github_pat_|glpat-|xox[abeprs]-|AKIA|ya29\.|npm_|pypi-|eyJ[\w-]+\.)[\w./+-]{8,}/;
const longRandom = /^(?=\S*\d)(?=\S*[A-Za-z])[A-Za-z0-9+_=-]{32,}$/;

/** Whether a text has the look of a credential. One that is taken from a variable has not. */
export function looksSecret(text: string): boolean {
  return !/^\$\{\w+\}$/.test(text) && (knownShapes.test(text) || longRandom.test(text));
}

function isSecretOfServer(value: string, key: string): boolean {
  const [, group = "", name = ""] = /\.(env|headers|oauth)\.([^.]+)$/.exec(key) ?? [];
  if (/^[\w ]*\$\{\w+\}$/.test(value)) return false;
  if (group === "headers") return true;
  return (
    looksSecret(value) ||
    (group === "env" && namesSecret(name)) ||
    (group === "oauth" && /^(?:clientSecret|idToken)$/.test(name))
  );
}

/** `--api-key=…` and what a URL's query says. */
function withoutValues(text: string): string {
  const [, flag = "", said = ""] = /^(--?[\w-]+=)([\s\S]*)$/.exec(text) ?? [];
  if (flag !== "" && namesSecret(flag.slice(0, -1)) && !/^\$\{\w+\}$/.test(said)) return flag + hiddenText;
  return text.replace(/^(\w+:\/\/[^?]*)\?[\s\S]+/, `$1?${hiddenText}`);
}

/** The argument behind `--token`. */
function followsSecretFlag(list: readonly Json[], at: number, key: string): boolean {
  const [flag, value] = [list[at - 1], list[at]];
  if (!/^mcpServers\..*args$/.test(key) || typeof flag !== "string" || typeof value !== "string") return false;
  return /^--?[\w-]+$/.test(flag) && namesSecret(flag) && !/^(?:-|\$\{\w+\}$)/.test(value);
}
