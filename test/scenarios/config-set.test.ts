/** `config set` and `unset` through the built command: what they write, what they refuse, and what a kill leaves. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { bench, writeFiles } from "../support/cli.ts";

test("a key is set, explained and taken out again, the comments of the file kept", async () => {
  const made = await bench([]);
  await writeFiles(made.home, { ".config/gantry/config.jsonc": '// mine\n{\n  "model": "a/b" // the usual\n}\n' });
  const file = path.join(made.home, ".config/gantry/config.jsonc");
  const set = await made.gantry(["config", "set", "limits.maxTurns", "7"]);
  expect([set.exit, set.stdout]).toEqual([0, `Set limits.maxTurns at ${file}:5\n`]);
  expect(await readFile(file, "utf8")).toBe(
    '// mine\n{\n  "model": "a/b", // the usual\n  "limits": {\n    "maxTurns": 7\n  }\n}\n',
  );
  expect((await made.gantry(["config", "get", "limits.maxTurns"])).stdout).toBe("7\n");
  const hidden = await made.gantry(["config", "set", "model", "c/d"], { env: { GANTRY_MODEL: "e/f" } });
  expect(hidden.stdout).toContain("GANTRY_MODEL (env) still wins over it");
  const unset = await made.gantry(["config", "unset", "limits", "--json"]);
  expect(JSON.parse(unset.stdout)).toMatchObject({
    ok: true,
    kind: "config.unset",
    data: { key: "limits", layer: "user", file },
  });
  expect(await readFile(file, "utf8")).toBe('// mine\n{\n  "model": "c/d" // the usual\n}\n');
});

test.each([
  [["limits.maxTurn", "7"], 2, "did you mean limits.maxTurns?"],
  [["permissions.deny", "Raed"], 2, "Raed"],
  [["model", "a/b", "--layer", "managed"], 2, "--layer"],
  [["limits.maxTurns"], 2, "value"],
])("config set %j is refused, exit %i", async (args, exit, text) => {
  const made = await bench([]);
  const refused = await made.gantry(["config", "set", ...args]);
  expect([refused.exit, refused.stderr]).toEqual([exit, expect.stringContaining(text)]);
  expect((await made.gantry(["config", "path"])).stdout).not.toMatch(/config\.json$/m);
});

test("what is set in the project's file and loosens says that it waits for trust", async () => {
  const made = await bench([]);
  const set = await made.gantry(["config", "set", "permissions.allow", "Bash(npm test:*)", "--layer", "project"]);
  expect(set.stdout).toContain("allow rule Bash(npm test:*)");
  expect(set.stdout).toContain("gantry trust grant");
  expect(await made.file("gantry.config.jsonc")).toContain("Bash(npm test:*)");
  const tight = await made.gantry(["config", "set", "permissions.deny", "Read(./private/**)", "--layer", "project"]);
  expect(tight.exit).toBe(0);
});

test("a kill at any moment leaves the old file or the new one, whole", async () => {
  const made = await bench([]);
  const file = path.join(made.home, ".config/gantry/config.json");
  const before = `${JSON.stringify({ permissions: { deny: Array.from({ length: 400 }, (_, at) => `Bash(cmd${at}:*)`) } }, null, 2)}\n`;
  await writeFiles(made.home, { ".config/gantry/config.json": before });
  for (const delayMs of [60, 120, 160, 200, 240, 280, 320, 400]) {
    await writeFile(file, before);
    const { child, finished } = made.start(["config", "set", "model", "a/b"]);
    setTimeout(() => child.kill("SIGKILL"), delayMs);
    await finished;
    const now = JSON.parse(await readFile(file, "utf8")) as { permissions: { deny: string[] } };
    expect(now.permissions.deny).toHaveLength(400);
  }
  expect((await made.gantry(["config", "set", "model", "c/d"])).exit).toBe(0);
});
