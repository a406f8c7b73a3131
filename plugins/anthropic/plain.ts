/**
 * What a server says, made fit for a message: on one line, without letters that steer a terminal or turn text around, and
 * without the credential, in whatever way the server encoded it.
 */

const longest = 500;
/** What stands in for a key at a gateway that wants none, `x` or `key`, is part of many words. */
const shortest = 4;

export function plain(text: string, secret: string): string {
  const visible = text.replace(/\p{Cf}+/gu, "").replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
  const safe = (secret.length < shortest ? visible : visible.replace(formsOf(secret), "[secret]")).trim();
  return safe.length > longest ? `${safe.slice(0, longest).toWellFormed()}…` : safe;
}

const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** Each letter as it is or in any escape of URLs, HTML and JSON, so that mixtures are found too; and base64. */
function formsOf(secret: string): RegExp {
  const letters = [...secret].map((letter) => {
    const code = letter.charCodeAt(0);
    const hex = anyCase(code.toString(16).padStart(2, "0"));
    const forms = [
      `\\\\?${escaped(letter)}`,
      `%(?:25)*${hex}`,
      `\\\\+u00${hex}`,
      `\\\\+x${hex}`,
      `&#0*${code};`,
      `&#[xX]0*${hex};`,
      ...(named[letter] === undefined ? [] : [named[letter]]),
    ];
    // The longest first: an ampersand stands for itself and begins its own entity.
    return `(?:${forms.reverse().join("|")})`;
  });
  return new RegExp([letters.join(""), ...base64Forms(secret)].join("|"), "g");
}

/** Less of a base64 text would be found in words. */
const fewest = 12;

/** The part of a base64 text that the secret alone makes, for each of the three places where it can begin. */
function base64Forms(secret: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const all = Buffer.from(`${" ".repeat(before)}${secret}`).toString("base64");
    const own = all.slice(Math.ceil((before * 8) / 6), Math.floor(((before + secret.length) * 8) / 6));
    if (own.length < fewest) return [];
    return [[...own].map((letter) => (letter === "+" ? "[+-]" : letter === "/" ? "[/_]" : letter)).join("")];
  });
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}

function escaped(letter: string): string {
  return letter.replace(/[.*+?^${}()|[\]\\/-]/, "\\$&");
}
