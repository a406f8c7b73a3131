import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type LoadedConfig, type LoadFlags, loadConfig } from "../../config/load.ts";

export interface Place {
  home: string;
  project: string;
  userFolder: string;
  managedFolder: string;
  env: Record<string, string | undefined>;
  /** Below the project; makes folders. Its path. */
  write(name: string, content: string | object): string;
  writeUser(name: string, content: string | object): string;
  writeManaged(name: string, content: string | object): string;
  read(path: string): string;
  load(options?: { flags?: LoadFlags; env?: Record<string, string>; cwd?: string }): Promise<LoadedConfig>;
}

/** A home, a project with .git in it and a managed folder, all real and gone after the test. */
export function createPlace(): Place {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "gantry-config-")));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const home = join(root, "home");
  const project = join(home, "work", "app");
  const userFolder = join(home, ".config", "gantry");
  const managedFolder = join(root, "etc");
  mkdirSync(join(project, ".git"), { recursive: true });
  const env = { HOME: home };
  const writeIn = (folder: string) => (name: string, content: string | object) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content, null, 2));
    return path;
  };
  return {
    home,
    project,
    userFolder,
    managedFolder,
    env,
    write: writeIn(project),
    writeUser: writeIn(userFolder),
    writeManaged: writeIn(managedFolder),
    read: (path) => readFileSync(path, "utf8"),
    load: async ({ flags = {}, env: more = {}, cwd = project } = {}) =>
      await loadConfig({ cwd, env: { ...env, ...more }, flags, managedFolder }),
  };
}
