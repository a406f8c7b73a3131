/** The clean place of one scenario: a workspace with `.git`, a HOME, a folder for temporary files, an environment of a few names. */
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
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
  const root = await realpath(await mkdtemp(path.join(tmpdir(), `gantry-scenario-${scenario.name}-`)));
  const [folder, home, temp] = [path.join(root, "workspace"), path.join(root, "home"), path.join(root, "tmp")];
  await Promise.all([mkdir(path.join(folder, ".git"), { recursive: true }), mkdir(home), mkdir(temp)]);
  return {
    ...{ root, folder, home },
    env: (modelUrl) => ({
      PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: home,
      TMPDIR: temp,
      XDG_CACHE_HOME: cache ?? path.join(home, ".cache"),
      LANG: "C.UTF-8",
      NO_COLOR: "1",
      ANTHROPIC_API_KEY: "scenario-key",
      ANTHROPIC_BASE_URL: modelUrl,
    }),
    remove: async () => await rm(root, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** What the scenario lays out before its first step. */
export async function fillWorkspace(scenario: Scenario, { folder, home }: Workspace): Promise<void> {
  await writeFiles(folder, scenario.files ?? {});
  await writeFiles(home, scenario.home ?? {});
  const configs: FilesToWrite = {};
  if (scenario.config !== undefined) configs[".config/gantry/config.json"] = configText(scenario.config);
  await writeFiles(home, configs);
  if (scenario.project !== undefined) await writeFiles(folder, { "gantry.config.json": configText(scenario.project) });
}

async function writeFiles(folder: string, files: FilesToWrite): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    const given = typeof content === "string" ? { text: content } : content;
    await writeFile(file, given.base64 === undefined ? (given.text ?? "") : Buffer.from(given.base64, "base64"));
    if (given.mode !== undefined) await chmod(file, Number.parseInt(given.mode, 8));
  }
}

function configText(config: object): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}
