/** THE table of programs whose arguments name files that they change. Only deny and ask rules for Edit look at these. */
import { basename } from "node:path";
import type { ShellRead } from "./facts.ts";
import type { ShellWord } from "./word.ts";

/** Which names are changed. `last`: the last one, or what stands for the others in that folder; `moved`: those and the others too. */
const writers: ReadonlyMap<string, "all" | "last" | "moved"> = new Map([
  ...["tee", "touch", "mkdir", "rmdir", "rm", "unlink", "truncate", "shred", "sed", "gsed"].map(
    (name) => [name, "all"] as const,
  ),
  ...["cp", "install", "ln"].map((name) => [name, "last"] as const),
  ["mv", "moved"],
]);

export function writesOf(name: string, words: readonly ShellWord[]): ShellRead[] {
  const args = words.slice(1);
  if (name === "dd") return args.flatMap((word) => (/^of=./.test(word.value) ? [fileOf(word, word.value.slice(3))] : []));
  const kind = writers.get(name);
  if (kind === undefined) return [];
  if (/sed$/.test(name) && !args.some(({ value }) => /^(?:-[a-zA-Z]*i|--in)/.test(value))) return [];
  const names = namesOf(args);
  if (kind === "all") return names.flatMap(filesOf);
  const given = targetFolder(args);
  const target = given ?? names.at(-1);
  if (target === undefined) return [];
  const others = given === undefined ? names.slice(0, -1) : names;
  const within = others.flatMap(({ path }) =>
    path === undefined || target.path === undefined ? [] : [`${target.path}/${basename(path)}`],
  );
  return [
    ...filesOf(target),
    ...within.map((path) => fileOf(target, path)),
    ...(kind === "moved" ? others.flatMap(filesOf) : []),
  ];
}

function namesOf(args: readonly ShellWord[]): ShellWord[] {
  const end = args.findIndex(({ value }) => value === "--");
  return args.filter(({ value }, at) => (end !== -1 && at > end) || !value.startsWith("-"));
}

/** The value of `-t` and `--target-directory`. */
function targetFolder(args: readonly ShellWord[]): ShellWord | undefined {
  for (const [at, word] of args.entries()) {
    const value = /^(?:-[a-zA-Z]*t|--target-directory=?)(.*)$/s.exec(word.value)?.[1];
    if (value === "") return args[at + 1];
    if (value !== undefined) return { ...word, value, path: value };
  }
  return undefined;
}

function fileOf({ text }: ShellWord, target: string): ShellRead {
  return { target, text, isGlob: false, byArgument: true };
}

function filesOf({ text, path, isGlob, patterns }: ShellWord): ShellRead[] {
  if (path === undefined && patterns === undefined) return [];
  return [{ target: path, text, isGlob, byArgument: true, ...(patterns && { patterns }) }];
}
