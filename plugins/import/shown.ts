/** How text of others' config files is shown: on one line, clipped, without what may be a credential. In doubt it is hidden. */
import type { Json } from "gantry/plugin";

const longest = 160;
export const hiddenText = "[hidden]";

/** Shapes of credentials of well-known services. */
const knownShape = /(?:sk-|gh[opsu]_|github_pat_|glpat-|xox[abeprs]-|AKIA|ya29\.|npm_|pypi-|eyJ[\w-]+\.)[\w./+-]{8,}/g;
/** A word of letters and digits that no person makes up. A path is none. */
const longRandom = /(?<![\w./@+=-])(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[A-Za-z0-9+_=-]{32,}(?![\w./-])/g;
const afterName =
  /((?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|COOKIE|AUTH(?:ORIZATION)?)S?_?\d*["']?\s*[=: ]\s*["']?(?:Bearer |Basic )?)(?!\$)([^\s"'&|;,)]{4,})/gi;

const names = "KEY|TOKEN|SECRET|PASS|PWD|CREDENTIAL|COOKIE|AUTH(?!OR(?!IZ))|BEARER";
const secretName = new RegExp(`(?:${names})(?:WORD|WD|PHRASE|ORIZATION)?S?_?\\d*$|(?:^|_|-)PW$`, "i");
const word = `(?:"[^"]*"?|'[^']*'?|[^\\s"'&|;)]+)`;
/** Of a line: `--pass x`, `--api-key=x`. */
const flagged = new RegExp(`(?<![\\w-])(--?[\\w-]*(?:${names}|(?<=-)PW)[\\w-]*)(=|\\s+)(?![-$:*])${word}`, "gi");
/** Of a line: `PGPASS=x`, `A=x`. */
const assigned = new RegExp(
  `(?<![\\w$.-])([A-Z][A-Z0-9_]+|\\w*(?:${names})\\w*)=(?!\\$)(?!(?:[01]|true|false|test)(?!\\w))${word}`,
  "g",
);
/** `-pSECRET`, `-p SECRET`. Of what find begins with a p nothing is a secret. */
const short = new RegExp(`(?<![\\w-])-p(?!(?:ath|erm|rint0?|rune)(?!\\w))([\\s=]*)(?![-$:*)])${word}`, "g");
/** `-u bob:pw`, where a rule's `:*` is no password. */
const person =
  /(?<![\w-])(-u|--user|--proxy-user)([\s=]*)(?:"[^":]+:(?!\*)[^"]*"?|'[^':]+:(?!\*)[^']*'?|[^\s"':]+:(?!\*)[^\s"')]+)/g;
/** `-H "Name: value"`. */
const header =
  /(?<![\w-])(-H|--header)([\s=]*)(?:"([^":]+):(?!\*)[^"]*"?|'([^':]+):(?!\*)[^']*'?|([^\s"':]+):(?!\*)\s*[^\s"')]+)/g;
const scheme = /\b(Bearer|Basic)\s+(?!\$)[^\s"']{4,}/g;
/** Of a list of arguments: the one behind it is hidden. */
const before = /^(?:-[pPuUH]|--(?:header|user|proxy-user))$/;

/** The one way for words of a source into a report. */
export function shownText(text: string): string {
  const line = withoutSecrets(text).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ");
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

function withoutSecrets(text: string): string {
  return text
    .slice(0, 4096)
    .replaceAll(/(\w+:\/\/)[^/?#\s@]*@/g, `$1${hiddenText}@`)
    .replaceAll(/(\w+:\/\/[^?#\s"']*)[?#][^\s"']+/g, (_, address: string) => `${address}?${hiddenText}`)
    .replaceAll(/\w+:\/\/[^\s"')]+/g, withoutTokens)
    .replaceAll(header, (_, flag: string, gap: string, ...found: string[]) => {
      const name = found.slice(0, 3).find((each) => each !== undefined);
      return `${flag}${gap}"${name ?? ""}: ${hiddenText}"`;
    })
    .replaceAll(person, `$1$2${hiddenText}`)
    .replaceAll(flagged, `$1$2${hiddenText}`)
    .replaceAll(assigned, `$1=${hiddenText}`)
    .replaceAll(short, `-p$1${hiddenText}`)
    .replaceAll(afterName, `$1${hiddenText}`)
    .replaceAll(scheme, `$1 ${hiddenText}`)
    .replaceAll(knownShape, hiddenText)
    .replaceAll(longRandom, hiddenText);
}

/** A long part of an address's path, with letters and digits, opens what is behind it. */
function withoutTokens(address: string): string {
  return address.replaceAll(/(?<=[/=])(?=[\w~+-]*\d)(?=[\w~+-]*[A-Za-z])[\w~+-]{20,}/g, hiddenText);
}

/** A value for the report: what variables and headers hold is never shown. `key` is its dotted key. */
export function shownValue(value: Json, key = ""): Json {
  if (typeof value === "string") {
    const isHeld = /(?:^|\.)(?:env|headers|oauth)\.[^.]+$/.test(key) || secretName.test(key);
    const isVariable = /^(?:[A-Z][a-z]+ )?\$\{?\w+(?::-)?\}?$/.test(value);
    return isHeld && !isVariable ? hiddenText : withoutSecrets(value);
  }
  if (Array.isArray(value)) return value.map((each, at) => (followsSecret(value, at) ? hiddenText : shownValue(each, key)));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shownValue(inner, `${key}.${name}`)]));
}

/** The arguments of a program, as one text. */
export function shownWords(words: readonly Json[]): string {
  const shown = shownValue([...words]);
  return (Array.isArray(shown) ? shown : []).map((each) => (typeof each === "string" ? each : JSON.stringify(each))).join(" ");
}

/** Whether the report would hide any of it. */
export function hasHidden(value: Json, key: string): boolean {
  return JSON.stringify(shownValue(value, key)) !== JSON.stringify(value);
}

/** The argument behind `--token`, but for a variable. */
function followsSecret(list: readonly Json[], at: number): boolean {
  const [flag, value] = [list[at - 1], list[at]];
  if (typeof flag !== "string" || (typeof value === "string" && /^\$\{?\w+\}?$/.test(value))) return false;
  return before.test(flag) || (/^--?[\w-]+$/.test(flag) && secretName.test(flag));
}
