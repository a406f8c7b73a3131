/** Where this user's own files live: the XDG base folders, or one folder for all with GANTRY_HOME. */
import { homedir } from "node:os";
import { basename, isAbsolute, join, resolve } from "node:path";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Absolute folders that are Gantry's own (`…/gantry` below each XDG base); none need exist. */
export interface GantryPaths {
  /** config.*, projects/. With GANTRY_HOME: that folder itself. */
  configHome: string;
  /** sessions/, trust/. */
  stateHome: string;
  /** plugins/. */
  dataHome: string;
  cacheHome: string;
}

export function paths(env: Environment): GantryPaths {
  const own = env["GANTRY_HOME"];
  if (own !== undefined && own !== "") {
    const root = resolve(own);
    return { configHome: root, stateHome: join(root, "state"), dataHome: join(root, "data"), cacheHome: join(root, "cache") };
  }
  const home = homeOf(env);
  return {
    configHome: join(xdg(env["XDG_CONFIG_HOME"], home, ".config"), "gantry"),
    stateHome: join(xdg(env["XDG_STATE_HOME"], home, ".local/state"), "gantry"),
    dataHome: join(xdg(env["XDG_DATA_HOME"], home, ".local/share"), "gantry"),
    cacheHome: join(xdg(env["XDG_CACHE_HOME"], home, ".cache"), "gantry"),
  };
}

/** Names that are ours and set no config. GANTRY_RUN marks what a run started, another gantry included (workers/descendants.ts). */
export const reservedNames: ReadonlySet<string> = new Set(["GANTRY_HOME", "GANTRY_DEBUG", "GANTRY_RUN"]);

export function isConfigVariable(name: string): boolean {
  return name.startsWith("GANTRY_") && !reservedNames.has(name);
}

export function homeOf(env: Environment): string {
  const home = env["HOME"];
  return home !== undefined && isAbsolute(home) ? home : homedir();
}

/** A file name for a project, readable and its own: the folder's name and a hash of the real path. */
export function projectSlug(project: string): string {
  const readable =
    basename(project)
      .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
      .slice(0, 40) || "root";
  return `${readable}-${sha256(project).slice(0, 16)}`;
}

/** The basedir specification has relative values ignored. */
function xdg(value: string | undefined, home: string, fallback: string): string {
  return value !== undefined && isAbsolute(value) ? value : join(home, fallback);
}

/** Hex. The module is taken when it is first needed: it costs 3 ms, and a start without trust or local rules needs no hash. */
export function sha256(text: string | Uint8Array): string {
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(text).digest("hex");
}
