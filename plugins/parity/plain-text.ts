/** Text of others (a file's, a plugin's) in lines of ours: nothing in it steers a terminal or turns the direction of what follows. */

/** Line breaks and tabs stay. */
export function plainLines(text: string): string {
  return text.replace(/\r\n?|[\u2028\u2029]/g, "\n").replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, "");
}

export function plainLine(text: string): string {
  return plainLines(text).replace(/\s+/g, " ").trim();
}

/** As JSON, at most `most` characters. */
export function printed(value: unknown, most = 60): string {
  const text = (JSON.stringify(value) ?? "nothing").replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (letter) => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
