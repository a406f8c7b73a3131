import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configError } from "../../config/load.ts";
import { createPlace } from "./place.ts";

const wrongKeys: [string, object, { code: string; key: string; message: string }][] = [
  [
    "a key that does not exist",
    { modle: "a/b" },
    { code: "CONFIG_KEY_UNKNOWN", key: "modle", message: '"modle" is no config key; did you mean model?' },
  ],
  [
    "a nested one",
    { limits: { maxTurn: 1 } },
    {
      code: "CONFIG_KEY_UNKNOWN",
      key: "limits.maxTurn",
      message: '"limits.maxTurn" is no config key; did you mean limits.maxTurns?',
    },
  ],
  [
    "a key in the wrong group",
    { deny: ["Bash"] },
    { code: "CONFIG_KEY_UNKNOWN", key: "deny", message: '"deny" is no config key; did you mean permissions.deny?' },
  ],
  [
    "a key like nothing",
    { zzzzzzzz: 1 },
    { code: "CONFIG_KEY_UNKNOWN", key: "zzzzzzzz", message: '"zzzzzzzz" is no config key' },
  ],
  [
    "__proto__",
    JSON.parse('{"__proto__": {"model": "a/b"}}'),
    { code: "CONFIG_KEY_UNKNOWN", key: "__proto__", message: '"__proto__" is no config key' },
  ],
  [
    "a list of servers",
    { mcpServers: [] },
    { code: "CONFIG_INVALID", key: "mcpServers", message: "mcpServers is a list, and must be an object of servers" },
  ],
  [
    "a word of sandbox.shell",
    { sandbox: { shell: "always" } },
    { code: "CONFIG_INVALID", key: "sandbox.shell", message: 'sandbox.shell: "always" is none of off, auto, require' },
  ],
  [
    "isolation",
    { isolation: "strict" },
    { code: "CONFIG_INVALID", key: "isolation", message: 'isolation: expected object, received string; it is "strict"' },
  ],
];

const wrongValues: [string, object, { code: string; key: string; message: string }][] = [
  [
    "a model without provider",
    { model: "claude-sonet-5" },
    {
      code: "MODEL_INVALID",
      key: "model",
      message: 'model "claude-sonet-5" is not provider/name; did you mean anthropic/claude-sonnet-5?',
    },
  ],
  [
    "an empty model name",
    { model: "anthropic/" },
    {
      code: "MODEL_INVALID",
      key: "model",
      message: 'model "anthropic/" is not provider/name; did you mean anthropic/claude-sonnet-5?',
    },
  ],
  [
    "a model that is a number",
    { model: 5 },
    { code: "CONFIG_INVALID", key: "model", message: "model: expected string, received number; it is 5" },
  ],
  [
    "an unknown mode",
    { permissions: { mode: "acceptEdit" } },
    {
      code: "CONFIG_INVALID",
      key: "permissions.mode",
      message: expect.stringMatching(/"acceptEdit" is none of plan, .*; did you mean acceptEdits\?$/),
    },
  ],
  [
    "a mode in the wrong case",
    { permissions: { mode: "bypasspermissions" } },
    { code: "CONFIG_INVALID", key: "permissions.mode", message: expect.stringMatching(/did you mean bypassPermissions/) },
  ],
  [
    "a rule list that is a text",
    { permissions: { deny: "Bash" } },
    {
      code: "CONFIG_INVALID",
      key: "permissions.deny",
      message: 'permissions.deny: expected array, received string; it is "Bash"',
    },
  ],
  [
    "a rule that is no text",
    { permissions: { deny: ["Bash", 7] } },
    {
      code: "CONFIG_INVALID",
      key: "permissions.deny.1",
      message: "permissions.deny.1: expected string, received number; it is 7",
    },
  ],
  [
    "a number as text",
    { limits: { maxTurns: "5" } },
    { code: "CONFIG_INVALID", key: "limits.maxTurns", message: 'limits.maxTurns: expected number, received string; it is "5"' },
  ],
  [
    "a broken number",
    { limits: { maxTurns: 1.5 } },
    { code: "CONFIG_INVALID", key: "limits.maxTurns", message: "limits.maxTurns: expected int, received number; it is 1.5" },
  ],
  [
    "zero turns",
    { limits: { maxTurns: 0 } },
    { code: "CONFIG_INVALID", key: "limits.maxTurns", message: expect.stringMatching(/expected number to be >0; it is 0/) },
  ],
  [
    "a group that is a list",
    { limits: [] },
    { code: "CONFIG_INVALID", key: "limits", message: "limits: expected object, received array; it is []" },
  ],
  [
    "a base URL that is none",
    { providers: { anthropic: { baseUrl: "file:///etc" } } },
    { code: "CONFIG_INVALID", key: "providers.anthropic.baseUrl", message: expect.stringMatching(/Invalid URL; it is "file/) },
  ],
  [
    "an unknown provider",
    { providers: { antropic: {} } },
    {
      code: "CONFIG_KEY_UNKNOWN",
      key: "providers.antropic",
      message: expect.stringMatching(/did you mean providers.anthropic\?/),
    },
  ],
  [
    "a variable's name that is none",
    { env: { "A B": "x" } },
    { code: "CONFIG_INVALID", key: "env.A B", message: expect.stringMatching(/"A B" is not a variable's name/) },
  ],
  [
    "a variable that is a number, its value not shown",
    { env: { PIN: 1234 } },
    { code: "CONFIG_INVALID", key: "env.PIN", message: "env.PIN: expected string, received number" },
  ],
  [
    "null",
    { model: null },
    { code: "CONFIG_INVALID", key: "model", message: "model: expected string, received null; it is null" },
  ],
];

test.each([...wrongKeys, ...wrongValues])("%s is a problem with file, line and key", async (_name, content, expected) => {
  const place = createPlace();
  const file = place.write("gantry.config.json", content);
  const { problems } = await place.load();
  expect(problems).toMatchObject([{ ...expected, file }]);
  expect(problems).toHaveLength(1);
  const written = expected.key.endsWith(".1") ? "7" : expected.key.slice(expected.key.lastIndexOf(".") + 1);
  expect(place.read(file).split("\n")[(problems[0]?.line ?? 0) - 1]).toContain(written);
});

test.each(["json", "yaml"])("all problems of all layers are named at once (%s)", async (kind) => {
  const place = createPlace();
  const text =
    kind === "json"
      ? '{\n"limits": {\n"maxTurns": -1,\n"nope": 1 },\n"model": "x" }'
      : "limits:\n\n  maxTurns: -1\n  nope: 1\nmodel: x\n";
  const file = place.write(`gantry.config.${kind}`, text);
  const user = place.writeUser("config.yaml", "permissions:\n  mode: yolo\n");
  const { problems, config } = await place.load({
    flags: { set: ["limits.maxTurns=abc", "nothing", "lmits.maxTurns=1"] },
    env: { GANTRY_MODLE: "a/b", GANTRY_MODEL: "" },
  });
  expect(problems.map(({ code, file: at, line, key }) => [code, at, line, key])).toEqual([
    ["CONFIG_INVALID", undefined, undefined, "model"],
    ["CONFIG_KEY_UNKNOWN", undefined, undefined, undefined],
    ["CONFIG_INVALID", undefined, undefined, undefined],
    ["CONFIG_KEY_UNKNOWN", undefined, undefined, "lmits.maxTurns"],
    ["CONFIG_INVALID", user, 2, "permissions.mode"],
    ["MODEL_INVALID", file, 5, "model"],
    ["CONFIG_INVALID", file, 3, "limits.maxTurns"],
    ["CONFIG_KEY_UNKNOWN", file, 4, "limits.nope"],
    ["CONFIG_INVALID", undefined, undefined, "limits.maxTurns"],
  ]);
  expect(config.permissions.mode).toBe("default");
  const error = configError(problems);
  expect(error.code).toBe("CONFIG_INVALID");
  expect(error.message).toContain(`${file}:4: "limits.nope" is no config key`);
});

test.each([
  ["gantry.config.json", '{\n  "model": "a/b"\n  "env": {}\n}', 3, /^comma expected \(column 3\)/],
  ["gantry.config.json", '{ "model": "a/b"', 1, /^close brace expected/],
  ["gantry.config.json", '{ "permissions": { "deny": ["Bash"],\n "deny": [] } }', 2, /"deny" is written twice/],
  ["gantry.config.json", "{} {}", 1, /end of file expected/],
  ["gantry.config.yaml", "model: a/b\n env: {}\n", 1, /\(column 8\)/],
  ["gantry.config.yaml", "model: a/b\nmodel: c/d\n", 2, /unique/],
  ["gantry.config.yaml", "model: !!js/function 'function () {}'\n", 1, /Unresolved tag/],
  [".gantryrc", "a: [1\n", 2, /column/],
])("broken syntax is a problem with line and column: %s %s", async (name, text, line, message) => {
  const place = createPlace();
  const file = place.write(name, text);
  const { problems } = await place.load();
  expect(problems[0]).toMatchObject({ code: "CONFIG_INVALID", file, line, message: expect.stringMatching(message) });
});

test("comments and trailing commas are accepted in JSON", async () => {
  const place = createPlace();
  place.write("gantry.config.json", '{ // mine\n "permissions": { "deny": ["Bash", "Write",], }, }');
  const { problems, config } = await place.load();
  expect(problems).toEqual([]);
  expect(config.permissions.deny).toEqual(["Bash", "Write"]);
});

test.each([
  ["gantry.config.json", "[]"],
  ["gantry.config.yaml", "- a\n"],
  ["gantry.config.yaml", "just text\n"],
])("a file that is no object is a problem: %s %s", async (name, text) => {
  const place = createPlace();
  const file = place.write(name, text);
  expect((await place.load()).problems).toMatchObject([
    { code: "CONFIG_INVALID", file, line: 1, message: expect.stringMatching(/expected object/) },
  ]);
});

test("an empty file says nothing", async () => {
  const place = createPlace();
  place.write("gantry.config.json", "");
  place.writeUser("config.yaml", "# nothing yet\n");
  expect((await place.load()).problems).toEqual([]);
});

test("depth and aliases without end are problems, not crashes", async () => {
  const place = createPlace();
  place.write("gantry.config.json", `{"env": ${"[".repeat(200_000)}`);
  const levels = Array.from({ length: 30 }, (_, at) => `l${at + 1}: &l${at + 1} [*l${at}, *l${at}]`);
  place.writeUser("config.yaml", ["l0: &l0 [x, x]", ...levels].join("\n"));
  const { problems } = await place.load();
  expect(problems.map(({ message }) => message)).toEqual(
    expect.arrayContaining([expect.stringMatching(/alias/i), expect.stringMatching(/./)]),
  );
});

test("two config files in one place are a problem that names both, and neither is used", async () => {
  const place = createPlace();
  place.write("gantry.config.json", { model: "a/b" });
  place.write("package.json", { gantry: { model: "c/d" } });
  place.writeUser("config.json", { model: "e/f" });
  place.writeUser("config.yml", "model: g/h");
  const { problems, config } = await place.load();
  expect(problems.map(({ message }) => message)).toEqual([
    "config.json and config.yml are both here: only one may hold the config",
    "gantry.config.json and package.json are both here: only one may hold the config",
  ]);
  expect(config.model).toBe("anthropic/claude-sonnet-5");
});

test("what is not a small regular data file is not read", async () => {
  const place = createPlace();
  execFileSync("mkfifo", [join(place.project, "gantry.config.json")]);
  mkdirSync(join(place.userFolder, "config.yaml"), { recursive: true });
  place.writeManaged("managed.json", `{}${" ".repeat(1_100_000)}`);
  const { problems } = await place.load({});
  expect(problems.map(({ message }) => message).sort()).toEqual([
    "this file has 1100002 bytes; a config may have 1048576",
    "this is not a regular file that can be read",
    "this is not a regular file that can be read",
  ]);
  place.write("mine.toml", "");
  const given = await place.load({ flags: { config: "mine.toml" } });
  expect(given.problems).toContainEqual({
    code: "CONFIG_INVALID",
    message: ".toml is no config format; JSON and YAML are",
    file: join(place.project, "mine.toml"),
  });
});

test.skipIf(process.getuid?.() === 0)("a file that may not be read is a problem", async () => {
  const place = createPlace();
  chmodSync(place.write("gantry.config.json", "{}"), 0o000);
  expect((await place.load()).problems).toMatchObject([
    { code: "CONFIG_INVALID", message: expect.stringMatching(/cannot be read.*EACCES/) },
  ]);
});

test.each([
  ["lmits.maxTurns=1", '--set: "lmits.maxTurns" is no config key; did you mean limits.maxTurns?'],
  ["limits=5", '--set: limits: expected object, received string; it is "5"'],
  ["isolation.level=strict", '--set: "isolation.level" is no config key; did you mean isolation.timers?'],
  ["env.X.Y=1", '--set: "env.X.Y" is no config key'],
  ["=5", '--set "=5" is not key=value'],
])("a wrong --set is a problem: %s", async (setting, message) => {
  const place = createPlace();
  expect((await place.load({ flags: { set: [setting] } })).problems).toMatchObject([{ message }]);
});

test.each([
  ["GANTRY_MODLE", "a/b", "GANTRY_MODLE sets no config key; did you mean GANTRY_MODEL?"],
  ["GANTRY_LIMITS_MAX_TURNS", "5", "GANTRY_LIMITS_MAX_TURNS sets no config key; did you mean GANTRY_LIMITS__MAX_TURNS?"],
  ["GANTRY_PERMISSION__MODE", "plan", "GANTRY_PERMISSION__MODE sets no config key; did you mean GANTRY_PERMISSIONS__MODE?"],
  ["GANTRY_WHATEVER_IT_IS", "1", "GANTRY_WHATEVER_IT_IS sets no config key"],
  ["GANTRY_PERMISSIONS__MODE", "yolo", expect.stringMatching(/^GANTRY_PERMISSIONS__MODE: permissions.mode: "yolo" is none of/)],
  ["GANTRY_PERMISSIONS__MODE", "", "GANTRY_PERMISSIONS__MODE is empty"],
  [
    "GANTRY_LIMITS__MAX_TURNS",
    "many",
    'GANTRY_LIMITS__MAX_TURNS: limits.maxTurns: expected number, received string; it is "many"',
  ],
  ["GANTRY_ENV", "{", "GANTRY_ENV: env: expected record, received string"],
])("a wrong variable is a problem: %s=%s", async (name, value, message) => {
  const place = createPlace();
  expect((await place.load({ env: { [name]: value } })).problems).toMatchObject([{ message }]);
});

test("a flag for a key that is locked is CONFIG_LOCKED and names the file; the same value is no problem", async () => {
  const place = createPlace();
  const managed = place.writeManaged(
    "managed.json",
    '{\n "limits": { "maxTurns": 5 },\n "permissions": { "mode": "plan", "allow": ["Read"] } }',
  );
  const flags = {
    overrides: [
      { key: "permissions.mode", value: "plan", flag: "--permission-mode" },
      { key: "permissions.allow", value: ["Glob"], flag: "--allow" },
    ],
  };
  const loaded = await place.load({
    flags: { ...flags, set: ["limits.maxTurns=9"] },
    env: { GANTRY_PERMISSIONS__MODE: "default" },
  });
  expect(loaded.problems).toEqual([
    {
      code: "CONFIG_LOCKED",
      severity: "warning",
      message: `GANTRY_PERMISSIONS__MODE: permissions.mode is locked to "plan" by ${managed}:3`,
      key: "permissions.mode",
    },
    { code: "CONFIG_LOCKED", message: `--set: limits.maxTurns is locked to 5 by ${managed}:2`, key: "limits.maxTurns" },
  ]);
  expect(loaded.config.limits.maxTurns).toBe(5);
  expect(loaded.config.permissions).toMatchObject({ mode: "plan", allow: ["Glob", "Read"] });
  expect(configError(loaded.problems).code).toBe("CONFIG_LOCKED");
});

test("a working folder that does not exist is USAGE_INVALID", async () => {
  const place = createPlace();
  await expect(place.load({ cwd: join(place.home, "nowhere") })).rejects.toMatchObject({ code: "USAGE_INVALID" });
});

test("a variable whose beginning is ours but for its case is a warning with the right name", async () => {
  const { problems } = await createPlace().load({ env: { gantry_MODEL: "a/b", Gantry_modle: "a/b" } });
  const about = { code: "CONFIG_KEY_UNKNOWN", severity: "warning" };
  expect(problems).toEqual([
    { ...about, message: "gantry_MODEL is not read: names of variables begin with GANTRY_; did you mean GANTRY_MODEL?" },
    { ...about, message: "Gantry_modle is not read: names of variables begin with GANTRY_; did you mean GANTRY_MODEL?" },
  ]);
});

test("only what stands behind GANTRY_ makes a name near", async () => {
  const { problems } = await createPlace().load({ env: { GANTRY_FOO: "1" } });
  expect(problems).toMatchObject([{ message: "GANTRY_FOO sets no config key" }]);
});
