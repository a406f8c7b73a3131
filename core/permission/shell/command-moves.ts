/** THE table of programs that put a link or another file in place, so that a path of the same line means another file than before. */
import { writesOf } from "./command-writes.ts";
import type { ShellRead } from "./facts.ts";
import type { ShellWord } from "./word.ts";

/** What they put where stands in an archive, a repository or elsewhere. */
const anywhere =
  /^(?:mount|umount|bindfs|fusermount3?|unzip|unrar|7z[ar]?|cpio|pax|rsync|patch|bsdtar|g?tar|rename|stow|symlinks|hg|svn|jj)$/;
const gitMoves = new Set(
  "checkout clone stash reset switch restore pull merge rebase apply am worktree submodule cherry-pick revert mv read-tree checkout-index".split(
    " ",
  ),
);

/** Each place by its name; one without a target stands for any. */
export function movesOf(name: string, words: readonly ShellWord[]): ShellRead[] {
  const args = words.slice(1);
  if (name === "ln" || name === "mv" || (name === "cp" && args.some(keepsLinks))) return named(name, words);
  if (name === "git" && !args.some(({ value }) => gitMoves.has(value))) return [];
  if (name !== "git" && !anywhere.test(name)) return [];
  if (
    /tar$/.test(name) &&
    !args.some(
      ({ value }, at) => (/^-?[a-zA-Z]*x/.test(value) && (at === 0 || value.startsWith("-"))) || /^--(?:ex|get)/.test(value),
    )
  )
    return [];
  return [unknown(words)];
}

function named(name: string, words: readonly ShellWord[]): ShellRead[] {
  if (words.some(({ isLiteral }) => !isLiteral)) return [unknown(words)];
  const files = writesOf(name, words);
  // The link of `ln -s target` alone stands in this folder, by the target's own name.
  const only = words.slice(1).filter(({ value }) => !value.startsWith("-"));
  const [one] = only;
  return name === "ln" && only.length === 1 && one?.path !== undefined
    ? [{ target: one.path.slice(one.path.lastIndexOf("/") + 1), text: one.text, isGlob: false, byArgument: true }]
    : files;
}

function keepsLinks({ value, isLiteral }: ShellWord): boolean {
  return !isLiteral || /^-[a-zA-Z]*[adPRrsl]|^--(?:ar|no-d|pr|rec|sy|li)/.test(value);
}

function unknown(words: readonly ShellWord[]): ShellRead {
  return { target: undefined, text: words.map(({ text }) => text).join(" "), isGlob: false, byArgument: true };
}
