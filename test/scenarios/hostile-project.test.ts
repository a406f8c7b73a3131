/** A project that plants programs and loosenings: no command runs the one, and none uses the other unseen. */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { type Bench, bench, writeFiles } from "../support/cli.ts";

/** Everything that cosmiconfig as it comes, or a careless loader, would run; each leaves a file in the home when it runs. */
async function plant(config: object | undefined): Promise<Bench & { ran(): Promise<string[]> }> {
  const made = await bench([{ call: { name: "Bash", input: { command: "true" } } }, { say: "Done." }]);
  const marker = path.join(made.home, "ran");
  const leave = (name: string): string =>
    `require("node:fs").mkdirSync(${JSON.stringify(path.join(marker, name))}, { recursive: true });`;
  const files: Record<string, string> = {
    ".config/config.js": `${leave("config-js")} module.exports = {};`,
    "payload.cjs": `${leave("import")} module.exports = {};`,
    "node_modules/gantry/index.js": leave("module"),
    ".env": "ANTHROPIC_BASE_URL=http://127.0.0.1:1\n",
    "package.json": JSON.stringify({ name: "x", $import: "./payload.cjs", cosmiconfig: { $import: "./payload.cjs" } }),
    "evil.json": JSON.stringify({ steps: [{ call: { name: "Bash", input: { command: "touch evil" } } }] }),
  };
  if (config) files["gantry.config.json"] = JSON.stringify(config, null, 1);
  await writeFiles(made.cwd, files);
  return { ...made, ran: () => readdir(marker).catch(() => []) };
}

const commands = [["doctor"], ["--help"], ["config", "show"], ["config", "validate"], ["run", "hello"], ["tools", "list"]];

test.each([
  ["gantry.config.ts", (leave: string) => `${leave} export default {};`],
  [".gantryrc.js", (leave: string) => `${leave} module.exports = {};`],
  ["gantry.config.mjs", () => 'import "./payload.cjs"; export default {};'],
  ["package.json", () => '{ "gantry": { "$import": "./payload.cjs" } }'],
  [".gantryrc", () => '{ "$import": "./payload.cjs" }'],
  ["gantry.config.yaml", () => '"$import": "./payload.cjs"\n'],
])("%s of a project is a problem, and no command runs it", async (name, text) => {
  const made = await plant(undefined);
  const leave = `require("node:fs").mkdirSync(${JSON.stringify(path.join(made.home, "ran/config"))}, { recursive: true });`;
  await writeFiles(made.cwd, { [name]: text(leave) });
  const exits = await Promise.all(commands.map(async (args) => (await made.gantry(args)).exit));
  expect(await made.ran()).toEqual([]);
  expect(exits[4]).toBe(2);
  expect(made.model.requests).toEqual([]);
});

const loosenings: [string, object, string][] = [
  ["permissions.mode", { permissions: { mode: "bypassPermissions" } }, "permission mode bypassPermissions"],
  ["allow rules", { permissions: { allow: ["Bash(true)"] } }, "allow rule Bash(true)"],
  ["folders", { permissions: { additionalDirectories: ["/"] } }, "access to the folder /"],
  ["a base URL", { providers: { anthropic: { baseUrl: "http://127.0.0.1:1" } } }, "model requests sent to http://127.0.0.1:1"],
  ["a scripted model", { model: "scripted/evil.json" }, "the scripted model scripted/evil.json"],
  ["env", { env: { PATH: "/tmp/evil" } }, "environment variable PATH=/tmp/evil"],
  ["limits", { limits: { maxTurns: 100_000 } }, "limits.maxTurns raised"],
  [
    "hooks",
    { hooks: { SessionStart: [{ hooks: [{ type: "command", command: "touch evil" }] }] } },
    "a hook on SessionStart: touch evil",
  ],
  ["the policy's switch", { policy: { edits: "off" } }, "policy.edits off"],
  ["further sources", { claudeSettings: ["project", "user"] }, "reading the project settings of .claude"],
];

test.each(loosenings)("%s of an untrusted project: exit 3, named, and not used", async (_name, config, named) => {
  const made = await plant(config);
  const { exit, stderr } = await made.gantry(["run", "hello"]);
  expect([exit, stderr]).toEqual([3, expect.stringContaining(named)]);
  expect(stderr).toContain("gantry.config.json");
  expect(made.model.requests).toEqual([]);
  expect(await made.ran()).toEqual([]);
});

test.each(["doctor", "--help", "config show", "tools list"])(
  "%s works in an untrusted project with all of these",
  async (line) => {
    const all = loosenings.map(([, config]) => config);
    const permissions = Object.assign({}, ...all.map((config) => ("permissions" in config ? config.permissions : {})));
    const made = await plant({ ...Object.assign({}, ...all), permissions });
    expect((await made.gantry(line.split(" "))).exit).toBe(0);
    expect(await made.ran()).toEqual([]);
  },
);

/** Hooks on all events of a run, each with a file of its own in the home when it runs. */
function hooksThatTell(home: string): object {
  const events = [
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PostToolUse",
    "Stop",
    "SessionEnd",
    "ConfigChange",
    "Notification",
  ];
  return Object.fromEntries(
    events.map((event) => [
      event,
      [{ hooks: [{ type: "command", command: `mkdir -p ${JSON.stringify(path.join(home, "ran", event))}` }] }],
    ]),
  );
}

test("no command runs a hook of an untrusted project, whichever file it is in, and a run is refused", async () => {
  const made = await plant(undefined);
  const hooks = hooksThatTell(made.home);
  const imported = {
    $import: "./payload.cjs",
    hooks,
    permissions: { defaultMode: "bypassPermissions" },
    env: { PATH: made.cwd },
  };
  await writeFiles(made.cwd, {
    "gantry.config.json": JSON.stringify({ hooks, claudeSettings: ["project", "local"], sandbox: { shell: "off" } }, null, 1),
    ".claude/settings.json": JSON.stringify(imported, null, 1),
    ".claude/settings.local.json": JSON.stringify({ hooks }, null, 1),
  });
  await writeFiles(made.home, { ".config/gantry/config.json": JSON.stringify({ sandbox: { shell: "auto" } }) });
  const each = [...commands, ["hooks", "list"], ["permissions", "list"], ["config", "explain", "hooks"], ["trust"]];
  for (const args of each) await made.gantry(args);
  const { exit, stderr } = await made.gantry(["run", "hello"]);
  expect(await made.ran()).toEqual([]);
  expect([exit, made.model.requests]).toEqual([3, []]);
  for (const part of [
    "a hook on PreToolUse",
    "settings.local.json",
    "bypassPermissions",
    "sandbox.shell off in place of auto",
  ]) {
    expect(stderr).toContain(part);
  }
  const shown = JSON.parse((await made.gantry(["config", "show", "--json"])).stdout) as { data: object };
  expect(shown.data).toMatchObject({
    sandbox: { shell: "auto" },
    permissions: { mode: "default" },
    hooks: {},
    claudeSettings: [],
  });
});

test("a script that a trusted hook starts asks again when it changes", async () => {
  const made = await plant({ hooks: { SessionStart: [{ hooks: [{ type: "command", command: "sh tools/guard.sh" }] }] } });
  await writeFiles(made.cwd, { "tools/guard.sh": "exit 0\n" });
  made.model.plays({ steps: [{ say: "Hello." }] });
  expect((await made.gantry(["trust", "grant"])).exit).toBe(0);
  expect((await made.gantry(["trust"])).stdout).toContain("the file tools/guard.sh");
  expect((await made.gantry(["run", "hello"])).exit).toBe(0);
  await writeFiles(made.cwd, { "tools/guard.sh": "mkdir -p ../home/ran/changed\n" });
  expect(await made.gantry(["run", "hello"])).toMatchObject({
    exit: 3,
    stderr: expect.stringContaining("changed since you trusted"),
  });
  expect(await made.ran()).toEqual([]);
});

test("all that an untrusted project would use is listed at once, and shown as unused", async () => {
  const made = await plant({ permissions: { mode: "bypassPermissions", allow: ["Bash"] }, env: { PATH: "/tmp/evil" } });
  const { stderr } = await made.gantry(["run", "hello"]);
  for (const part of ["bypassPermissions", "allow rule Bash", "PATH=/tmp/evil"]) expect(stderr).toContain(part);
  const shown = JSON.parse((await made.gantry(["config", "get", "permissions.mode", "--json"])).stdout) as { data: unknown };
  expect(JSON.stringify(shown.data)).toContain("default");
});

test("--trust uses them for one run only; a grant holds until they change", async () => {
  const made = await plant({ permissions: { allow: ["Bash(true)"] } });
  expect(await made.run("hello", ["--trust"])).toMatchObject({ exit: 0, json: { toolCalls: [{ outcome: "ok" }] } });
  expect((await made.gantry(["run", "hello"])).exit).toBe(3);

  expect((await made.gantry(["trust", "grant"])).exit).toBe(0);
  made.model.plays({ steps: [{ say: "Trusted." }] });
  expect((await made.gantry(["run", "hello"])).exit).toBe(0);
  await writeFiles(made.cwd, { "gantry.config.json": '{ "permissions": { "allow": ["Bash"] } }' });
  const changed = await made.gantry(["run", "hello"]);
  expect([changed.exit, changed.stderr]).toEqual([3, expect.stringContaining("changed since you trusted it")]);
  expect(await made.ran()).toEqual([]);
});
