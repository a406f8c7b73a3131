/** The clean place of one scenario: a workspace with `.git`, a HOME, a folder for temporary files, an environment of a few names. */
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { messageOf } from "gantry/errors";
import { makeTempFolder } from "../temp-folder.ts";
import { environmentOf } from "./environment.ts";
import type { Failure } from "./failure.ts";
import type { FilesToWrite, Scenario } from "./format.ts";

export interface Workspace {
  readonly root: string;
  readonly folder: string;
  readonly home: string;
  env(modelUrl: string): Record<string, string>;
  remove(): Promise<void>;
}

/** Below the system's temporary folder. `cache` is shared: it holds compiled code, which is the same for all. */
export async function makeWorkspace(scenario: Scenario, { cache }: { cache: string | undefined }): Promise<Workspace> {
  const root = await makeTempFolder(`gantry-scenario-${scenario.name}-`);
  const [folder, home, temp] = [path.join(root, "workspace"), path.join(root, "home"), path.join(root, "tmp")];
  await Promise.all([mkdir(path.join(folder, ".git"), { recursive: true }), mkdir(home), mkdir(temp)]);
  return {
    ...{ root, folder, home },
    env: (modelUrl) => environmentOf({ home, temp, cache: cache ?? path.join(home, ".cache"), modelUrl }),
    remove: async () => await rm(root, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** What the scenario lays out before its first step, and what of it could not be. */
export async function fillWorkspace(scenario: Scenario, { folder, home }: Workspace): Promise<Failure[]> {
  const { files = {}, home: atHome = {}, config, project } = scenario;
  const parts: LaidPart[] = [
    ...filesOf(folder, files, "files"),
    ...filesOf(home, atHome, "home"),
    ...(config === undefined ? [] : configPart(path.join(home, ".config/gantry/config.json"), config, "config")),
    ...(project === undefined ? [] : configPart(path.join(folder, "gantry.config.json"), project, "project")),
  ];
  const failures: Failure[] = [];
  for (const { file, content, place } of parts) {
    try {
      await writeOne(file, content);
    } catch (error) {
      const what = `${place.at(-1)} cannot be laid out`;
      failures.push({ place, what, wanted: "a file", found: messageOf(error) });
    }
  }
  return failures;
}

interface LaidPart {
  file: string;
  content: FilesToWrite[string];
  place: string[];
}

function filesOf(folder: string, files: FilesToWrite, key: string): LaidPart[] {
  return Object.entries(files).map(([name, content]) => ({ file: path.join(folder, name), content, place: [key, name] }));
}

function configPart(file: string, config: object, key: string): LaidPart[] {
  return [{ file, content: `${JSON.stringify(config, null, 2)}\n`, place: [key] }];
}

async function writeOne(file: string, content: LaidPart["content"]): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const given = typeof content === "string" ? { text: content } : content;
  await writeFile(file, given.base64 === undefined ? (given.text ?? "") : Buffer.from(given.base64, "base64"));
  if (given.mode !== undefined) await chmod(file, Number.parseInt(given.mode, 8));
}
