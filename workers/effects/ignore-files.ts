/**
 * The ignore rules of a folder tree as ripgrep reads them, for the engine without ripgrep: .rgignore before .ignore
 * before .gitignore, the nearest folder first; .gitignore counts up to the root of the repository.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Ignore } from "ignore";

const names = [".rgignore", ".ignore", ".gitignore"] as const;

interface Level {
  folder: string;
  rules: { name: string; ignore: Ignore }[];
  isGitRoot: boolean;
  parent: Level | undefined;
}

export type IgnoreLevel = Level;
type MakeIgnore = () => Ignore;

export async function loadIgnore(): Promise<MakeIgnore> {
  const { default: ignore } = await import("ignore");
  return () => ignore({ ignorecase: false, allowRelativePaths: true });
}

/** The rules that hold in `folder`, those of the folders above included. */
export function levelsAbove(folder: string, make: MakeIgnore): Level | undefined {
  const parent = dirname(folder);
  if (parent === folder) return undefined;
  return levelOf(parent, undefined, levelsAbove(parent, make), make);
}

/** The rules inside one folder; `entries` are its names where they are known already. */
export function levelOf(
  folder: string,
  entries: ReadonlySet<string> | undefined,
  parent: Level | undefined,
  make: MakeIgnore,
): Level {
  const has = (name: string) => entries?.has(name) ?? existsSync(`${folder}/${name}`);
  const rules: Level["rules"] = [];
  for (const name of names) {
    if (has(name)) addRules(rules, name, `${folder}/${name}`, make);
  }
  const isGitRoot = has(".git");
  if (isGitRoot) addRules(rules, "exclude", `${folder}/.git/info/exclude`, make);
  return { folder, rules, isGitRoot, parent };
}

function addRules(rules: Level["rules"], name: string, file: string, make: MakeIgnore): void {
  try {
    rules.push({ name, ignore: make().add(readFileSync(file, "utf8")) });
  } catch {
    // Not there, or not readable: it has no say, as with ripgrep.
  }
}

/** Whether `path` (absolute) is left out. The first rule that says anything decides. */
export function isIgnored(path: string, isFolder: boolean, level: Level): boolean {
  for (const name of [...names, "exclude"]) {
    for (let at: Level | undefined = level; at !== undefined; at = at.parent) {
      const rule = at.rules.find((candidate) => candidate.name === name);
      const below = path.slice(at.folder === "/" ? 1 : at.folder.length + 1);
      const said = rule?.ignore.test(isFolder ? `${below}/` : below);
      if (said?.ignored) return true;
      if (said?.unignored) return false;
      if (at.isGitRoot && (name === ".gitignore" || name === "exclude")) break;
    }
  }
  return false;
}
