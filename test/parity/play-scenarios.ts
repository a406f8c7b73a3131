/** `parity run` through the built command, or through a copy of it in which tools are broken on purpose. */
import { cp, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { bench } from "../support/cli.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Played {
  name: string;
  category: string;
  reference?: number;
  verdict: "PASS" | "FAIL" | "MISSING" | "INVALID";
  missing: string[];
  items: string[];
  failures: { at: string; what: string; wanted?: string; found?: string }[];
}

export async function playScenarios(names: readonly string[], options: { launcher?: string } = {}): Promise<Played[]> {
  const { gantry, file } = await bench([]);
  const { stdout, stderr } = await gantry(["parity", "run", ...names, "--report", "report.json", "--jobs", "2"], options);
  const report = await file("report.json").catch((cause: unknown) => {
    throw new Error(`there is no report: ${stdout}\n${stderr}`, { cause });
  });
  return (JSON.parse(report) as { scenarios: Played[] }).scenarios;
}

export interface BrokenBuild {
  launcher: string;
  /** From now on these tools answer with nothing, whatever they are asked; all others are as they were. */
  breaks(tools: readonly string[]): Promise<void>;
  remove(): Promise<void>;
}

/** A copy of what is built. Its tools are broken where the thread calls them: dist/tool-thread.cjs. */
export async function copyToBreak(): Promise<BrokenBuild> {
  const copy = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-broken-")));
  for (const name of ["dist", "bin", "package.json"])
    await cp(path.join(root, name), path.join(copy, name), { recursive: true });
  await symlink(path.join(root, "node_modules"), path.join(copy, "node_modules"));
  const thread = path.join(copy, "dist/tool-thread.cjs");
  const whole = await readFile(thread, "utf8");
  const calls = /await (\w+)\.execute\(/g;
  if ([...whole.matchAll(calls)].length !== 1)
    throw new Error("dist/tool-thread.cjs does not call a tool's execute at one place");
  return {
    launcher: path.join(copy, "bin/gantry.cjs"),
    async breaks(tools) {
      const broken = `function broken(tool){return ${JSON.stringify(tools)}.includes(tool.name)?{execute:()=>""}:tool}`;
      await writeFile(thread, `${whole.replace(calls, "await broken($1).execute(")}\n${broken}\n`);
    },
    remove: () => rm(copy, { recursive: true, force: true, maxRetries: 5 }),
  };
}
