/**
 * THE table of programs that can start another program or write a file when an argument says so, with the flags that are
 * known to do neither. A prefix or glob allow rule covers such a line only when every flag of it is listed: `Bash(find:*)`
 * means looking, not `-delete`, and a flag that nobody has looked at is asked. An exact rule covers any line.
 */
import type { Arguments, FlagRow } from "./flags.ts";

export interface ProgramRow extends FlagRow {
  /** The first name is a subcommand with a row of its own. */
  commands?: true;
  /** What flags cannot say: whether these arguments let the program start another, or write. */
  risky?(args: Arguments): boolean;
}

/** Programs whose work is to run their arguments, or text: no prefix says what that will be. */
export const wrappers = new Set(
  (
    "env sudo doas su xargs parallel nohup timeout gtimeout nice ionice chrt taskset time stdbuf setsid flock watch strace " +
    "ltrace script command builtin exec eval source . trap alias sh bash dash zsh ksh mksh ash fish csh tcsh busybox toybox " +
    "chroot unshare nsenter systemd-run systemd-inhibit at batch entr ssh setpriv runuser pkexec caffeinate unbuffer expect " +
    "noglob prlimit setarch linux32 linux64 i386 x86_64 uname26 numactl valgrind gdb lldb rr perf fakeroot fakechroot proot " +
    "run-parts start-stop-daemon daemon daemonize dbus-run-session dbus-launch ssh-agent gpg-agent xvfb-run rlwrap firejail " +
    "bwrap tini dumb-init gosu su-exec cgexec choom chpst softlimit setuidgid hyperfine faketime eatmydata logsave screen tmux " +
    "torify torsocks proxychains proxychains4 socat mpirun sg newgrp capsh"
  ).split(" "),
);

/** The loader of the system runs the program it is given. */
/** Programs that start no other, whatever their arguments say, and need no row: none of their flags writes a file unasked. */
export const inert = new Set(
  "echo printf true false pwd ls cat head tail wc date whoami basename dirname stat du df grep egrep fgrep".split(" "),
);

export const loader = /^ld(?:-linux|-musl|64|\.so|\.elf)/;

/** npm takes abbreviated names of commands too; what it would run by those is not covered. */
const npmCommands =
  /^(?:test|t|tst|run|run-script|start|stop|restart|install|i|add|ci|uninstall|remove|rm|update|up|outdated|ls|list|ll|view|info|show|audit|fund|why|explain|ping|whoami|version|prune|dedupe|root|prefix|search|pack|publish)$/;
const plainSed = /^(?:(?:\d+|\$)?(?:,(?:\d+|\$))?[pdq=]|s\/[^/;\n]*\/[^/;\n]*\/[gipI0-9]*)$/;
const always: ProgramRow = { flags: "", risky: () => true };

/** Of programs with subcommands, `git log` is a row too, and a subcommand without one is not covered. */
export const rows: Readonly<Record<string, ProgramRow>> = {
  find: {
    words: true,
    flags:
      "L H P print print0 ls prune quit not and or a o true false depth d mount xdev follow readable writable executable " +
      "daystart noleaf warn nowarn empty nouser nogroup",
    valued:
      "name iname path ipath wholename iwholename regex iregex regextype type xtype maxdepth mindepth size mtime mmin atime amin " +
      "ctime cmin newer anewer cnewer newermt newerat newerct perm user group uid gid links inum samefile lname ilname printf used",
  },
  fd: {
    flags:
      "H I u s i g F a p L 0 1 q hidden no-ignore no-ignore-vcs unrestricted case-sensitive ignore-case glob fixed-strings " +
      "absolute-path full-path follow print0 quiet version help",
    valued:
      "t e E d c S max-depth min-depth exact-depth type extension exclude color size changed-within changed-before max-results",
  },
  git: {
    flags: "no-pager P no-optional-locks no-replace-objects literal-pathspecs icase-pathspecs version v",
    commands: true,
  },
  "git log": {
    flags:
      "# p u s w b z M C c m g i E F P q oneline graph all stat shortstat numstat dirstat summary name-only name-status patch no-patch " +
      "no-color color decorate no-decorate merges no-merges first-parent reverse follow abbrev-commit no-abbrev-commit raw cached " +
      "staged exit-code quiet check word-diff color-words minimal patience histogram ignore-all-space ignore-space-change " +
      "ignore-blank-lines function-context no-ext-diff no-textconv no-renames find-renames find-copies full-index binary branches " +
      "tags remotes topo-order date-order author-date-order full-history simplify-by-decoration left-right cherry-pick cherry " +
      "parents children show-signature no-prefix pickaxe-regex pickaxe-all no-index merge-base text relative date pretty format " +
      "abbrev diff-filter stat-width since after until before author committer grep max-count skip walk-reflogs numbered email " +
      "no-walk invert-grep all-match regexp-ignore-case extended-regexp perl-regexp fixed-strings count e porcelain line-porcelain " +
      "unified inter-hunk-context diff-algorithm boundary no-notes notes source clear-decorations",
    valued: "n S G L U since after until before author committer grep max-count skip unified",
  },
  "git rev-parse": {
    flags:
      "show-toplevel show-prefix show-cdup git-dir git-common-dir absolute-git-dir abbrev-ref verify short symbolic symbolic-full-name " +
      "is-inside-work-tree is-inside-git-dir is-bare-repository is-shallow-repository all branches tags remotes quiet q",
  },
  "git ls-files": {
    flags:
      "c d m o i s u t v z cached deleted modified others ignored stage unmerged exclude-standard full-name error-unmatch " +
      "directory no-empty-directory eol r l long name-only name-status object-only full-tree p e pretty batch batch-check all " +
      "tags always dirty contains heads head verify hash quiet q abbrev count sort format merged no-merged points-at a " +
      "is-ancestor octopus fork-point independent verbose human-readable H",
    valued: "x exclude",
  },
  "git grep": {
    flags:
      "i w n l L c v E F G P h H o q p W a I r cached untracked no-index ignore-case word-regexp invert-match line-number " +
      "files-with-matches files-without-match name-only count extended-regexp basic-regexp perl-regexp fixed-strings heading " +
      "break show-function function-context all-match and or not only-matching column no-color color quiet recursive",
    valued: "e A B C m max-depth after-context before-context context max-count threads",
  },
  "git status": {
    flags:
      "s b v u z short branch long verbose porcelain untracked-files ignored show-stash ahead-behind no-ahead-behind column renames",
  },
  "git add": {
    flags:
      "A u n v f N all update dry-run verbose force intent-to-add refresh ignore-errors renormalize no-all r q quiet cached " +
      "ignore-unmatch k",
  },
  "git commit": {
    flags:
      "a q v s n S all quiet verbose signoff no-verify amend no-edit allow-empty allow-empty-message dry-run short porcelain " +
      "reset-author no-gpg-sign cleanup",
    valued: "m F file message author date fixup squash trailer",
  },
  "git checkout": {
    flags:
      "b B c C f q t d l m p force quiet track no-track detach orphan ours theirs merge patch create force-create discard-changes " +
      "guess no-guess staged worktree S W overlay no-overlay",
    valued: "s source",
  },
  "git branch": {
    flags:
      "a r v vv l d D m M c C f q u list all remotes verbose delete move copy force quiet show-current merged no-merged contains " +
      "no-contains points-at set-upstream-to unset-upstream track no-track sort format column no-column color no-color i n " +
      "ignore-case s annotate sign no-sign message",
    valued: "message sort format",
  },
  "git tag": {
    flags: "a l d f n s v i list delete force annotate sign sort format contains no-contains merged no-merged points-at",
    valued: "m message",
  },
  "git merge": {
    flags:
      "q v n e x N ff no-ff ff-only squash no-squash commit no-commit stat no-stat no-edit abort continue quit quiet verbose signoff " +
      "no-verify allow-unrelated-histories autostash no-autostash skip soft mixed hard keep merge",
    valued: "m message",
  },
  "git rebase": {
    flags: "q v n abort continue skip quit autostash no-autostash quiet verbose stat no-stat no-verify autosquash",
    valued: "onto",
  },
  "git stash": {
    flags: "u a k q p S include-untracked all keep-index no-keep-index quiet patch staged index stat only-untracked oneline",
    valued: "m message",
  },
  "git fetch": {
    flags:
      "a p P t n f k q v 4 6 all prune prune-tags tags no-tags force keep quiet verbose progress dry-run unshallow " +
      "atomic ff ff-only no-ff rebase no-rebase r no-edit autostash no-autostash depth deepen heads refs symref exit-code sort",
    valued: "j jobs depth deepen",
    risky: ownRemote,
  },
  "git push": {
    flags:
      "u f d n q v 4 6 set-upstream force force-with-lease force-if-includes delete dry-run quiet verbose tags follow-tags all " +
      "branches mirror prune atomic no-verify progress porcelain no-force-with-lease",
    risky: ownRemote,
  },
  "git remote": { flags: "v verbose n all push", risky: ownRemote },
  "git clone": {
    flags:
      "q v n l s bare mirror quiet verbose progress no-checkout single-branch no-single-branch no-tags sparse depth branch filter",
    valued: "b o j depth branch filter jobs origin",
    risky: ownRemote,
  },
  "git init": { flags: "q quiet bare initial-branch", valued: "b initial-branch" },
  "git clean": { flags: "n f d x X q dry-run force quiet", valued: "e exclude" },
  tar: {
    flags:
      "c x t r u v z j J a k p h m O S d create extract get list append update diff verbose gzip bzip2 xz zstd auto-compress keep-old-files " +
      "preserve-permissions dereference touch to-stdout sparse no-same-owner no-same-permissions no-recursion force-local wildcards " +
      "numeric-owner totals strip-components exclude exclude-vcs sort mtime owner group file directory",
    valued: "f C b file directory exclude strip-components",
    bundle: true,
    // `host:archive` starts a remote shell.
    risky: ({ all }) => all.some((arg) => arg.includes(":")),
  },
  rg: {
    flags:
      "# i s S w x v n N l c o F P U H I a u L p q 0 . ignore-case case-sensitive smart-case word-regexp line-regexp invert-match " +
      "line-number no-line-number files-with-matches files-without-match count count-matches only-matching fixed-strings pcre2 " +
      "multiline multiline-dotall with-filename no-filename text unrestricted follow pretty quiet null hidden no-hidden no-ignore " +
      "no-ignore-vcs no-ignore-parent no-messages heading no-heading column no-column trim json stats files type-list vimgrep " +
      "color colors sort sortr passthru no-config crlf debug version help",
    valued:
      "e f g t T A B C m M j r d regexp file glob iglob type type-not type-add after-context before-context context max-count max-columns threads " +
      "replace max-depth max-filesize color colors sort sortr encoding E",
  },
  ag: {
    flags:
      "# i s S w v l L c n Q a u f r U t z H 0 ignore-case case-sensitive smart-case word-regexp invert-match literal hidden count nocolor color nogroup group column stats",
    valued: "A B C G m after before context ignore depth",
  },
  ack: {
    flags:
      "# i w v l L c n h H Q r R f g o s ignore-case word-regexp invert-match literal files-with-matches files-without-matches count nocolor color nogroup group noenv",
    valued: "A B C m type ignore-dir",
  },
  sort: {
    flags:
      "n r u f b d g h i M R s V z c C m reverse unique numeric-sort general-numeric-sort human-numeric-sort version-sort month-sort " +
      "ignore-case ignore-leading-blanks dictionary-order random-sort stable check zero-terminated merge key field-separator parallel",
    valued: "k t key field-separator parallel",
  },
  shuf: { flags: "e z r echo zero-terminated repeat head-count input-range", valued: "n i head-count input-range" },
  // The second name is the output.
  uniq: {
    flags:
      "c d u i z D count repeated unique ignore-case zero-terminated all-repeated group skip-fields skip-chars check-chars",
    valued: "f s w skip-fields skip-chars check-chars",
    risky: ({ names }) => names.length > 1,
  },
  xxd: { words: true, flags: "a b e i p ps u E", valued: "c cols g l len s seek o", risky: ({ names }) => names.length > 1 },
  sed: {
    flags: "n E r s u z quiet silent regexp-extended separate unbuffered null-data posix sandbox",
    valued: "e expression",
    risky: riskySed,
  },
  awk: { flags: "", valued: "F v", risky: ({ all }) => all.some((arg) => /system\s*\(|[|>@]|close\s*\(|getline/.test(arg)) },
  curl: {
    flags:
      "s S L f I i k v g G N 4 6 0 # silent show-error location fail fail-with-body head include insecure verbose globoff get no-buffer " +
      "compressed http1.1 http1.0 http2 http3 ipv4 ipv6 ssl-reqd tlsv1.2 tlsv1.3 no-progress-meter progress-bar path-as-is version help " +
      "raw tcp-nodelay no-keepalive",
    valued:
      "A H d X u e m x b F r y Y header data data-raw data-binary data-ascii data-urlencode json request user user-agent referer max-time " +
      "connect-timeout retry retry-delay retry-max-time max-redirs proxy cookie form form-string url range resolve cacert limit-rate",
  },
  wget: always,
  scp: { flags: "r p q C v B 3 4 6", valued: "P l i" },
  sftp: { flags: "r p q C v 4 6", valued: "P l i" },
  rsync: {
    flags:
      "a v z r l p t g o D n h P u c x H W q i k L R S A X m archive verbose compress recursive dry-run human-readable progress partial " +
      "checksum update delete delete-after delete-before delete-excluded itemize-changes stats links perms times existing ignore-existing " +
      "exclude include max-size min-size bwlimit size-only relative quiet one-file-system hard-links",
    valued: "exclude include max-size min-size bwlimit",
  },
  go: {
    words: true,
    flags: "v race short cover benchmem json failfast x n a work m u t d e mod trimpath buildvcs all src msan asan",
    valued: "f run count timeout bench list parallel cpu tags p shuffle benchtime skip covermode coverpkg",
  },
  cargo: {
    flags:
      "q v vv r release all workspace lib bins tests examples benches all-targets all-features no-default-features locked offline frozen " +
      "no-run no-fail-fast doc keep-going check quiet verbose no-deps version list",
    valued: "p j F package bin test example features exclude message-format color profile target jobs bench",
    // A toolchain by its path.
    risky: ({ names }) => names[0]?.startsWith("+") === true && names[0].includes("/"),
  },
  // npm takes any number of dashes, and every key of its config as a flag.
  npm: {
    words: true,
    flags:
      "s q d g D S E P O B f l p silent quiet verbose if-present ignore-scripts no-audit no-fund no-save no-optional json long parseable global " +
      "save save-dev save-exact save-prod save-optional save-peer production force legacy-peer-deps prefer-offline offline dry-run all " +
      "workspaces ws include-workspace-root no-progress version help v h omit include depth workspace loglevel audit-level package-lock-only",
    valued: "w workspace omit include depth loglevel audit-level",
    risky: ({ names }) => names.length > 0 && !npmCommands.test(names[0] ?? ""),
  },
  make: {
    flags:
      "# n s k B i q w j r R S dry-run just-print recon silent quiet keep-going always-make ignore-errors question jobs " +
      "no-print-directory print-directory version help output-sync O",
    // `SHELL=…`, `CC=…`.
    risky: ({ names }) => names.some((name) => name.includes("=")),
  },
  zip: { flags: "# r q j y u v X D recurse-paths quiet junk-paths", valued: "x i" },
  tree: {
    flags:
      "a d f i l p s h u g D r t C n N Q F v S J X x U c A q dirsfirst noreport prune gitignore inodes device du si matchdirs ignore-case " +
      "filesfirst version help",
    valued: "L P I filelimit charset sort timefmt gitfile",
  },
  yq: {
    flags:
      "r e j n N C M P c y unwrapScalar exit-status null-input no-doc colors no-colors prettyPrint raw-output compact-output ",
    valued: "o p I output-format input-format indent",
  },
  iconv: { flags: "c l s list silent from-code to-code", valued: "f t from-code to-code" },
  man: { flags: "k f a w K where whatis apropos all" },
  // `+!command`.
  less: {
    flags: "N S R F X i I n r E e M m s g G chop-long-lines quit-if-one-screen RAW-CONTROL-CHARS no-init LINE-NUMBERS",
    risky: ({ all }) => all.some((arg) => arg.startsWith("+")),
  },
  bat: {
    flags: "p n A pp plain number show-all style paging color language decorations wrap theme list-languages list-themes",
    valued: "l r language line-range style paging color decorations wrap theme highlight-line H",
  },
  vim: always,
  // A bare time sets the clock.
  date: {
    flags: "u R utc universal rfc-email rfc-2822 rfc-3339 iso-8601 date reference j n I",
    valued: "d r v date reference",
    risky: ({ names }) => names.some((name) => !name.startsWith("+")),
  },
  hg: { flags: "v q n g verbose quiet graph stat dry-run", valued: "r l rev limit" },
  svn: {
    flags: "v q N u g verbose quiet show-updates non-interactive summarize",
    valued: "r c l m revision depth limit message",
  },
  docker: { flags: "v version", commands: true },
  "docker ps": {
    flags:
      "a q s l n t f all quiet no-trunc size latest follow timestamps details format filter tail since until digests human no-stream volumes link services",
    valued: "f n format filter tail since until",
  },
  "docker stop": { flags: "f s v q time force link volumes all-tags quiet", valued: "t time" },
  "docker build": {
    flags: "q no-cache pull quiet force-rm rm tag target progress platform build-arg",
    valued: "t tag target progress platform build-arg",
  },
  "docker compose": {
    flags:
      "d q a build detach quiet all follow no-deps force-recreate remove-orphans volumes v wait pull no-color timestamps tail",
    risky: ({ names }) =>
      names.length > 0 && !/^(?:ps|logs|up|down|stop|start|restart|build|pull|images|top|ls)$/.test(names[0] ?? ""),
  },
};

/** Other names of the rows. */
export const sameAs: ReadonlyMap<string, string> = new Map(
  Object.entries({
    fd: "fdfind",
    find: "gfind",
    tar: "gtar,bsdtar",
    sed: "gsed",
    awk: "gawk,mawk,nawk,original-awk",
    make: "gmake",
    sort: "gsort",
    less: "more,most",
    bat: "batcat",
    vim: "vi,view,nvim,ex,rvim,vimdiff,gvim,emacs,nano,ed",
    docker: "podman",
    "git log":
      "git show,git diff,git whatchanged,git shortlog,git reflog,git blame,git annotate,git rev-list,git diff-tree,git diff-index,git diff-files",
    "git ls-files":
      "git ls-tree,git cat-file,git describe,git merge-base,git name-rev,git show-ref,git for-each-ref,git count-objects,git check-ignore",
    "git add": "git rm,git mv",
    "git checkout": "git switch,git restore",
    "git merge": "git reset,git revert,git cherry-pick",
    "git fetch": "git pull,git ls-remote",
    "docker ps":
      "docker images,docker logs,docker inspect,docker version,docker info,docker top,docker stats,docker port,docker diff,docker history",
    "docker stop": "docker start,docker restart,docker rm,docker rmi,docker pull,docker push,docker tag,docker kill",
  }).flatMap(([row, names]) => names.split(",").map((name) => [name, row] as const)),
);

/** `ext::sh -c …` starts a program, and hooks of a repository on this machine run when it is pushed to. */
function ownRemote({ names }: Arguments): boolean {
  return names.some((name) => name.includes("::") || /^(?:[./~]|file:)/i.test(name));
}

/** A sed script may hold `w file` and `e command`; only printing, deleting and plain substitution are known not to. */
export function riskySed({ names, values, isMixed }: Arguments): boolean {
  const scripts = values.map(({ value }) => value);
  if (scripts.length > 0 && isMixed) return true;
  return (scripts.length > 0 ? scripts : names.slice(0, 1)).some((script) => !plainSed.test(script));
}
