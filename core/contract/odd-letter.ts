/** A letter that looks like one of ASCII and is another (`а` U+0430), where only ASCII names are: said, because it cannot be seen. */
export function oddLetter(text: string): string | undefined {
  const [letter] = /[^\p{ASCII}]/u.exec(text) ?? [];
  if (letter === undefined) return undefined;
  const code = (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `${/\p{L}/u.test(letter) ? `the letter ${letter}` : "a letter"} in it is U+${code}, which is not ASCII`;
}
