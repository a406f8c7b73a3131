/**
 * Commands of installed plugins for the command table: from their manifests alone, before the config is read. Without a lock
 * nothing is loaded; which project it is, its folder says.
 */
import path from "node:path";
import { homeOf, paths } from "../../config/paths.ts";
import { hasLock, projectLockAbove, userLock } from "../community/locks.ts";
import type { GantryError } from "../contract/errors.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import type { ShellIo } from "./io.ts";

export interface InstalledCommands {
  installed: readonly PluginManifest[];
  /** Of all that are installed, disabled ones too. */
  known: readonly PluginManifest[];
  /** By command id: why it is not there. */
  refused: ReadonlyMap<string, GantryError>;
}

const none: InstalledCommands = { installed: [], known: [], refused: new Map() };

/** `cwd`: the folder that the command line names, or the shell's own. Never throws for what a store holds. */
export async function installedCommands(io: ShellIo, cwd: string | undefined): Promise<InstalledCommands> {
  const { dataHome } = paths(io.env);
  const folder = cwd === undefined ? folderOf(io) : path.resolve(folderOf(io), cwd);
  const inProject = projectLockAbove(folder, homeOf(io.env));
  if (!inProject && !hasLock(userLock(dataHome))) return none;
  const { commandsOf } = await import("../community/commands.ts");
  return await commandsOf({ io, cwd: folder, dataHome, inProject });
}

/** Help works in a folder that is gone. */
function folderOf(io: ShellIo): string {
  try {
    return io.cwd;
  } catch {
    return "/";
  }
}
