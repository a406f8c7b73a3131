/** A text in which `*` stands for anything: names of tools, of agents, values of parameters. Linear, however many stars. */

export interface TextGlob {
  /** The literal text between the stars. */
  parts: readonly string[];
}

/** `\*` is a star and `\\` a backslash. */
export function parseTextGlob(text: string): TextGlob {
  const parts = [""];
  for (const [token] of text.matchAll(/\\[*\\]|./gsu)) {
    if (token === "*") parts.push("");
    else parts.push((parts.pop() ?? "") + (token.length > 1 && token.startsWith("\\") ? token.slice(1) : token));
  }
  return { parts };
}

/** `strict` is for what restricts: letter case and Unicode forms make no difference. */
export function textMatches({ parts }: TextGlob, text: string, { strict }: { strict: boolean }): boolean {
  if (!strict) return starsMatch(parts, text);
  return starsMatch(parts.map(folded), folded(text));
}

function folded(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

/** First part at the start, last at the end, the others leftmost in between: right for stars alone, and never goes back. */
export function starsMatch(parts: readonly string[], text: string): boolean {
  const [first = ""] = parts;
  const last = parts.at(-1) ?? "";
  if (parts.length === 1) return text === first;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}
