/** What is not shown of the config: values of variables whose names say that they are secret, and passwords in URLs. */
import type { Json } from "../core/contract/messages.ts";
import { namesSecret } from "../core/contract/secret-names.ts";
import { isObject } from "./fragment.ts";

export const hiddenText = "[hidden]";

/** A value as it may be shown: `key` is its dotted key. Objects and lists are walked. */
export function shown(value: Json, key = ""): Json {
  if (Array.isArray(value)) return value.map((element) => shown(element, key));
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, shown(inner, key === "" ? name : `${key}.${name}`)]),
    );
  }
  if (typeof value !== "string") return value;
  // A header of a hook may carry a credential; one that is taken from a variable does not show it.
  if (/^hooks\..*\.headers\.[^.]+$/.test(key) && !/^[\w ]*\$\{?\w+\}?$/.test(value)) return hiddenText;
  if (key.startsWith("env.") && namesSecret(key)) return hiddenText;
  return value.replace(/^(\w+:\/\/)[^/?#]*@/, `$1${hiddenText}@`);
}
