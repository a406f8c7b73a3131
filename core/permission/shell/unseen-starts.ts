/**
 * What a command starts that nobody can see in its words: text that only the program itself understands, a wrapper that is
 * not looked behind, a word that may become either when the line runs. Where deny or ask rules speak of commands, such a
 * command goes unasked by an exact rule only.
 */
import { readFlags } from "./flags.ts";
import { uncoverable } from "./program-flags.ts";
import { inert, rows, sameAs } from "./program-table.ts";
import { plainWord, type ShellWord } from "./word.ts";
import { looksBehind } from "./wrappers.ts";

/** Of git: no flag of these starts a program. Settings of the repository do, and are not among its words. */
const quietGit = new Set(
  (
    "add commit status rm mv checkout switch restore branch tag stash reset log show diff shortlog rev-parse rev-list ls-files ls-tree " +
    "cat-file describe blame merge cherry-pick revert merge-base show-ref for-each-ref count-objects check-ignore name-rev reflog init " +
    "clean version help diff-tree diff-index diff-files whatchanged annotate apply"
  ).split(" "),
);

/** Programs of the table of which no flag starts another; what the table objects to is only written. */
const onlyWrite = new Set("curl uniq shuf xxd tree date iconv yq".split(" "));

/** Programs that run text: which flags give it, and whether they run what they read when no file is named. */
const codeFlags: readonly { names: RegExp; flags: RegExp; reads: boolean }[] = [
  { names: /^(?:python[\d.]*|pypy[\d.]*)$/, flags: /^-[a-zA-Z]*c/, reads: true },
  { names: /^(?:node|nodejs|tsx|ts-node|bun)$/, flags: /^(?:-[a-zA-Z]*[ep]|--(?:ev|pr|e$|p$|r|im)|-r)/, reads: true },
  { names: /^(?:perl|ruby)[\d.]*$/, flags: /^-[a-zA-Z0-9]*[eEr]/, reads: true },
  { names: /^php[\d.]*$/, flags: /^(?:-[a-zA-Z]*[rBRE]|--(?:run|process))/, reads: true },
  {
    names: /^(?:lua|luajit|Rscript|osascript|tclsh|guile|groovy|scala|elixir|julia|irb)[\d.]*$/,
    flags: /^-[a-zA-Z]*e/,
    reads: true,
  },
  { names: /^deno$/, flags: /^eval$/, reads: false },
  { names: /^(?:sqlite3|psql|mysql|ftp|gdb|ed|ex|bc|dc|m4|emacs|nvim|jshell)$/, flags: /^(?:[^-]|-)/, reads: true },
];

/** What stands behind these is a program of a package, and may be any of those above. */
const runners: Readonly<Record<string, RegExp>> = {
  npx: /^$/,
  bunx: /^$/,
  uvx: /^$/,
  npm: /^(?:exec|x)$/,
  pnpm: /^(?:exec|dlx)$/,
  yarn: /^(?:exec|dlx|run)$/,
  uv: /^run$/,
  poetry: /^run$/,
  pipenv: /^run$/,
  bundle: /^exec$/,
  pipx: /^run$/,
};

/** Why nobody can tell which programs the command starts, or undefined. `words` begin with the name. */
export function unseenStart(words: readonly ShellWord[]): string | undefined {
  const [program, ...args] = words;
  if (program === undefined || !program.isLiteral) return undefined;
  const name = program.value.slice(program.value.lastIndexOf("/") + 1).toLowerCase();
  if (looksBehind(name)) return behindWrapper(name, args);
  const code = codeFlags.find(({ names }) => names.test(name));
  if (code !== undefined) return byCode(name, code, args);
  const runner = Object.hasOwn(runners, name) ? runners[name] : undefined;
  if (runner !== undefined) return byRunner(name, runner, args);
  return byTable(name, args, words);
}

function byTable(name: string, args: readonly ShellWord[], words: readonly ShellWord[]): string | undefined {
  const key = sameAs.get(name) ?? name;
  const isOther = inert.has(name) || onlyWrite.has(key);
  if (isOther) return undefined;
  if (key === "git") return byGit(args);
  if (key === "sed") return bySed(args);
  if (key === "awk") return byAwk(name, args);
  if (key === "wget")
    return args.some(({ value }) => /^(?:-[a-zA-Z]*e|--(?:u|co|exe))/.test(value)) ? textOf(name) : loose(name, args, "");
  const why = uncoverable(words.map(({ value }) => value));
  if (why !== undefined) return why;
  const row = Object.hasOwn(rows, key) ? rows[key] : undefined;
  return row === undefined ? undefined : loose(name, args, row.valued ?? "");
}

/** A word that may become a flag. One that is sure to be a flag's value, or stands behind `--`, is none. */
function loose(name: string, args: readonly ShellWord[], valued: string): string | undefined {
  const takesValue = new Set(valued.split(" "));
  for (const [at, word] of args.entries()) {
    if (word.isLiteral && word.value === "--") return undefined;
    if (word.isLiteral || word.isNoFlag) continue;
    const before = args[at - 1];
    const isValue = word.isOne && before?.isLiteral === true && takesValue.has(/^-+([^=]+)$/.exec(before.value)?.[1] ?? "");
    if (!isValue) return `${word.text || "what it reads"} may become a flag of ${name} that starts a program`;
  }
  return undefined;
}

function textOf(name: string): string {
  return `${name} starts what its arguments say`;
}

const plain = /^[\w@%+=:,./-]*$/;

/** Wrappers are looked behind where their flags are known; what some of them make of the words is a script again. */
function behindWrapper(name: string, args: readonly ShellWord[]): string | undefined {
  if (name === "find" || name === "gfind") return loose(name, args.slice(0, startOfExec(args)), findValued);
  const isScript =
    name === "watch" || (name === "sudo" && args.some(({ value }) => /^(?:-[a-zA-Z]*[is]|--(?:l|s))/.test(value)));
  if (isScript && args.some(({ isLiteral, value }) => !isLiteral || !plain.test(value))) return textOf(name);
  if (name === "flock" && args.some(({ value }) => /^(?:-[a-zA-Z]*c|--c)/.test(value))) return textOf(name);
  // An opaque wrapper with a flag that is not known is not looked behind.
  return undefined;
}

const findValued = rows["find"]?.valued ?? "";

function startOfExec(args: readonly ShellWord[]): number {
  const at = args.findIndex(({ value }) => /^-(?:exec|execdir|ok|okdir)$/.test(value));
  return at === -1 ? args.length : at;
}

function byCode(
  name: string,
  { flags, reads }: { flags: RegExp; reads: boolean },
  args: readonly ShellWord[],
): string | undefined {
  for (const word of args) {
    if (!word.isLiteral) return word.isNoFlag ? undefined : `${word.text} may become text that ${name} runs`;
    if (flags.test(word.value)) return textOf(name);
    if (/^--?(?:version|help|v|V|h)$/.test(word.value)) return undefined;
    // A module, or a file: its own text is not looked into.
    if (/^-m/.test(word.value) || (!word.value.startsWith("-") && word.value !== "-")) return undefined;
    if (word.value === "-") break;
  }
  return reads ? `${name} runs what it reads` : undefined;
}

function byRunner(name: string, sub: RegExp, args: readonly ShellWord[]): string | undefined {
  const first = args.findIndex(({ isLiteral, value }) => !isLiteral || !value.startsWith("-"));
  const flags = first === -1 ? args : args.slice(0, first);
  if (flags.some(({ value }) => /^(?:-c|--c)/.test(value))) return textOf(name);
  if (first === -1) return undefined;
  const word = args[first];
  if (word?.isLiteral === false) return `${word.text} names what ${name} starts`;
  if (sub.source === "^$") return unseenStart(args.slice(first));
  if (!sub.test(word?.value ?? "")) {
    // Of an unknown subcommand the flags are judged; pnpm and yarn take it for a program of the package.
    const isOther = word !== undefined && !/^(?:e|x|co|set)/.test(word.value);
    const judged = isOther ? args.map((arg, at) => (at === first ? plainWord("test") : arg)) : args;
    const packaged = name === "npm" ? undefined : unseenStart(args.slice(first));
    return packaged ?? byTable(name, judged, [plainWord(name), ...judged]);
  }
  const rest = args.slice(first + 1);
  const dashed = rest.findIndex(({ isLiteral, value }) => !isLiteral || !value.startsWith("-"));
  if ((dashed === -1 ? rest : rest.slice(0, dashed)).some(({ value }) => /^(?:-c|--c)/.test(value))) return textOf(name);
  const inner = dashed === -1 ? [] : rest.slice(dashed);
  if (inner[0]?.isLiteral === false) return `${inner[0].text} names what ${name} starts`;
  return unseenStart(inner);
}

const harmlessSetting = /^(?:user\.(?:name|email)|color\..*|core\.quotepath|advice\..*|init\.defaultbranch|commit\.gpgsign)=/i;

function byGit(args: readonly ShellWord[]): string | undefined {
  let at = 0;
  for (; at < args.length; at++) {
    const word = args[at];
    if (word === undefined) break;
    if (!word.isLiteral) return word.isNoFlag ? undefined : `${word.text} may become a flag of git that starts a program`;
    if (!word.value.startsWith("-")) break;
    if (/^-[Cc]$|^--(?:git-dir|work-tree|namespace)$/.test(word.value)) {
      const value = args[++at];
      const isQuiet = word.value !== "-c" || (value?.isLiteral === true && harmlessSetting.test(value.value));
      if (!isQuiet || (value?.isLiteral === false && !value.isOne)) return "a setting of git may start a program";
    } else if (/^-c|^--(?:config-env|exec-path=)/.test(word.value)) return "a setting of git may start a program";
  }
  const sub = args[at]?.value;
  if (sub === undefined || quietGit.has(sub)) return undefined;
  const rest = args.slice(at);
  if (sub === "config")
    return rest.some(({ isLiteral, value }) => !isLiteral || /^alias\./i.test(value)) ? textOf("git config") : undefined;
  const words = ["git", ...rest.map(({ value }) => value)];
  // A subcommand that is not in the table may be an alias of the repository: not among its words.
  return uncoverable(words) ?? loose(`git ${sub}`, rest, rows[`git ${sub}`]?.valued ?? "");
}

/** A longer script is not looked through: white space in it would cost its square. */
const mostSedChars = 4_000;
/** Scripts of which no command and no flag of `s` starts a program. */
const quietSed =
  /^(?:\s*[\d$,~+]*(?:\/[^/\n\\]*\/)?!?\s*(?:[pdqDGHNPhgnlx=]|s([^\w\s\\])(?:(?!\1)[^\\\n]|\\[^\n])*\1(?:(?!\1)[^\\\n]|\\[^\n])*\1[gipIM0-9]*)\s*(?:;|$))+$/;

function bySed(args: readonly ShellWord[]): string | undefined {
  const open = args.find(({ isLiteral, isNoFlag }) => !isLiteral && !isNoFlag);
  const values = args.map(({ value }) => value);
  const given = values.flatMap((value, at) => {
    const joined = /^(?:-[nErsuz]*e|--e[a-z]*=)(.*)$/s.exec(value);
    if (joined === null) return [];
    return joined[1] === "" ? [values[at + 1] ?? ""] : [joined[1] ?? ""];
  });
  if (values.some((value) => /^(?:-[a-zA-Z]*f|--fi)/.test(value))) return open === undefined ? undefined : textOf("sed");
  const first = args.findIndex(({ value }) => !value.startsWith("-"));
  const scripts = given.length > 0 ? given : first === -1 ? [] : [values[first] ?? ""];
  const isOpen = given.length > 0 || first === -1 ? false : args[first]?.isLiteral === false;
  if (open === undefined && !isOpen && scripts.every((script) => script.length <= mostSedChars && quietSed.test(script)))
    return undefined;
  return "the script may let sed start a program";
}

function byAwk(name: string, args: readonly ShellWord[]): string | undefined {
  const open = args.find(({ isLiteral, isNoFlag }) => !isLiteral && !isNoFlag);
  const values = args.map(({ value }) => value);
  const read = readFlags(values, { flags: "f file", valued: "F v f file" });
  const isTold = values.some((value) => /system|@|(?:^|[^|])\|(?:[^|]|$)|\\\n/.test(value));
  const isOpen = open !== undefined || args.find(({ value }) => !value.startsWith("-"))?.isLiteral === false;
  return isTold || isOpen || typeof read === "string" ? textOf(name) : undefined;
}
