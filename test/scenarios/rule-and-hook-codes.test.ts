/** Every error code of rules, hooks, config and sandbox is met by somebody who types a command. */
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, bench } from "../support/cli.ts";
import { buildChanged, type SecondBuild } from "../support/second-build.ts";

const done = { say: "Done." };
const bash = (command: string): unknown => ({ call: { name: "Bash", input: { command } } });
const command = (line: string): object => ({ hooks: [{ type: "command", command: line }] });

async function withConfig(config: object, steps: readonly unknown[] = [done], file = "home"): Promise<Bench> {
  const place = await bench(steps);
  const folder = file === "home" ? path.join(place.home, ".config/gantry") : place.cwd;
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, file === "home" ? "config.json" : file), JSON.stringify(config, null, 2));
  return place;
}

interface Row {
  code: string;
  exit: number;
  config?: object;
  file?: string;
  args: string[];
  says: RegExp;
}

const run = ["run", "go"];
const rows: Row[] = [
  {
    ...{ code: "RULE_INVALID", exit: 2, args: run },
    config: { permissions: { deny: ["Bsh(rm:*)"] } },
    says: /config\.json:4: .*Bsh.*Bash/,
  },
  {
    ...{ code: "PERMISSION_TEST_FAILED", exit: 1, args: ["permissions", "test", "--json"] },
    config: { permissions: { tests: [{ call: "Bash(touch x)", expect: "deny" }] } },
    says: /Bash\(touch x\)/,
  },
  {
    ...{ code: "HOOK_INVALID", exit: 2, args: run },
    config: { hooks: { PreToolUse: [{ matcher: "Bsh", hooks: [{ type: "command", command: "true" }] }] } },
    says: /config\.json:\d+: .*Bsh/,
  },
  { ...{ code: "HOOK_EVENT_UNKNOWN", exit: 2, args: ["hooks", "explain", "PreToolUs"] }, says: /Did you mean PreToolUse/ },
  { ...{ code: "CONFIG_KEY_UNKNOWN", exit: 2, args: run }, config: { hook: {} }, says: /config\.json:2: .*hooks/ },
  {
    ...{ code: "CONFIG_KEY_UNKNOWN", exit: 2, args: ["config", "set", "sandbox.shel", "auto"] },
    says: /sandbox\.shell/,
  },
  {
    ...{ code: "CONFIG_INVALID", exit: 2, args: run },
    config: { sandbox: { shell: "maybe" } },
    says: /config\.json:3: .*require/,
  },
  {
    ...{ code: "TRUST_REQUIRED", exit: 3, args: run, file: "gantry.config.json" },
    config: { hooks: { Stop: [command("true")] } },
    says: /gantry\.config\.json:\d+/,
  },
];

test.each(rows)("$code: gantry $args", async ({ code, exit, config = {}, file, args, says }) => {
  const place = await withConfig(config, [done], file);
  const ended = await place.gantry(args);
  expect(ended.exit).toBe(exit);
  expect(ended.stdout + ended.stderr).toContain(code);
  expect(ended.stdout + ended.stderr).toMatch(says);
  expect(place.model.requests).toEqual([]);
});

test("SANDBOX_UNAVAILABLE: a sandbox that is required and has no bubblewrap refuses the run", async () => {
  const place = await withConfig({ sandbox: { shell: "require" } });
  const PATH = path.join(place.home, "bin");
  await mkdir(PATH);
  for (const name of await readdir("/usr/bin"))
    if (name !== "bwrap") await symlink(path.join("/usr/bin", name), path.join(PATH, name));
  const { exit, stderr } = await place.gantry(run, { env: { PATH } });
  expect([exit, stderr]).toEqual([7, expect.stringMatching(/SANDBOX_UNAVAILABLE/)]);
  expect(place.model.requests).toEqual([]);
});

test("TURN_STOPPED: the model is told of the call that a hook's continue false kept from running", async () => {
  const output = JSON.stringify({ continue: false, stopReason: "the budget is spent" });
  const hooks = { PostToolUse: [{ matcher: "Read", ...command(`printf '%s' '${output}'`) }] };
  const both = [
    { name: "Read", input: { file_path: "a" } },
    { name: "Bash", input: { command: "touch made" } },
  ];
  const place = await withConfig({ hooks }, [{ calls: both }, done, { say: "Later." }]);
  await writeFile(path.join(place.cwd, "a"), "alpha\n");
  const { exit, json } = await place.run("go", ["--approve", "always"]);
  expect([exit, json.toolCalls]).toMatchObject([0, [{ outcome: "ok" }, { outcome: "error", code: "TURN_STOPPED" }]]);
  await expect(place.file("made")).rejects.toThrow("ENOENT");
  await place.gantry(["run", "and now", "--continue"]);
  expect(place.model.requests[1]?.text).toContain("the budget is spent");
});

test("a call whose input a hook spoils is not made, and the model is told so", async () => {
  const output = JSON.stringify({ hookSpecificOutput: { hookEventName: "PreToolUse", updatedInput: { comand: "x" } } });
  const place = await withConfig({ hooks: { PreToolUse: [command(`printf '%s' '${output}'`)] } }, [bash("touch made"), done]);
  const { json } = await place.run("go", ["--approve", "always"]);
  expect(json.toolCalls).toMatchObject([{ outcome: "error", code: "TOOL_INPUT_INVALID" }]);
  await expect(place.file("made")).rejects.toThrow("ENOENT");
});

let changed: SecondBuild;
/** Managed files come from a folder that nobody can choose, and every built-in holds what it asks for: so a build with others. */
beforeAll(async () => {
  changed = await buildChanged({
    "config/sources.ts": (source) => source.replace('"/etc/gantry"', 'env["HOME"] + "/managed"'),
    "config/defaults.ts": (source) =>
      source
        .replace('grants: { "host.permissions": true }', "grants: {}")
        .replace('grants: { "host.hooks": true }', "grants: {}"),
  });
});
afterAll(() => changed.remove());

test.each([
  ["run with --set", ["run", "go", "--set", "limits.maxTurns=9"]],
  ["config set", ["config", "set", "limits.maxTurns", "9"]],
])("CONFIG_LOCKED: %s of a key that the managed file holds names that file", async (_name, args) => {
  const place = await bench([done]);
  await mkdir(path.join(place.home, "managed"));
  await writeFile(path.join(place.home, "managed/managed.json"), '{\n  "limits": { "maxTurns": 5 }\n}\n');
  const { exit, stderr } = await place.gantry(args, { launcher: changed.launcher });
  expect(exit).toBe(2);
  expect(stderr).toMatch(/CONFIG_LOCKED.*limits\.maxTurns is locked to 5 by .*managed\.json:2/s);
  expect(place.model.requests).toEqual([]);
});

test.each([
  ["permissions", ["permissions", "list"]],
  ["hooks", ["hooks", "list"]],
])("PERMISSION_DENIED: a command of a plugin that is not granted host.%s", async (part, args) => {
  const place = await bench([]);
  const { exit, stderr } = await place.gantry(args, { launcher: changed.launcher });
  expect(exit).not.toBe(0);
  expect(stderr).toContain(`PERMISSION_DENIED: the plugin ${part} may not use host.${part}`);
});
