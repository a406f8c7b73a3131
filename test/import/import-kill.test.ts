/** An import that is killed leaves Gantry's file as it was or as it is to be, and the next one brings it there. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { bench, writeFiles } from "../support/cli.ts";
import { killPoints } from "../support/kill-points.ts";

const killer = fileURLToPath(new URL("../support/kill-at-syscall.cjs", import.meta.url));
const before = '{\n  // mine\n  "permissions": { "deny": ["Bash(rm:*)"] }\n}\n';
const source = { permissions: { deny: ["Bash(mv:*)"], ask: ["Bash(git push:*)"] }, env: { A: "1" } };
const args = ["import", "claude", "--scope", "user", "--write"];

test("kill -9 at any change of a file leaves all of it or nothing", async () => {
  const run = await bench([]);
  const file = path.join(run.home, ".config/gantry/config.jsonc");
  const report = path.join(run.home, "calls");
  const killing = (more: Record<string, string>) => ({
    env: { NODE_OPTIONS: `--require ${killer}`, KILL_PATH: "config\\.jsonc", ...more },
  });
  await writeFiles(run.home, { ".claude/settings.json": JSON.stringify(source), ".config/gantry/config.jsonc": before });
  expect((await run.gantry(args, killing({ KILL_REPORT: report }))).exit).toBe(0);
  const after = await readFile(file, "utf8");
  expect(after).toContain("Bash(mv:*)");
  const points = killPoints((await readFile(report, "utf8")).trim().split("\n"));
  expect(points.length).toBeGreaterThan(2);
  for (const { at, when } of points) {
    await writeFiles(run.home, { ".config/gantry/config.jsonc": before });
    await run.gantry(args, killing({ KILL_AT: String(at), KILL_WHEN: when }));
    expect([before, after]).toContain(await readFile(file, "utf8"));
    const next = await run.gantry(args);
    expect(next, next.stderr).toMatchObject({ exit: 0 });
    expect(await readFile(file, "utf8")).toBe(after);
  }
});
