/** Where the locks of installed plugins are, found by looks at names: what every start without a community plugin pays. */
import { statSync } from "node:fs";
import path from "node:path";

export const userLock = (dataHome: string): string => path.join(dataHome, "plugins", "lock.json");
export const projectLock = (project: string): string => path.join(project, ".gantry", "plugins.lock.json");

export function hasLock(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // What cannot be looked at counts as there, so that reading it says why not.
    return true;
  }
}

/** Whether a folder from `cwd` upward has one; never the home folder or what is above it. */
export function projectLockAbove(cwd: string, home: string): boolean {
  for (let folder = cwd; folder !== home && folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if (hasLock(projectLock(folder))) return true;
  }
  return false;
}
