/** Opens the folder (or the folder of the one file) that a list or search is about. */
import { closeSync, lstatSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, relative } from "node:path";
import { GantryError } from "../../core/contract/errors.ts";
import { confine } from "../../core/permission/files/confined-path.ts";
import type { EffectEnv } from "./effect.ts";
import { nearNames } from "./near-names.ts";
import { kindOf, openFolder } from "./open-confined.ts";
import type { SearchFolder } from "./ripgrep.ts";
import { demandReal } from "./visible.ts";

export interface SearchStart extends SearchFolder {
  /** Set when one file is searched: its name in `real`. */
  file: string | undefined;
  /** Put before a path relative to `real`, gives the path as seen from cwd, or an absolute one from outside of it. */
  prefix: string;
}

export interface FoundFiles {
  /** Relative to the folder, `/` between the parts. */
  paths: string[];
  /** There were more than could be held. */
  cut: boolean;
}

/** Gives `use` the open folder and closes it at the end. FILE_NOT_FOUND, FILE_NOT_REGULAR, PATH_*. */
export async function withSearchStart<T>(
  path: string | undefined,
  env: EffectEnv,
  use: (start: SearchStart) => Promise<T>,
): Promise<T> {
  const { real } = await confine(path ?? env.cwd, { cwd: env.cwd, home: env.home, reach: env.reach, intent: "search" });
  demandReal(real, env, path, { isFolder: true });
  const stat = lstatSync(real, { throwIfNoEntry: false });
  if (stat === undefined) throw new GantryError("FILE_NOT_FOUND", `${real} does not exist${await nearNames(real, env)}`);
  if (!stat.isDirectory() && !stat.isFile()) {
    throw new GantryError("FILE_NOT_REGULAR", `${real} is ${kindOf(stat)}; only files and folders are searched`);
  }
  const folder = stat.isDirectory() ? real : dirname(real);
  const fd = openFolder(folder);
  try {
    const file = stat.isDirectory() ? undefined : basename(real);
    return await use({ fd, real: folder, file, prefix: prefixOf(folder, env.cwd) });
  } finally {
    closeSync(fd);
  }
}

/** Whether what was found below `folder` is still there and not behind a link that was put in its way since. */
export function isStillBelow(folder: string, path: string): boolean {
  try {
    return realpathSync.native(`${folder}/${path}`) === `${folder === "/" ? "" : folder}/${path}`;
  } catch {
    return false;
  }
}

function prefixOf(folder: string, cwd: string): string {
  const path = relative(cwd, folder);
  if (path === "") return "";
  const shown = path.startsWith("..") || isAbsolute(path) ? folder : path;
  return shown.endsWith("/") ? shown : `${shown}/`;
}
