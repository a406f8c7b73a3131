/** Text of others in a line of ours: control and direction characters, and what has no shape but the plain space, are spelled out. */
export function printable(text: string): string {
  return text.replace(
    /(?! )[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu,
    (letter) => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
