/** Which files each layer has, found by looking at names only: a start without any config reads nothing and loads no parser. */
import { basename, dirname, extname, join, resolve, sep } from "node:path";
import { GantryError } from "../core/contract/errors.ts";
import type { ConfigProblem, ConfigSource } from "../core/contract/host.ts";
import { kindOf, maxConfigBytes, namesIn, realPathOf } from "./files.ts";
import type { LoadOptions } from "./loaded.ts";
import { type GantryPaths, homeOf, paths, projectSlug } from "./paths.ts";
import { configNamesAt, findProject, type Project } from "./project.ts";
import { mcpFileName } from "./server-layers.ts";

export interface SourceFile {
  layer: ConfigSource["layer"];
  path: string;
  base: string;
}

export interface Sources {
  paths: GantryPaths;
  /** Real paths. */
  home: string;
  cwd: string;
  project: Project;
  /** This user's own file for the project, there or not. */
  localFile(): string;
  /** Lowest layer first; regular files of a format that is data. */
  files: SourceFile[];
  problems: ConfigProblem[];
  /** The layer whose file stands, or would stand, in the folder of `path`. */
  layerOf(path: string): ConfigSource["layer"] | undefined;
  /** The project's name in this user's own folders. */
  slug(): string;
  /** Every path where a layer's file may be, there or not. */
  watched(): string[];
  /** Where each layer's file is, or would be. */
  layerPaths(): { layer: string; path: string }[];
}

export async function findSources({ cwd, env, flags, instead, managedFolder = "/etc/gantry" }: LoadOptions): Promise<Sources> {
  const own = paths(env);
  const [realCwd, realHome, ownNames, managedNames] = await Promise.all([
    realPathOf(resolve(cwd)),
    realPathOf(homeOf(env)),
    namesIn(own.configHome),
    namesIn(managedFolder),
  ]);
  if (realCwd === undefined) throw new GantryError("USAGE_INVALID", `the working folder ${cwd} does not exist`);
  const home = realHome ?? homeOf(env);
  const project = await findProject(realCwd, home);
  const problems: ConfigProblem[] = [];
  const localFile = (): string => join(own.configHome, "projects", `${projectSlug(project.root)}.json`);
  const user =
    flags.config === undefined ? named(own.configHome, "config", ownNames, problems) : [await givenFile(flags.config, realCwd)];
  const managed = named(managedFolder, "managed", managedNames, problems);
  const projectFile = projectFiles(project, problems);
  const candidates: SourceFile[] = [
    ...user.map((path) => ({ layer: "user" as const, path, base: dirname(path) })),
    ...projectFile.map((path) => ({ layer: "project" as const, path, base: project.root })),
    ...(ownNames.includes("projects") ? [{ layer: "local" as const, path: localFile(), base: project.root }] : []),
    ...managed.map((path) => ({ layer: "managed" as const, path, base: "/" })),
  ];
  const files = (await Promise.all(candidates.map(async (file) => await readable(file, problems)))).flat();
  if (instead !== undefined && !files.some(({ path }) => path === instead.path)) {
    const base = instead.layer === "user" ? dirname(instead.path) : project.root;
    files.push({ layer: instead.layer, path: instead.path, base });
  }
  const layerOf = (path: string): ConfigSource["layer"] | undefined => {
    const folder = dirname(path);
    if (folder === own.configHome || user.includes(path)) return "user";
    if (folder === project.root) return "project";
    if (path === localFile()) return "local";
    return folder === managedFolder ? "managed" : undefined;
  };
  const watched = (): string[] => [
    ...(flags.config === undefined ? dataEndings.map((ending) => join(own.configHome, `config.${ending}`)) : user),
    ...configNamesAt(project.root),
    join(project.root, mcpFileName),
    ...(flags.mcpConfig ?? []).map((file) => resolve(realCwd, file)),
    localFile(),
    ...dataEndings.map((ending) => join(managedFolder, `managed.${ending}`)),
  ];
  const layerPaths = (): { layer: string; path: string }[] => [
    { layer: "user", path: user[0] ?? join(own.configHome, "config.json") },
    { layer: "project", path: project.files[0] ?? join(project.root, "gantry.config.jsonc") },
    { layer: "local", path: localFile() },
    { layer: "managed", path: managed[0] ?? join(managedFolder, "managed.json") },
  ];
  return {
    paths: own,
    home,
    cwd: realCwd,
    project,
    localFile,
    files,
    problems,
    layerOf,
    slug: () => projectSlug(project.root),
    watched,
    layerPaths,
  };
}

const dataEndings = ["json", "jsonc", "yaml", "yml"];
const programEndings = ["ts", "js", "mjs", "cjs", "mts", "cts"];

/** `<stem>.json` and its like in a folder; two of them are a problem, and so is a program. */
function named(folder: string, stem: string, names: readonly string[], problems: ConfigProblem[]): string[] {
  for (const name of programEndings.map((ending) => `${stem}.${ending}`).filter((one) => names.includes(one))) {
    problems.push(program(join(folder, name), `${stem}.json`));
  }
  return onlyOne(
    dataEndings
      .map((ending) => `${stem}.${ending}`)
      .filter((name) => names.includes(name))
      .map((name) => join(folder, name)),
    problems,
  );
}

function projectFiles(project: Project, problems: ConfigProblem[]): string[] {
  for (const path of project.programs) problems.push(program(path, "gantry.config.jsonc"));
  if (!project.isHome) return onlyOne(project.files, problems);
  for (const file of project.files) {
    const message = "this file is not read: the home folder, and what is above it, is never a project";
    problems.push({
      code: "CONFIG_INVALID",
      message,
      file,
      hint: "Move it to the user config; gantry config path says where that is.",
    });
  }
  return [];
}

function onlyOne(files: readonly string[], problems: ConfigProblem[]): string[] {
  const [first, ...others] = files;
  if (first === undefined) return [];
  if (others.length === 0) return [first];
  const message = `${files.map((file) => basename(file)).join(" and ")} are both here: only one may hold the config`;
  problems.push({ code: "CONFIG_INVALID", message, file: first, hint: "Keep one of them; none of them is used until then." });
  return [];
}

function program(file: string, instead: string): ConfigProblem {
  const message = `${basename(file)} is a program, and config is data: it is never run`;
  return { code: "CONFIG_INVALID", message, file, hint: `Write what it says as data in ${instead}, and take it away.` };
}

async function givenFile(text: string, cwd: string): Promise<string> {
  const path = resolve(cwd, text);
  if ((await kindOf(path)) === undefined) throw new GantryError("CONFIG_NOT_FOUND", `--config ${text}: there is no ${path}`);
  return path;
}

/** None when it is not there. Not a pipe that never ends, not a folder, not a program, not a gigabyte. */
export async function readable(file: SourceFile, problems: ConfigProblem[]): Promise<SourceFile[]> {
  const found = await kindOf(file.path);
  if (found === undefined) return [];
  const ending = extname(basename(file.path)).slice(1);
  let message: string | undefined;
  if (await leadsOut(file)) message = "this file is a link to a place outside the project; it is not read";
  else if (found.kind !== "file") message = "this is not a regular file that can be read";
  else if (found.bytes > maxConfigBytes) message = `this file has ${found.bytes} bytes; a config may have ${maxConfigBytes}`;
  else if (ending !== "" && !dataEndings.includes(ending)) message = `.${ending} is no config format; JSON and YAML are`;
  if (message === undefined) return [file];
  problems.push({ code: "CONFIG_INVALID", message, file: file.path });
  return [];
}

/** What such a file says may be anything of this user's, and would be told in problems. */
async function leadsOut({ layer, path, base }: SourceFile): Promise<boolean> {
  if (layer !== "project") return false;
  const real = await realPathOf(path).catch(() => undefined);
  return real !== undefined && real !== path && !real.startsWith(base.endsWith(sep) ? base : base + sep);
}
