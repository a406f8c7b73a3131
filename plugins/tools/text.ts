/** What a manifest of others says, as text: nothing in it steers a terminal or turns the direction of what follows. */

/** Line breaks and tabs stay. */
export function plainLines(text: string): string {
  return text.replace(/\r\n?|[\u2028\u2029]/g, "\n").replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, "");
}

export function plainLine(text: string): string {
  return plainLines(text).replace(/\s+/g, " ");
}
