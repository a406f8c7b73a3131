/** One case played whole: the report, the write, the config that it left, and the second write, which finds nothing to do. */
import { expect } from "vitest";
import type { Bench } from "../support/cli.ts";
import { configFiles, goldenFile, lay, placed } from "./golden.ts";

export async function playCase(agent: string, name: string): Promise<Bench> {
  const run = await lay(agent, name);
  const report = await run.gantry(["import", agent]);
  expect(report, report.stderr).toMatchObject({ exit: 0, stderr: "" });
  expect(await configFiles(run)).toEqual({});
  const written = await run.gantry(["import", agent, "--write"]);
  const after = await configFiles(run);
  const isBroken = /^ {2}broken /m.test(report.stdout);
  if (isBroken) {
    expect([written.exit, after]).toEqual([2, {}]);
    expect(written.stdout).toMatch(/\nIMPORT_INVALID: [\s\S]*may hold a deny; nothing is written/);
  } else {
    expect(written, written.stderr).toMatchObject({ exit: 0, stderr: "" });
    const [valid, again] = await Promise.all([run.gantry(["config", "validate"]), run.gantry(["import", agent, "--write"])]);
    expect(valid.exit, valid.stdout).toBe(0);
    expect(again.stdout).toContain("Nothing was written: there is nothing new.");
    expect(await configFiles(run)).toEqual(after);
  }
  const files = Object.entries(after).map(([file, text]) => `── ${file}\n${text}`);
  const golden = [placed(run, report.stdout), ...(isBroken ? [`── --write\n${placed(run, written.stdout)}`] : files)].join(
    "\n",
  );
  await expect(golden).toMatchFileSnapshot(goldenFile(agent, name));
  return run;
}
