/** `gantry permissions …` as it is typed, on the config files of a project. */
import { expect, test } from "vitest";
import { bench } from "../support/cli.ts";

const config = {
  permissions: {
    mode: "acceptEdits",
    deny: ["Bash(rm:*)", "WebFetch(domain:evil.example)"],
    ask: ["Bash(git push:*)"],
    allow: ["Bash(npm test)"],
    tests: [
      { call: "Bash(ls && rm x)", expect: "deny" },
      { call: "Bash(git push origin main)", expect: "ask" },
    ],
  },
};

const files = (permissions: object = {}) => ({
  "gantry.config.json": JSON.stringify({ permissions: { ...config.permissions, ...permissions } }, undefined, 1),
});

test("list shows every rule by behavior, with its place and whether it counts", async () => {
  const { gantry, cwd } = await bench([], files());
  const { stdout, exit } = await gantry(["permissions", "list"]);
  expect(exit).toBe(0);
  const file = `${cwd}/gantry.config.json`;
  expect(stdout.split("\n")).toEqual([
    "mode default, from default",
    "",
    "deny:",
    `  Bash(rm:*)  ${file}:5`,
    `  WebFetch(domain:evil.example)  ${file}:6  [absent]`,
    "    WebFetch is known, not in this build",
    "",
    "ask:",
    `  Bash(git push:*)  ${file}:9`,
    "",
    "allow:",
    `  Bash(npm test)  ${file}:12  [untrusted]`,
    "",
  ]);
  await gantry(["trust", "grant"]);
  const trusted = JSON.parse((await gantry(["permissions", "list", "--json"])).stdout);
  expect(trusted.data).toMatchObject({ mode: "acceptEdits", modeSource: `${file}:3` });
  expect(trusted.data.rules).toContainEqual({
    behavior: "allow",
    rule: "Bash(npm test)",
    source: `${file}:12`,
    state: "ready",
  });
});

test("list shows a wrong rule with its right form", async () => {
  const { gantry } = await bench([], files({ deny: ["Write(x)"] }));
  expect((await gantry(["permissions", "list"])).stdout).toMatch(/Write\(x\).*\[wrong\]\n.*write Edit\(x\)/);
});

test("explain names each part, its decider with file and line, and what would change it", async () => {
  const { gantry, cwd } = await bench([], files());
  const { stdout, exit } = await gantry(["permissions", "explain", "Bash(cd x && rm -rf $(cat y))"]);
  expect(exit).toBe(0);
  expect(stdout).toContain(`deny, by the rule Bash(rm:*) (${cwd}/gantry.config.json:5)`);
  expect(stdout).toMatch(/ {2}deny {2}rm -rf \$\(cat y\)\n/);
  expect(stdout).toMatch(/cat y\n/);
  expect(stdout).toContain("What would change it:\n  Without the deny rule Bash(rm:*)");
  const { data } = JSON.parse((await gantry(["permissions", "explain", "Write(a.txt)", "--json"])).stdout);
  expect(data).toMatchObject({ tool: "Write", verdict: "ask", by: { kind: "mode" }, mode: "default" });
});

test("explain of no call and of an unknown tool says the right form", async () => {
  const { gantry } = await bench([]);
  const unknown = await gantry(["permissions", "explain", "Bsh(x)"]);
  expect(unknown.stderr).toContain("Did you mean Bash?");
  const broken = await gantry(["permissions", "explain", "Bash(x"]);
  expect([broken.exit, broken.stderr]).toEqual([2, expect.stringContaining("write Bash(x)")]);
});

test("explain names the config hooks that would see the call", async () => {
  const hooks = { PreToolUse: [{ matcher: "Bash", hooks: [{ type: "command", command: "true" }] }] };
  const { gantry, home } = await bench([]);
  await gantry(["config", "path"]);
  const { mkdir, writeFile } = await import("node:fs/promises");
  await mkdir(`${home}/.config/gantry`, { recursive: true });
  await writeFile(`${home}/.config/gantry/config.json`, JSON.stringify({ hooks }));
  const { data } = JSON.parse((await gantry(["permissions", "explain", "Bash(ls)", "--json"])).stdout);
  expect(data.judges).toEqual([expect.stringMatching(/^the hook PreToolUse \(.*config\.json:\d+\)$/)]);
  const other = JSON.parse((await gantry(["permissions", "explain", "Read(x)", "--json"])).stdout);
  expect(other.data.judges).toEqual([]);
});

test("test runs permissions.tests: 0 when all hold, 1 with what was expected and got when one does not", async () => {
  const sound = await bench([], files());
  expect(await sound.gantry(["permissions", "test"])).toMatchObject({
    exit: 0,
    stdout: expect.stringContaining("2 tests passed."),
  });

  const broken = await bench([], files({ tests: [...config.permissions.tests, { call: "Bash(npm run x)", expect: "allow" }] }));
  const { exit, stdout } = await broken.gantry(["permissions", "test"]);
  expect(exit).toBe(1);
  expect(stdout).toContain("FAIL  Bash(npm run x): expected allow, got ask");
  expect(stdout).toContain("no rule allows it, and the mode default asks for it");
  const json = await broken.gantry(["permissions", "test", "--json"]);
  expect(json.exit).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, error: { code: "PERMISSION_TEST_FAILED" } });
  const validate = await broken.gantry(["config", "validate"]);
  expect(validate.stdout).toContain("the permission test of Bash(npm run x) expects allow and gets ask");

  const none = await bench([]);
  expect((await none.gantry(["permissions", "test"])).stdout).toContain("The config has no permissions.tests.");
});

const broken = {
  "gantry.config.json": '{ "permissions": { "deny": ["Raed"], "tests": [{ "call": "Bash(x)", "expect": "ask" }] }',
};
const wrongRule = { "gantry.config.json": '{ "permissions": { "deny": ["Raed"] } }' };

test.each([
  [broken, /gantry\.config\.json/],
  [wrongRule, /Did you mean Read\?/],
])("explain and test end with the config's error where no run would start", async (project, says) => {
  const { gantry } = await bench([], project);
  for (const args of [["explain", "Bash(rm x)"], ["test"]]) {
    const { exit, stdout, stderr } = await gantry(["permissions", ...args]);
    expect({ args, exit, stdout }).toEqual({ args, exit: 2, stdout: "" });
    expect(stderr).toMatch(says);
  }
});

test("commands that show the config say what is wrong with it, on stderr", async () => {
  const { gantry } = await bench([], broken);
  for (const command of [
    ["permissions", "list"],
    ["hooks", "list"],
    ["config", "show"],
    ["tools", "list"],
  ]) {
    const { exit, stderr } = await gantry(command);
    expect({ command, exit, stderr }).toEqual({
      command,
      exit: 0,
      stderr: expect.stringMatching(/warning: .*gantry\.config\.json/),
    });
  }
});

test("explain says a warning of the config, and answers", async () => {
  const { gantry } = await bench([], files());
  const { exit, stdout, stderr } = await gantry(["permissions", "explain", "Bash(rm x)"]);
  expect({ exit, stdout }).toEqual({ exit: 0, stdout: expect.stringContaining("Bash(rm x): deny") });
  expect(stderr).toContain("WebFetch is known, not in this build");
});

test("built-in judges count in explain and in permissions.tests", async () => {
  const tests = [
    { call: "Write(package-lock.json)", expect: "ask" },
    { call: "Write(a.txt)", expect: "allow" },
  ];
  const { gantry } = await bench([], files({ mode: "acceptEdits", tests, deny: ["Write(x)"].slice(1) }));
  await gantry(["trust", "grant"]);
  const { stdout } = await gantry(["permissions", "explain", "Write(package-lock.json)"]);
  expect(stdout).toContain("Write(package-lock.json): ask, by the judge policy:guarded edits");
  expect(stdout).not.toContain("Also seen");
  expect(await gantry(["permissions", "test"])).toMatchObject({ exit: 0, stdout: expect.stringContaining("2 tests passed.") });
});
