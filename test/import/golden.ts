/** Cases as folders: `fixtures/AGENT/CASE/{home,project}` through the built command, with the report beside them in `golden`. */
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Bench, bench } from "../support/cli.ts";

const here = path.dirname(fileURLToPath(import.meta.url));

export async function casesOf(agent: string): Promise<string[]> {
  return (await readdir(path.join(here, "fixtures", agent))).toSorted();
}

/** The case in place of a user's home and project; `@PROJECT@` in a file is the project's path. */
export async function lay(agent: string, name: string): Promise<Bench> {
  const run = await bench([]);
  const folder = path.join(here, "fixtures", agent, name);
  for (const [part, to] of [
    ["home", run.home],
    ["project", run.cwd],
  ] as const) {
    const from = path.join(folder, part);
    await cp(from, to, { recursive: true, force: true }).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    });
    for (const file of await readdir(to, { recursive: true, withFileTypes: true })) {
      const full = path.join(file.parentPath, file.name);
      if (!file.isFile() || !file.name.endsWith(".json")) continue;
      const text = await readFile(full, "utf8");
      const filled = text.replaceAll("@PROJECT@", run.cwd).replaceAll("@HOME@", run.home);
      if (filled !== text) await writeFile(full, filled);
    }
  }
  return run;
}

/** What it printed, without what is different on each machine. */
export function placed(run: Bench, text: string): string {
  return text
    .replaceAll(run.cwd, "PROJECT")
    .replaceAll(run.home, "HOME")
    .replaceAll(path.dirname(run.home), "ROOT")
    .replaceAll(/work-[0-9a-f]{16}\.json/g, "work-SLUG.json");
}

/** The config files that are there, by their path. */
export async function configFiles(run: Bench): Promise<Record<string, string>> {
  const folder = path.join(run.home, ".config/gantry");
  const own = (await readdir(folder, { recursive: true }).catch(() => [])).filter((name) => name.endsWith(".json"));
  const files = [...own.map((name) => path.join(folder, name)), path.join(run.cwd, "gantry.config.jsonc")];
  const read = await Promise.all(
    files.map(async (file) => [placed(run, file), await readFile(file, "utf8").catch(() => undefined)] as const),
  );
  return Object.fromEntries(read.flatMap(([file, text]) => (text === undefined ? [] : [[file, placed(run, text)]])));
}

export function goldenFile(agent: string, name: string): string {
  return path.join(here, "golden", agent, `${name}.txt`);
}
