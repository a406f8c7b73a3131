/**
 * THE table of known programs that start other programs or write files when a flag says so. A prefix or glob allow rule
 * never covers such a line: `Bash(find:*)` means looking, not `-delete`. An exact rule does.
 */

interface ProgramRow {
  /** Exact words, wherever they stand. */
  words?: readonly string[];
  /** Long flags; abbreviations and `=value` forms count too. */
  long?: readonly string[];
  /** Single letters, also inside a cluster (`-uo`). */
  letters?: string;
  /** A test of the arguments for what flags cannot say. */
  args?(args: readonly string[]): boolean;
}

/** Programs whose work is to run their arguments, or text: no prefix says what that will be. */
const wrappers = new Set(
  (
    "env sudo doas su xargs parallel nohup timeout gtimeout nice ionice chrt taskset time stdbuf setsid flock watch strace " +
    "ltrace script command builtin exec eval source . trap alias sh bash dash zsh ksh ash fish busybox toybox chroot unshare " +
    "nsenter systemd-run at batch entr ssh setpriv runuser pkexec caffeinate unbuffer expect noglob"
  ).split(" "),
);

const find = /^-(?:exec|execdir|ok|okdir|delete|fprint|fprint0|fprintf|fls)$/;
const plainSed = /^(?:(?:\d+|\$)?(?:,(?:\d+|\$))?[pdq=]|s\/[^/;\n]*\/[^/;\n]*\/[gipI0-9]*)$/;

const rows: Readonly<Record<string, ProgramRow>> = {
  find: { args: (args) => args.some((arg) => find.test(arg)) },
  fd: { long: ["--exec", "--exec-batch"], letters: "xX" },
  git: {
    long: ["--output", "--ext-diff", "--textconv", "--exec-path", "--config-env", "--upload-pack", "--receive-pack", "--exec"]
      .concat(["--open-files-in-pager", "--extcmd", "--output-directory", "--git-dir", "--work-tree", "--template", "--config"])
      .concat(["--upload-archive", "--separate-git-dir"]),
    args: riskyGit,
  },
  tar: {
    long: ["--to-command", "--checkpoint-action", "--use-compress-program", "--info-script", "--new-volume-script"].concat([
      "--rsh-command",
      "--rmt-command",
    ]),
    letters: "IF",
  },
  rg: { long: ["--pre", "--hostname-bin"] },
  ag: { long: ["--pager"] },
  ack: { long: ["--pager", "--output"] },
  sort: { long: ["--output", "--compress-program"], letters: "o" },
  // The second name is the output.
  uniq: { args: (args) => args.filter((arg) => !arg.startsWith("-")).length > 1 },
  sed: { long: ["--in-place", "--file"], letters: "if", args: riskySed },
  awk: {
    long: ["--file", "--include", "--load", "--exec"],
    letters: "fiElo",
    args: (args) => args.some((arg) => /system\s*\(|[|>]|close\s*\(|getline/.test(arg)),
  },
  curl: {
    long: [
      "--output",
      "--remote-name",
      "--config",
      "--output-dir",
      "--dump-header",
      "--cookie-jar",
      "--trace",
      "--stderr",
    ].concat(["--upload-file", "--libcurl", "--engine", "--etag-save", "--hsts", "--alt-svc"]),
    letters: "oOKDcTJ",
  },
  wget: { args: () => true },
  scp: { letters: "SoF" },
  sftp: { letters: "SobF" },
  rsync: { long: ["--rsh", "--rsync-path", "--log-file", "--config"], letters: "e" },
  go: {
    args: (args) => args.some((arg) => /^--?(?:exec|toolexec|o|overlay|vettool|modfile|ldflags|gcflags)(?:=|$)/.test(arg)),
  },
  cargo: { long: ["--config", "--target-dir"] },
  npm: { long: ["--script-shell", "--node-options", "--prefix", "--userconfig", "--globalconfig"] },
  make: { long: ["--eval", "--file", "--makefile", "--directory"], letters: "fCE" },
  zip: { long: ["--unzip-command"], letters: "T" },
  tree: { letters: "o" },
  yq: { long: ["--inplace", "--split-exp"], letters: "is" },
  iconv: { long: ["--output"], letters: "o" },
  man: { long: ["--pager", "--html", "--preprocessor"], letters: "PH" },
  less: { long: ["--log-file", "--LOG-FILE"], letters: "oO" },
  vim: { args: () => true },
  date: { long: ["--set"], letters: "s" },
  docker: { words: ["run", "exec", "--privileged"] },
};

const sameAs: Readonly<Record<string, string>> = {
  fdfind: "fd",
  gfind: "find",
  gtar: "tar",
  bsdtar: "tar",
  gsed: "sed",
  gawk: "awk",
  mawk: "awk",
  nawk: "awk",
  gmake: "make",
  gsort: "sort",
  vi: "vim",
  view: "vim",
  nvim: "vim",
  ex: "vim",
};

/** Whether the command may run a program that it names in its arguments. */
export function startsPrograms(words: readonly string[]): boolean {
  return uncoverable(words) !== undefined;
}

/** Why a prefix or glob rule does not cover this command, or undefined when it may. */
export function uncoverable(words: readonly string[]): string | undefined {
  const [program = "", ...args] = words;
  const name = nameOf(program);
  if (wrappers.has(name)) return `${name} runs whatever its arguments say`;
  const row = rows[sameAs[name] ?? name];
  if (row === undefined) return undefined;
  const risky = args.find((arg) => isRiskyFlag(arg, row));
  if (risky !== undefined) return `${name} ${risky} can start a program or write a file`;
  return row.args?.(args) === true ? `these arguments let ${name} start a program or write a file` : undefined;
}

function nameOf(program: string): string {
  return program.slice(program.lastIndexOf("/") + 1);
}

function isRiskyFlag(arg: string, { words, long, letters }: ProgramRow): boolean {
  if (words?.includes(arg) === true) return true;
  const flag = arg.split("=")[0] ?? "";
  if (flag.startsWith("--")) return flag.length > 2 && long?.some((name) => name.startsWith(flag)) === true;
  return letters !== undefined && /^-[A-Za-z0-9]/.test(arg) && [...arg.slice(1)].some((letter) => letters.includes(letter));
}

/** `-c` and `-C` mean config and folder only before the subcommand; `-x`, `-O` and `-o` start programs or write after some. */
function riskyGit(args: readonly string[]): boolean {
  const subAt = args.findIndex((arg) => !arg.startsWith("-"));
  const before = subAt === -1 ? args : args.slice(0, subAt);
  if (before.some((arg) => /^-[cC]/.test(arg))) return true;
  const sub = args[subAt] ?? "";
  const after = args.slice(subAt + 1);
  const has = (flag: RegExp) => after.some((arg) => flag.test(arg));
  if (after.some((arg) => /^ext::/.test(arg))) return true;
  if (sub === "grep") return has(/^-[A-Za-z]*O/);
  if (sub === "rebase" || sub === "difftool") return has(/^-[A-Za-z]*x/);
  if (sub === "archive" || sub === "format-patch") return has(/^-[A-Za-z]*o/);
  if (sub === "clone") return has(/^-[A-Za-z]*[uc]/);
  return sub === "bisect" || sub === "filter-branch" || sub === "submodule" || sub === "config" || sub === "mergetool";
}

/** A sed script may hold `w file` and `e command`; only printing, deleting and plain substitution are known not to. */
function riskySed(args: readonly string[]): boolean {
  const scripts = args.filter((_, index) => /^(?:-[A-Za-z]*e|--e[a-z]*)$/.test(args[index - 1] ?? ""));
  const positional = args.filter((arg) => !arg.startsWith("-"));
  const checked = scripts.length > 0 ? scripts : positional.slice(0, 1);
  const joined = args.filter((arg) => /^-[A-Za-z]*e.|^--e[a-z]*=/.test(arg));
  return joined.length > 0 || checked.some((script) => !plainSed.test(script));
}
