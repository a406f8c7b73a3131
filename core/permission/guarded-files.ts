/** THE table of files that change what runs later without being asked: acceptEdits never writes them by itself. */

interface GuardedRow {
  /** Tested on one name of the path, whatever its case. */
  name: RegExp;
  /** Whether it guards all below a folder of that name too. */
  below: boolean;
  what: string;
}

const rows: readonly GuardedRow[] = [
  { name: /^\.git$/i, below: true, what: "the inside of a git repository" },
  { name: /^\.gantry$/i, below: true, what: "Gantry's own files of the project" },
  { name: /^gantry\.config\.[^.]+$/i, below: false, what: "Gantry's config" },
  { name: /^\.gantryrc(?:\..*)?$/i, below: false, what: "Gantry's config" },
  { name: /^\.git(?:config|modules)$/i, below: false, what: "git's config" },
  {
    name: /^\.(?:bash_profile|bash_login|bash_logout|bash_aliases|profile|inputrc|envrc)$/i,
    below: false,
    what: "a shell's start-up file",
  },
  { name: /^\.(?:bash|zsh|ksh|csh|tcsh|mksh)rc$/i, below: false, what: "a shell's start-up file" },
  { name: /^\.(?:zshenv|zprofile|zlogin|zlogout|login|logout|cshdirs)$/i, below: false, what: "a shell's start-up file" },
  { name: /^config\.fish$/i, below: false, what: "a shell's start-up file" },
];

/** What a real path is, when edits of it are asked even in acceptEdits; looks only at the names below `root`. */
export function guardedKind(path: string, root: string): string | undefined {
  const names = path
    .slice(root.length)
    .normalize("NFC")
    .split("/")
    .filter((name) => name !== "");
  return rows.find(({ name, below }) => (below ? names.some((part) => name.test(part)) : name.test(names.at(-1) ?? "")))?.what;
}
