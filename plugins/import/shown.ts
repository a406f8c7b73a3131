/** How text of others' config files is shown: on one line, clipped, without what has the look of a credential. */
import type { Json } from "gantry/plugin";

const longest = 160;
export const hiddenText = "[hidden]";

/** Shapes of credentials of well-known services. */
const knownShape = /(?:sk-|gh[opsu]_|github_pat_|glpat-|xox[abeprs]-|AKIA|ya29\.|npm_|pypi-|eyJ[\w-]+\.)[\w./+-]{8,}/g;
/** A word of letters and digits that no person makes up. A path is none. */
const longRandom = /(?<![\w./@+=-])(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[A-Za-z0-9+_=-]{32,}(?![\w./-])/g;
const afterName =
  /((?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|COOKIE|AUTH(?:ORIZATION)?)S?_?\d*["']?\s*[=: ]\s*["']?(?:Bearer |Basic )?)(?!\$)([^\s"'&|;,)]{4,})/gi;
const secretName = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|COOKIE|AUTH(?:ORIZATION)?)S?_?\d*$/i;

/** The one way for words of a source into a report. */
export function shownText(text: string): string {
  const line = withoutSecrets(text).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ");
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

function withoutSecrets(text: string): string {
  return text
    .slice(0, 4096)
    .replaceAll(/(\w+:\/\/)[^/?#\s@]*@/g, `$1${hiddenText}@`)
    .replaceAll(/(\w+:\/\/[^?\s]*)\?[^\s"']+/g, `$1?${hiddenText}`)
    .replaceAll(afterName, `$1${hiddenText}`)
    .replaceAll(knownShape, hiddenText)
    .replaceAll(longRandom, hiddenText);
}

/** A value for the report: what variables and headers hold is never shown. `key` is its dotted key. */
export function shownValue(value: Json, key = ""): Json {
  if (typeof value === "string") {
    const isHeld = /(?:^|\.)(?:env|headers|oauth)\.[^.]+$/.test(key) && !/^[\w ]*\$\{?\w+(?::-[^}]*)?\}?$/.test(value);
    return isHeld || secretName.test(key) ? hiddenText : withoutSecrets(value);
  }
  if (Array.isArray(value)) return value.map((each, at) => (followsSecret(value, at) ? hiddenText : shownValue(each, key)));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shownValue(inner, `${key}.${name}`)]));
}

/** The argument behind `--token`. */
function followsSecret(list: readonly Json[], at: number): boolean {
  const flag = list[at - 1];
  return typeof flag === "string" && /^--?[\w-]+$/.test(flag) && secretName.test(flag);
}
