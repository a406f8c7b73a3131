/** THE table of programs that read all that is below a folder: what rules and the secrets table keep may lie there. */
import type { ShellTree } from "./facts.ts";
import type { ShellWord } from "./word.ts";

interface TreeRow {
  /** Words with which it does so; absent: always. */
  when?: RegExp;
  /** The first name is a pattern, unless `-e` or `-f` gives it. */
  hasPattern?: true;
  /** The last name is where it writes. */
  hasTarget?: true;
  /** It leaves out names that begin with a dot, unless one of these says otherwise. */
  skipsHidden?: RegExp;
}

const recursive = /^-[a-zA-Z]*[rR]|^--(?:dereference-)?rec/;
const grep: TreeRow = { when: /^-[a-zA-Z]*[rR]|^--(?:dereference-)?rec|^--dir|^-d/, hasPattern: true };
const search: TreeRow = { hasPattern: true, skipsHidden: /^-[a-zA-Z]*[.u]|^--(?:hid|unr|no-ig|search-z|all)/ };
const copy: TreeRow = { when: /^-[a-zA-Z]*[rRa]|^--(?:rec|ar)/, hasTarget: true };
const rows: Readonly<Record<string, TreeRow>> = {
  ...{ grep, egrep: grep, fgrep: grep, zgrep: grep, bzgrep: grep, rgrep: { hasPattern: true } },
  ...{ rg: search, ag: search, ack: search, ugrep: search },
  ...{ diff: { when: recursive }, cp: copy, scp: { when: recursive, hasTarget: true }, rsync: { hasTarget: true } },
  ...{ tar: { when: /^-?[a-zA-Z]*[cru]|^--(?:cr|ap|up)/ }, bsdtar: { when: /^-?[a-zA-Z]*[cru]|^--(?:cr|ap|up)/ } },
  ...{ zip: { when: recursive }, "7z": { when: /^[au]$/ }, "7za": { when: /^[au]$/ } },
  "git grep": { hasPattern: true },
};

export function treesOf(name: string, words: readonly ShellWord[]): ShellTree[] {
  const isGrep = name === "git" && words.some(({ value }) => value === "grep");
  const key = isGrep ? "git grep" : name;
  const row = Object.hasOwn(rows, key) ? rows[key] : undefined;
  if (row === undefined) return [];
  const args = words.slice(isGrep ? words.findIndex(({ value }) => value === "grep") + 1 : 1);
  const flags = args.filter(({ value }) => value.startsWith("-"));
  const told = /tar$|^7z/.test(key) ? args.filter((word, at) => at === 0 || word.value.startsWith("-")) : flags;
  if (row.when !== undefined && !told.some(({ value }) => row.when?.test(value))) return [];
  const isGiven = flags.some(({ value }) => /^-[a-zA-Z]*[ef]|^--(?:regexp|file)(?:=|$)/.test(value));
  const names = args.filter(({ value }) => !value.startsWith("-")).slice(row.hasPattern === true && !isGiven ? 1 : 0);
  const skipsHidden = row.skipsHidden !== undefined && !flags.some(({ value }) => row.skipsHidden?.test(value));
  const isHere = row.hasPattern === true && names.length === 0;
  if (isHere) return [{ target: ".", text: ".", isGlob: false, byArgument: true, skipsHidden }];
  const read = row.hasTarget === true && names.length > 1 ? names.slice(0, -1) : names;
  return read.flatMap(({ path, text, isGlob }) => {
    if (path === undefined) return [];
    // Of a pattern, the folder in which it is looked up: more than is read.
    const target = isGlob ? path.slice(0, path.lastIndexOf("/") + 1).replace(/[*?].*$/s, "") || "." : path;
    return [{ target, text, isGlob: false, byArgument: true, skipsHidden }];
  });
}
