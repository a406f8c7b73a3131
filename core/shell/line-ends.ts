/** In one step per character: an expression for a run at the end begins anew at each place of every other run. Pure. */
export function withoutLineEnds(text: string): string {
  let end = text.length;
  while (text[end - 1] === "\n") end--;
  return text.slice(0, end);
}
