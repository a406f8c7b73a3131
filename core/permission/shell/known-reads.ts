/**
 * THE table of programs that only read, with the flags that leave it so and what their names are. A flag that is not
 * listed, or a row's own objection: not known to only read. A program named by a path is never one of these.
 */
import type { Arguments, FlagRow } from "./flags.ts";
import { type ProgramRow, riskySed, rows } from "./program-table.ts";

export interface ReadRow extends FlagRow {
  /**
   * What the names are: files whose content is read, places of which only names and facts are seen, or words that are no
   * paths. `behind first`: the first is a pattern or script, unless one of `scripts` gives it.
   */
  names: "content" | "behind first" | "places" | "words";
  scripts?: readonly string[];
  /** Names, values or flags with which it does more than read. */
  objects?(args: Arguments): boolean;
  /** It reads a repository, whose settings can start programs. */
  git?: true;
  /** It reads nothing by itself: it does not spoil a line that reads, and makes no line one. */
  idle?: true;
}

const noNames = ({ names }: Arguments): boolean => names.length > 0;
const content = (flags: string, valued = ""): ReadRow => ({ names: "content", flags, valued });
const places = (flags: string, valued = ""): ReadRow => ({ names: "places", flags, valued });
const words = (flags: string, valued = ""): ReadRow => ({ names: "words", flags, valued });
const idle = (flags: string, valued = ""): ReadRow => ({ names: "words", flags, valued, idle: true });
const git = (flags: string, valued = "", objects?: ReadRow["objects"]): ReadRow => ({
  ...{ names: "words", flags, valued, git: true },
  ...(objects && { objects }),
});
const like = (name: string, names: ReadRow["names"]): ReadRow => {
  const row: ProgramRow = rows[name] ?? { flags: "" };
  return { ...row, names, ...(row.risky && { objects: row.risky }) };
};

const grep: ReadRow = {
  names: "behind first",
  scripts: ["e", "regexp"],
  flags:
    "# i y w x v n l L c o h H s q E F G P a I z b Z T U color colour ignore-case no-ignore-case word-regexp line-regexp invert-match " +
    "line-number files-with-matches files-without-match count only-matching no-filename with-filename no-messages quiet silent text " +
    "extended-regexp fixed-strings basic-regexp perl-regexp null initial-tab byte-offset line-buffered",
  valued: "e A B C m regexp after-context before-context context max-count",
};
const sums = content("b t z binary text tag zero");
const logFlags =
  "# s z M C m i E F P oneline graph all stat shortstat numstat dirstat summary name-only name-status no-patch no-color color decorate " +
  "no-decorate merges no-merges first-parent reverse follow abbrev-commit no-abbrev-commit raw no-ext-diff no-textconv no-renames " +
  "find-renames branches tags remotes topo-order date-order author-date-order full-history simplify-by-decoration left-right cherry-pick " +
  "cherry parents children relative date pretty format abbrev diff-filter since after until before author committer grep max-count skip " +
  "walk-reflogs no-walk invert-grep all-match regexp-ignore-case extended-regexp fixed-strings count boundary no-notes clear-decorations";
/** `%G` asks the program that checks signatures. */
const asksGpg = ({ all }: Arguments): boolean => all.some((arg) => arg.includes("%G"));
const hasStat = ({ all }: Arguments): boolean =>
  !all.some((arg) => /^--(?:(?:short|num|dir)?stat|summary|name-only|name-status|quiet)(?:=|$)/.test(arg));

export const readRows: Readonly<Record<string, ReadRow>> = {
  cat: content("A b e E n s t T u v show-all number number-nonblank squeeze-blank show-ends show-tabs show-nonprinting"),
  head: content("# q v z quiet silent verbose zero-terminated lines bytes", "n c lines bytes"),
  tail: content("# q v z r quiet silent verbose zero-terminated lines bytes", "n c lines bytes"),
  nl: content("p", "b d f h i l n s v w"),
  tac: content("b r before regex", "s separator"),
  wc: content("c m l L w bytes chars lines words max-line-length"),
  cut: content("s n z only-delimited complement output-delimiter", "b c d f delimiter fields characters bytes"),
  paste: content("s z serial", "d delimiters"),
  rev: content(""),
  fold: content("b s w", "w width"),
  column: content("t x n e J", "s o c N separator"),
  comm: content("1 2 3 z check-order nocheck-order total"),
  join: content("i z check-order", "1 2 a e j o t v"),
  strings: content("a f w", "n t e"),
  od: content("a b c d f i l o s v x", "A j N t w"),
  hexdump: content("b c C d o x v", "n s"),
  base64: content("d i decode ignore-garbage wrap", "w wrap"),
  xxd: like("xxd", "content"),
  md5sum: sums,
  sha1sum: sums,
  sha256sum: sums,
  sha512sum: sums,
  b2sum: sums,
  cksum: content(""),
  cmp: content("b l s print-bytes verbose quiet silent", "n i bytes"),
  diff: content(
    "q s u c y i w b B a E Z N t p brief report-identical-files unified side-by-side ignore-case ignore-all-space ignore-space-change ignore-blank-lines text minimal color",
    "U C W unified context width",
  ),
  sort: like("sort", "content"),
  uniq: like("uniq", "content"),
  grep,
  egrep: grep,
  fgrep: grep,
  sed: { ...like("sed", "behind first"), scripts: ["e", "expression"], objects: riskySed },
  // Other filters may read variables and modules.
  jq: {
    names: "behind first",
    flags: "r c s n e M S j a C raw-output compact-output slurp null-input exit-status sort-keys join-output tab",
    objects: ({ names }) =>
      /\b(?:env|import|include|input_filename|modulemeta|get_search_list)\b|\$ENV|\$__/.test(names[0] ?? ""),
  },
  ls: places(
    "# l a A h r t S R d F p i s n o g G k m x Q C U c u L X B Z N v b q all almost-all human-readable reverse recursive directory classify inode size color group-directories-first full-time time-style sort time format",
    "I w ignore hide",
  ),
  stat: places("L f t dereference terse file-system", "c format printf"),
  file: content("b i L h k s z brief mime mime-type mime-encoding dereference"),
  du: places(
    "a b c h k l m s S x 0 apparent-size bytes total human-readable summarize si max-depth exclude one-file-system",
    "d max-depth exclude",
  ),
  df: places("a h H i k l P T human-readable si inodes local portability print-type total", "t x"),
  tree: like("tree", "places"),
  find: { ...like("find", "places"), flags: (rows.find?.flags ?? "").replace(/\b(?:L|follow)\b/g, "x") },
  realpath: places("e m q s z relative-to relative-base"),
  readlink: places("f e m n q s v z"),
  cd: { ...places(""), objects: ({ names }) => names.length !== 1 || names[0] === "-" },
  test: { names: "places", words: true, flags: "a b c d e f g h k n o p r s u w x z L O S G N eq ne lt le gt ge nt ot ef" },
  "[": { names: "places", words: true, flags: "a b c d e f g h k n o p r s u w x z L O S G N eq ne lt le gt ge nt ot ef" },
  echo: { ...idle(""), objects: () => false },
  printf: idle(""),
  basename: idle("a z multiple zero", "s suffix"),
  dirname: idle("z zero"),
  tr: idle("c C d s t complement delete squeeze-repeats truncate-set1"),
  seq: idle("w equal-width", "f s format separator"),
  expr: idle(""),
  sleep: idle(""),
  true: idle(""),
  false: idle(""),
  ":": idle(""),
  exit: idle(""),
  return: idle(""),
  break: idle(""),
  continue: idle(""),
  set: { ...idle("e u x o eu ex eux"), objects: ({ all }) => all.length === 0 },
  pwd: words("L P"),
  date: { ...like("date", "words"), flags: "u R I utc universal rfc-email rfc-2822 rfc-3339 iso-8601", valued: "d date" },
  whoami: words(""),
  id: words("u g G n r z user group groups name real zero"),
  groups: words(""),
  hostname: { ...words("f s i I d"), objects: noNames },
  uname: words("a s n r v m p i o all"),
  nproc: words("all"),
  arch: words(""),
  uptime: words("p s pretty since"),
  tty: words("s"),
  command: { ...words("v V p"), objects: ({ all }) => !/^-[vV]$/.test(all[0] ?? "") },
  which: words("a s all"),
  type: words("a t p P f"),
  "git status": git(
    "s b v u z short branch long porcelain untracked-files ignored show-stash ahead-behind no-ahead-behind column renames no-renames",
  ),
  "git log": git(logFlags, "n S G since after until before author committer grep max-count skip", asksGpg),
  "git shortlog": git("n s e c numbered summary email no-merges all", "", asksGpg),
  "git rev-list": git(logFlags, "n since after until before author committer grep max-count skip", asksGpg),
  // Patches show what the files hold, the secret ones too; sums of them do not.
  "git diff": git(`${logFlags} w b cached staged exit-code quiet merge-base ignore-all-space ignore-space-change`, "", hasStat),
  "git branch": git(
    "a r v vv l list all remotes verbose show-current merged no-merged contains no-contains points-at sort format column no-column color no-color",
    "",
    noNames,
  ),
  "git tag": git("l n list sort format contains no-contains merged no-merged points-at", "", noNames),
  "git remote": git("v verbose", "", noNames),
  "git stash": git("", "", ({ names }) => names.join(" ") !== "list"),
  "git worktree": git("porcelain", "", ({ names }) => names.join(" ") !== "list"),
  "git reflog": git("# no-abbrev oneline all date", "n", (args) => noNames(args) || asksGpg(args)),
  "git rev-parse": git(
    "show-toplevel show-prefix show-cdup git-dir git-common-dir absolute-git-dir abbrev-ref verify short symbolic symbolic-full-name is-inside-work-tree is-inside-git-dir is-bare-repository is-shallow-repository all branches tags remotes quiet q",
  ),
  "git ls-files": git(
    "c d m o i s u t v z cached deleted modified others ignored stage unmerged exclude-standard full-name error-unmatch directory eol",
    "x exclude",
  ),
  "git ls-tree": git("r t d l z name-only name-status long full-name full-tree object-only"),
  "git describe": git("all tags always long dirty contains exact-match abbrev match exclude first-parent"),
  "git merge-base": git("a all is-ancestor octopus independent fork-point"),
  "git show-ref": git("heads head tags verify hash quiet q s d dereference abbrev"),
  "git for-each-ref": git("sort format count points-at merged no-merged contains no-contains", "", asksGpg),
  "git cat-file": git("t s e"),
  "git count-objects": git("v H verbose human-readable"),
  "git check-ignore": git("q v n quiet verbose non-matching no-index"),
  "git name-rev": git("tags all name-only always refs"),
};

/** Programs that are not known to only read, and yet read the files they are given: Read rules and the secrets table hold for them. */
export const alsoReads = new Set(
  "less more most bat batcat awk gawk mawk rg ag ack cp mv scp rsync tar zip gzip zcat bzcat xzcat zgrep vim vi view nano emacs split csplit tee dd source . node python python3 perl ruby pr fmt expand unexpand ln install openssl gpg iconv yq".split(
    " ",
  ),
);

const interpreters = new Set("source . node python python3 perl ruby openssl gpg dd ln install".split(" "));

/** Of these, programs that hand on what is in each file they are given. */
export function showsFiles(name: string): boolean {
  return alsoReads.has(name) && !interpreters.has(name);
}
