/** Folders of plugins for tests: files by name, and packages of this checkout copied in, for links out of a folder are refused. */
import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

export interface TestFolder {
  folder: string;
  write(files: Record<string, string>): Promise<void>;
  /** From the checkout's node_modules. */
  copyPackages(...names: string[]): Promise<void>;
  remove(): Promise<void>;
}

export async function createFolder(files: Record<string, string> = {}): Promise<TestFolder> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-plugin-")));
  const own: TestFolder = {
    folder,
    async write(more) {
      for (const [name, text] of Object.entries(more)) {
        await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
        await writeFile(path.join(folder, name), text);
      }
    },
    async copyPackages(...names) {
      const modules = path.join(import.meta.dirname, "../../node_modules");
      for (const name of names) {
        await cp(await realpath(path.join(modules, name)), path.join(folder, "node_modules", name), {
          recursive: true,
          dereference: true,
        });
      }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  await own.write(files);
  return own;
}
