/** What the text of a hook's command line says about the files it starts: no shell is asked, so some can only be said to be there. */
import { isObject, type Json } from "../core/contract/messages.ts";

export interface HookWords {
  /** Each may name a file. */
  words: string[];
  /** Their last parts: programs may be among them. */
  names: string[];
  /** Where the line goes before it starts something: `cd DIR`, `make -C DIR`, in order. */
  folders: string[];
  /** What the runners in it read, wherever they are started. */
  read: string[];
  /** The line may start files that none of the words names. */
  startsOthers: boolean;
}

/** A command line with more words than this is no command line, and may hide one. */
const maxWords = 200;
/** Each doubles the places where a word may lead. */
const maxFolders = 4;
const scripts = ["package.json", ".npmrc"];
const rules = ["GNUmakefile", "makefile", "Makefile"];

/** Programs that start what a file of theirs, or their input, says; with the files that are plain to find. */
const runners: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ...["npm", "npx", "pnpm", "pnpx", "yarn", "bun", "bunx"].map((name) => [name, scripts] as const),
  ...["make", "gmake"].map((name) => [name, rules] as const),
  ["just", ["justfile", "Justfile", ".justfile"]],
  ["task", ["Taskfile.yml", "Taskfile.yaml"]],
  ["rake", ["Rakefile"]],
  ["deno", ["deno.json", "deno.jsonc"]],
  ["composer", ["composer.json"]],
  ["pre-commit", [".pre-commit-config.yaml"]],
  ["lefthook", ["lefthook.yml"]],
  ["tox", ["tox.ini"]],
  ["cargo", ["Cargo.toml", "build.rs"]],
  ...["eval", "find", "xargs", "parallel", "run-parts", "git", "go", "gradle", "mvn", "ant", "bazel", "ninja"].map(
    (name) => [name, []] as const,
  ),
  ...[
    "cmake",
    "ctest",
    "nox",
    "uv",
    "uvx",
    "pipx",
    "pdm",
    "poetry",
    "pipenv",
    "hatch",
    "bundle",
    "mise",
    "turbo",
    "nx",
    "lerna",
    "husky",
  ].map((name) => [name, []] as const),
  ...["pytest", "jest", "vitest", "mocha", "tsx", "ts-node", "nodemon", "dotnet", "corepack", "docker", "podman"].map(
    (name) => [name, []] as const,
  ),
]);

interface Folders {
  root: string;
  home: string;
}

export function hookWords(handler: Json, places: Folders): HookWords | undefined {
  if (!isObject(handler) || typeof handler["command"] !== "string") return undefined;
  const { command } = handler;
  const given = handler["args"];
  const args = Array.isArray(given) ? given.filter((arg) => typeof arg === "string") : [];
  const texts = [command, ...args].map(marked);
  const placed = (word: string): string => word.replaceAll(rootMark, () => places.root).replaceAll(homeMark, () => places.home);
  const all = [...new Set(texts.flatMap((text) => [text, ...unquotedWords(text), ...quotedWords(text)]))].filter(isName);
  const names = all.map((word) => word.slice(word.lastIndexOf("/") + 1));
  const found = names.flatMap((name) => runners.get(name) ?? []);
  const isLine = given === undefined || /(?:^|\/)(?:env|(?:ba|da|z|k|a)?sh)$/.test(command.trim());
  const folders = goesTo(texts.map((text) => (/\s/.test(text) ? text : `${text} `)).join(" "));
  return {
    words: all.slice(0, maxWords).map(placed),
    names,
    folders: folders.slice(0, maxFolders).map(placed),
    read: [...new Set(found)],
    startsOthers:
      all.length > maxWords ||
      folders.length > maxFolders ||
      names.some((name) => runners.has(name)) ||
      (isLine && texts.some((text) => isSpelledByShell(text))),
  };
}

/** One letter each while words are looked for: a folder's name may have blanks and stars. */
const [rootMark, homeMark] = ["\ue000", "\ue001"];

function marked(text: string): string {
  return text
    .replaceAll(/\$\{(?:CLAUDE|GANTRY)_PROJECT_DIR\}|\$(?:CLAUDE|GANTRY)_PROJECT_DIR\b/g, rootMark)
    .replaceAll(/(?<=^|[\s"'=:;&|(])(?:~|\$\{HOME\}|\$HOME)(?=\/)/g, homeMark);
}

const isName = (word: string): boolean => word !== "" && word.length <= 4096 && !word.includes("\0");
const bare = (word: string): string => word.replaceAll(/["'\\]/g, "");

/** Whatever stands between what ends a word, quoted or not: a quoted line is a line too. A flag may hold its value. */
function unquotedWords(text: string): string[] {
  return text.split(/[\s;&|<>()`={}]+/).flatMap((word) => {
    const plain = bare(word);
    return /^-[A-Za-z]./.test(plain) ? [plain, plain.slice(2)] : [plain];
  });
}

/** As a shell takes them: a quoted blank does not end a word. */
function quotedWords(text: string): string[] {
  return (text.match(/(?:"(?:[^"\\]|\\[\s\S])*"|'[^']*'|\\[\s\S]|[^\s;&|<>()`="'\\])+/g) ?? []).map(bare);
}

const folderWords =
  /(?:(?:^|[\s;&|({"'`])(?:cd|pushd|-C|--prefix|--cwd|--dir|--directory)(?:\s+--)?[\s=]+)("[^"]*"|'[^']*'|[^\s;&|)"'`]+)/g;

function goesTo(text: string): string[] {
  return [...text.matchAll(folderWords)].map(([, word = ""]) => bare(word)).filter(isName);
}

/** Variables, patterns and what another command prints. In quotes a pattern is none, but where the quoted is a line itself. */
function isSpelledByShell(text: string): boolean {
  const hasInner = /(?:^|[\s/])(?:env|(?:ba|da|z|k|a)?sh)\s+(?:-\S+\s+)*-\w*c\b/.test(text);
  const open = hasInner ? text : text.replaceAll(/'[^']*'/g, "''");
  const outside = hasInner ? text : open.replaceAll(/"(?:[^"\\]|\\[\s\S])*"/g, '""');
  return /\$[A-Za-z_{(']|`/.test(open) || /[*?]|\[[^\s\]]+\]|\{[^\s{}]*(?:,|\.\.)[^\s{}]*\}/.test(outside);
}
