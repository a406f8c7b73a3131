/** A config that is wrong stops `run` before anything starts: all problems at once, each with its file and line. */
import { createRuntime } from "gantry";
import { expect, test } from "vitest";
import { bench, writeFiles } from "../support/cli.ts";

const projectFile = "gantry.config.json";

/** Text of the project's config, and what must be said of it. */
const wrong: [string, string, RegExp][] = [
  ["an unknown key", '{\n  "modle": "anthropic/claude-sonnet-5"\n}', /gantry\.config\.json:2.*"modle".*did you mean model\?/],
  [
    "an unknown nested key",
    '{\n  "limits": {\n    "maxTurn": 3\n  }\n}',
    /json:3.*limits\.maxTurn.*did you mean limits\.maxTurns\?/,
  ],
  ["a value of the wrong type", '{\n  "limits": { "maxTurns": "many" }\n}', /json:2.*limits\.maxTurns.*expected number/],
  ["a number out of range", '{ "limits": { "maxTurns": 0 } }', /json:1.*limits\.maxTurns/],
  ["an unknown mode", '{ "permissions": { "mode": "acceptEdit" } }', /json:1.*did you mean acceptEdits\?/],
  ["a model without provider", '{ "model": "claude-sonet-5" }', /json:1.*did you mean anthropic\/claude-sonnet-5\?/],
  ["a rule for no tool", '{\n "permissions": {\n  "deny": [\n   "Raed(./x)"\n] } }', /json:4.*Raed.*[Dd]id you mean Read/],
  ["a rule that is no rule", '{ "permissions": { "deny": ["Bash(rm"] } }', /json:1.*Bash\(rm/],
  ["broken JSON", '{ "model": "anthropic/x", \n  "limits": ', /json:2/],
  ["a list for an object", "[]", /json:1/],
  ["$import", '{ "$import": "./other.json" }', /json:1.*\$import is not followed/],
  ["a list of servers", '{ "mcpServers": [] }', /json:1: mcpServers is a list, and must be an object of servers/],
  ["hooks as a list", '{ "hooks": [] }', /json:1: hooks is a list, and must be an object of events/],
];

test.each(wrong)("%s: exit 2, with file and line", async (_name, text, said) => {
  const { gantry, model, logs } = await bench([{ say: "Never." }], { [projectFile]: text });
  const { exit, stderr, stdout } = await gantry(["run", "hello"]);
  expect([exit, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(said);
  expect(model.requests).toEqual([]);
  expect(await logs()).toEqual([]);
});

test("all problems of all places come at once", async () => {
  const { gantry } = await bench([{ say: "Never." }], {
    [projectFile]: '{\n  "modle": "a/b",\n  "limits": { "maxTurns": -1 }\n}',
  });
  const { exit, stderr } = await gantry(["run", "hello", "--set", "limits.paralelReads=3", "--output", "text"], {
    env: { GANTRY_LIMITS__TOOLTIMEOUT: "x" },
  });
  expect(exit).toBe(2);
  for (const part of ["modle", "limits.maxTurns", "paralelReads", "GANTRY_LIMITS__TOOLTIMEOUT"]) expect(stderr).toContain(part);
});

const rules = `{
  "modle": "a/b",
  "permissions": {
    "deny": ["Raed"],
    "allow": ["Bash(npm test:*)", "Wirte"]
  }
}`;
const rulesSaid = [
  /gantry\.config\.json:2: "modle" is no config key/,
  /gantry\.config\.json:4: the deny rule "Raed" is wrong: there is no tool Raed\. Did you mean Read\?/,
  /gantry\.config\.json:5: the allow rule "Wirte" is wrong/,
];

test.each([
  ["run", ["run", "hello"], 2],
  ["config validate", ["config", "validate"], 2],
  ["doctor", ["doctor"], 0],
])("%s tells of rules that fit no tool together with everything else", async (_name, args, code) => {
  const { gantry, logs } = await bench([{ say: "Never." }], { [projectFile]: rules });
  const { exit, stdout, stderr } = await gantry(args);
  expect(exit).toBe(code);
  for (const said of rulesSaid) expect(`${stdout}${stderr}`).toMatch(said);
  expect(await logs()).toEqual([]);
});

test("a program that embeds Gantry is told of them too", async () => {
  const { cwd, home } = await bench([], { [projectFile]: rules });
  const started = createRuntime({ cwd, env: { HOME: home } });
  await expect(started).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  for (const said of rulesSaid) await expect(started).rejects.toThrow(said);
});

test("a wrong rule alone is RULE_INVALID, wherever it is from", async () => {
  const { run, gantry } = await bench([{ say: "Never." }]);
  const { exit, json } = await run("hello", ["--deny", "Raed", "--deny", "Bash("]);
  expect([exit, json.error?.code, json.error?.message]).toEqual([
    2,
    "RULE_INVALID",
    expect.stringMatching(/Raed[\s\S]*Bash\(/),
  ]);
  const validate = await gantry(["config", "validate", "--json"], { env: { GANTRY_PERMISSIONS__DENY: '["Raed"]' } });
  expect([validate.exit, JSON.parse(validate.stdout)]).toMatchObject([2, { ok: false, error: { code: "RULE_INVALID" } }]);
});

test("with --output json the problems are one object", async () => {
  const { run } = await bench([{ say: "Never." }], { [projectFile]: '{ "modle": "a/b" }' });
  expect(await run("hello")).toMatchObject({
    exit: 2,
    json: { ok: false, error: { code: expect.stringMatching(/^CONFIG_/), message: expect.stringContaining("modle") } },
  });
});

test("two config files of one project, a --config that is not there, and YAML are told apart", async () => {
  const made = await bench([{ say: "Never." }], { "gantry.config.yaml": "limits:\n  maxTurn: 3\n" });
  const yaml = await made.gantry(["run", "hello"]);
  expect([yaml.exit, yaml.stderr]).toEqual([2, expect.stringMatching(/gantry\.config\.yaml:2.*limits\.maxTurns/)]);
  const missing = await (await bench([])).gantry(["run", "hello", "--config", "nowhere.json"]);
  expect([missing.exit, missing.stderr]).toEqual([2, expect.stringMatching(/CONFIG_NOT_FOUND[\s\S]*nowhere\.json/)]);
});

test("config validate says the same, and doctor goes on", async () => {
  const { gantry } = await bench([], { [projectFile]: '{\n  "modle": "a/b"\n}' });
  const validate = await gantry(["config", "validate"]);
  expect([validate.exit, `${validate.stdout}${validate.stderr}`]).toEqual([2, expect.stringMatching(/json:2.*modle/)]);
  const doctor = await gantry(["doctor"]);
  expect([doctor.exit, `${doctor.stdout}${doctor.stderr}`]).toEqual([0, expect.stringContaining("modle")]);
});

test("config validate looks at rules, hooks and permission tests together, warnings apart, and runs nothing", async () => {
  const { gantry, home, model } = await bench([{ say: "Never." }]);
  const config = {
    permissions: {
      deny: ["Bash(rm:*)", "Raed"],
      tests: [
        { call: "Bash(rm x)", expect: "deny" },
        { call: "Bash(rm y)", expect: "allow" },
      ],
    },
    hooks: {
      PreToolUse: [{ matcher: "Bash", hooks: [{ type: "comand", command: "touch ran" }] }],
      SubagentStart: [{ hooks: [{ type: "command", command: "touch ran" }] }],
    },
  };
  await writeFiles(home, { ".config/gantry/config.json": JSON.stringify(config, null, 1) });
  const { exit, stdout } = await gantry(["config", "validate", "--json"]);
  expect(exit).toBe(2);
  const { error } = JSON.parse(stdout) as {
    error: { detail: { problems: { severity: string; message: string; line: number }[] } };
  };
  const { problems } = error.detail;
  expect(problems.filter(({ severity }) => severity === "warning").map(({ message }) => message)).toEqual([
    expect.stringContaining("SubagentStart"),
  ]);
  const errors = problems.filter(({ severity }) => severity === "error");
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringContaining("Raed"),
    expect.stringContaining("comand"),
    expect.stringContaining("the permission test of Bash(rm y) expects allow and gets deny"),
  ]);
  expect(errors.every(({ line }) => line > 1)).toBe(true);
  expect(model.requests).toEqual([]);
});

test("what is only a warning lets config validate end well", async () => {
  const { gantry, home } = await bench([]);
  const hooks = { SubagentStart: [{ hooks: [{ type: "command", command: "true" }] }] };
  await writeFiles(home, { ".config/gantry/config.json": JSON.stringify({ hooks }) });
  const { exit, stdout } = await gantry(["config", "validate"]);
  expect([exit, stdout]).toEqual([
    0,
    expect.stringMatching(/: warning: .*SubagentStart.*\nThe config is sound; 1 warning.\n$/s),
  ]);
});
