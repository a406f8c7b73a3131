/** Whether every ( has its ), letters after a backslash left out; with `quotes`, also what stands in quotes. */
export function isBalanced(text: string, { quotes }: { quotes: boolean }): boolean {
  let depth = 0;
  const bare = text.replace(/\\./gs, "");
  for (const letter of quotes ? bare.replace(/'[^']*'|"[^"]*"/g, "") : bare) {
    if (letter === "(") depth++;
    if (letter === ")" && --depth < 0) return false;
  }
  return depth === 0;
}
