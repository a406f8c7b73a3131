/** The folders of one plugin under test: a home of its own, and in it the workspace. Gone when it is closed. */
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { GantryError } from "../../contract/errors.ts";

export interface Place {
  /** Absolute and real, as the others. */
  home: string;
  workspace: string;
  /** What the plugin stores is in this file. */
  storageFile: string;
  outputDir: string;
  read(file: string): Promise<string>;
  write(file: string, content: string | Uint8Array): Promise<void>;
  remove(): Promise<void>;
}

/** USAGE_INVALID for a file outside the workspace. */
export async function makePlace(files: Readonly<Record<string, string | Uint8Array>>): Promise<Place> {
  const home = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-plugin-")));
  const workspace = path.join(home, "work");
  const remove = (): Promise<void> => rm(home, { recursive: true, force: true, maxRetries: 5 });
  const inside = (file: string): string => {
    const whole = path.resolve(workspace, file);
    if (whole.startsWith(`${workspace}${path.sep}`)) return whole;
    throw new GantryError("USAGE_INVALID", `${file} is not a file of the workspace ${workspace}`);
  };
  const write = async (file: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(path.dirname(inside(file)), { recursive: true });
    await writeFile(inside(file), content);
  };
  try {
    await mkdir(path.join(workspace, ".git"), { recursive: true });
    for (const [file, content] of Object.entries(files)) await write(file, content);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    ...{ home, workspace, write, remove },
    storageFile: path.join(home, "storage.json"),
    outputDir: path.join(home, "output"),
    read: async (file) => await readFile(inside(file), "utf8"),
  };
}
