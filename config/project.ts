/**
 * Where a project starts: the nearest folder upward that holds a Gantry config or .git, never HOME nor a folder above it;
 * else the working folder. Nothing above the root is read.
 */
import { dirname, join, sep } from "node:path";
import { kindOf, maxConfigBytes, present, readText } from "./files.ts";

export const manifestName = "package.json";
const dataNames = [
  "gantry.config.json",
  "gantry.config.jsonc",
  "gantry.config.yaml",
  "gantry.config.yml",
  ".gantryrc",
  ".gantryrc.json",
  ".gantryrc.yaml",
  ".gantryrc.yml",
] as const;

const codeNames = ["gantry.config", ".gantryrc"].flatMap((name) =>
  ["ts", "js", "mjs", "cjs", "mts", "cts"].map((extension) => `${name}.${extension}`),
);

export interface Project {
  /** Absolute and real. */
  root: string;
  /** Config files at the root; more than one is a problem. package.json only when it has a `gantry` key. */
  files: string[];
  /** Files that look like a config and are programs: never run, always a problem. */
  programs: string[];
  /** The root is HOME or above it, so that its files are no project's. */
  isHome: boolean;
}

/** `cwd` and `home` are real paths. */
export async function findProject(cwd: string, home: string): Promise<Project> {
  for (let folder = cwd; !holds(folder, home); folder = dirname(folder)) {
    const { files, programs, hasGit } = await lookAt(folder);
    if (files.length + programs.length > 0 || hasGit) return { root: folder, files, programs, isHome: false };
  }
  if (!holds(cwd, home)) return { root: cwd, files: [], programs: [], isHome: false };
  const { files, programs } = await lookAt(cwd);
  return { root: cwd, files, programs, isHome: true };
}

/** Every name at a project's root that counts as its config, there or not. */
export function configNamesAt(root: string): string[] {
  return [...dataNames, ...codeNames, manifestName].map((name) => join(root, name));
}

async function lookAt(folder: string): Promise<{ files: string[]; programs: string[]; hasGit: boolean }> {
  const files = present(folder, dataNames);
  const [manifest] = present(folder, [manifestName]);
  if (manifest !== undefined && (await hasOwnKey(manifest))) files.push(manifest);
  return { files, programs: present(folder, codeNames), hasGit: present(folder, [".git"]).length > 0 };
}

/** However the key is written (JSON has escapes). A package.json that is too broken to tell but names it counts, so that its fault is shown. */
async function hasOwnKey(manifest: string): Promise<boolean> {
  const found = await kindOf(manifest);
  if (found?.kind !== "file" || found.bytes > maxConfigBytes) return false;
  const text = (await readText(manifest)) ?? "";
  try {
    const data: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    return typeof data === "object" && data !== null && Object.hasOwn(data, "gantry");
  } catch {
    return /"gantry"\s*:\s*\{/.test(text);
  }
}

function holds(folder: string, home: string): boolean {
  return folder === home || home.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
