/** The scenario format: what is taken, and what is told of a file that is none. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { messageOf } from "../../core/contract/errors.ts";
import type { Inventory } from "../../core/contract/inventory.ts";
import { findScenarios } from "../../plugins/parity/scenario/find.ts";
import { readScenario } from "../../plugins/parity/scenario/format.ts";
import { meantItems } from "../../plugins/parity/scenario/known-names.ts";
import { readSoundScenarios } from "../../plugins/parity/scenario/read-all.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "gantry-format-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileOf(text: string, name = "sample"): Promise<string> {
  const file = path.join(folder, `${name}.scenario.yaml`);
  await writeFile(file, text);
  return file;
}

/** What is told, without the folder. */
async function problemsOf(text: string): Promise<string[]> {
  const file = await fileOf(text);
  const message = await readScenario(file).then(() => "", messageOf);
  return message.replaceAll(`${folder}/`, "").split("\n");
}

const head = "name: sample\nabout: A sample.\ncategory: samples\n";

describe("a scenario file", () => {
  test("is read with the line of every place, and of the nearest one where the place is not written", async () => {
    const file = await fileOf(`${head}steps:
  - gantry: [run, go, --max-turns, 3]
    model:
      - say: Hello.
    expect:
      stdout:
        - contains: Hello
        - { notContains: bye }
`);
    const scenario = await readScenario(file);
    expect(scenario.steps[0]?.gantry).toEqual(["run", "go", "--max-turns", "3"]);
    const lines = [
      ["steps", 0, "expect", "stdout", 1, "notContains"],
      ["steps", 0, "expect", "json"],
      ["steps", 0, "model", 0],
      ["name"],
    ];
    expect(lines.map(scenario.lineOf)).toEqual([11, 8, 7, 1]);
  });

  test("may be JSON", async () => {
    const file = await fileOf(
      JSON.stringify({ name: "sample", about: "A sample.", category: "samples", steps: [{ gantry: ["--version"] }] }),
    );
    expect((await readScenario(file)).steps).toEqual([{ gantry: ["--version"] }]);
  });

  test("with mistakes is told all of them at once, with line, place and the nearest right name", async () => {
    expect(
      await problemsOf(`${head}covers: [tool/Read, tools]
files: { ../a: x, b: { text: x, base64: eA== }, c: { text: x, mode: rwx } }
plugins: [{ folder: nowhere }]
steps:
  - gantry: [run, go]
    model: [{ sya: Hello. }, { call: { name: Read, imput: {} } }]
    interrupt: { after: { request: 1, stderr: x }, signal: SIGTRAP }
    expect:
      exti: 1
      stdout: { contians: x }
      stderr: [{ matches: "(" }]
      json: { a: { $contain: x }, b: { $any: yes }, c: { $matches: x, d: 1 } }
      calls: [{ tool: Read, outcome: error }]
      events: [{ typ: answer }]
      files: { /etc/passwd: absent }
`),
    ).toMatchInlineSnapshot(`
      [
        "sample.scenario.yaml has 18 problems:",
        "sample.scenario.yaml:4: covers[0]: an inventory has no part tool. Did you mean tools?",
        "sample.scenario.yaml:4: covers[1]: an item is part/name, such as tools/Read",
        "sample.scenario.yaml:5: files["../a"]: "../a" is no name here: a path below the folder, without .. and not absolute",
        "sample.scenario.yaml:5: files.b: give text or base64",
        "sample.scenario.yaml:5: files.c.mode: a mode is three octal digits, as text: '755'; it is "rwx"",
        "sample.scenario.yaml:9: steps[0].model[0]: Unrecognized key: "sya". Did you mean say?",
        "sample.scenario.yaml:9: steps[0].model[1].call: Unrecognized key: "imput". Did you mean input?",
        "sample.scenario.yaml:10: steps[0].interrupt.after: give exactly one of request, stdout, stderr, event",
        "sample.scenario.yaml:10: steps[0].interrupt.signal: "SIGTRAP" is none of SIGINT, SIGTERM, SIGHUP, SIGKILL.",
        "sample.scenario.yaml:12: steps[0].expect.exti: "exti" is no key here. Did you mean exit?",
        "sample.scenario.yaml:13: steps[0].expect.stdout.contians: "contians" is no key here. Did you mean contains?",
        "sample.scenario.yaml:14: steps[0].expect.stderr[0].matches: not a regular expression",
        "sample.scenario.yaml:15: steps[0].expect.json.a["$contain"]: $contain is none of $contains, $matches, $any, $absent, $includes. Did you mean $contains?",
        "sample.scenario.yaml:15: steps[0].expect.json.b["$any"]: $any is true",
        "sample.scenario.yaml:15: steps[0].expect.json.c["$matches"]: $matches stands alone in its object",
        "sample.scenario.yaml:16: steps[0].expect.calls[0].outcome: "error" is none of ok, failed, denied.",
        "sample.scenario.yaml:17: steps[0].expect.events[0]: an event needs its type",
        "sample.scenario.yaml:18: steps[0].expect.files["/etc/passwd"]: "/etc/passwd" is no name here: a path below the workspace, or below HOME with ~/",
      ]
    `);
  });

  test("that lays out a config twice, or a plugin from nowhere, says so", async () => {
    const text = `${head}files: { gantry.config.json: "{}" }
home: { .config/gantry/config.json: "{}" }
config: {}
project: {}
plugins: [{ folder: nowhere }]
steps: [{ gantry: [] }]
`;
    expect(await problemsOf(text)).toEqual([
      "sample.scenario.yaml has 3 problems:",
      "sample.scenario.yaml:6: config: give config, or the file .config/gantry/config.json of home, not both",
      "sample.scenario.yaml:7: project: give project, or the file gantry.config.json of files, not both",
      "sample.scenario.yaml:8: plugins[0].folder: no file of files lies in nowhere",
    ]);
  });

  test("expects no event and no tool that nothing can ever be, and keeps what it lays out under any name", async () => {
    const text = `${head}steps:
  - gantry: [run, go]
    interrupt: { after: { event: tool.strat }, signal: SIGINT }
    expect: { absent: [{ type: tool.strat }], events: [{ type: quite-else }], files: { __proto__: absent } }
`;
    expect(await problemsOf(text)).toEqual(["sample.scenario.yaml:7: the key __proto__ cannot be kept; use another name"]);
    expect(await problemsOf(text.replace(", files: { __proto__: absent }", ""))).toEqual([
      "sample.scenario.yaml has 3 problems:",
      'sample.scenario.yaml:6: steps[0].interrupt.after.event: no event has the type "tool.strat". Did you mean tool.start?',
      'sample.scenario.yaml:7: steps[0].expect.events[0].type: no event has the type "quite-else".',
      'sample.scenario.yaml:7: steps[0].expect.absent[0].type: no event has the type "tool.strat". Did you mean tool.start?',
    ]);
  });

  test("names tools of this build, or brings its own, or needs what is not there", async () => {
    const inventory: Inventory = {
      format: "gantry-inventory/1",
      system: { name: "gantry", version: "1" },
      parts: { tools: ["Read", "Write"].map((name) => ({ name, source: "a table" })) },
    };
    const steps = `steps:
  - gantry: [run, go]
    expect:
      requests: [{ tools: { lacks: [Raed], has: [Wirte, Read] } }]
      calls: [{ tool: Wrte }, { tool: NoSuch, code: TOOL_UNKNOWN }, { tool: mcp__a__b }]
`;
    const told = async (text: string): Promise<string[]> => {
      const message = await readScenario(await fileOf(text), inventory).then(() => "", messageOf);
      return message.replaceAll(`${folder}/`, "").split("\n");
    };
    expect(await told(`${head}${steps}`)).toEqual([
      "sample.scenario.yaml has 4 problems:",
      'sample.scenario.yaml:7: steps[0].expect.requests[0].tools.has[0]: this build has no tool "Wirte". Did you mean Write?',
      'sample.scenario.yaml:7: steps[0].expect.requests[0].tools.lacks[0]: this build has no tool "Raed". Did you mean Read?',
      'sample.scenario.yaml:8: steps[0].expect.calls[0].tool: this build has no tool "Wrte". Did you mean Write?',
      'sample.scenario.yaml:8: steps[0].expect.calls[2].tool: this build has no tool "mcp__a__b".',
    ]);
    const ownTools = [
      "config: { mcpServers: { a: { command: b } } }\n",
      "home: { .claude.json: '{ \"mcpServers\": {} }' }\n",
      "files: { p/index.ts: x }\nplugins: [{ folder: p }]\n",
      "needs: [tools/Wrte]\n",
    ];
    for (const brought of ownTools) expect(await told(`${head}${brought}${steps}`), brought).toEqual([""]);
    expect(await told(`${head}${steps.replace("go]", "go, --plugin, p]")}`)).toEqual([""]);
    expect(meantItems(["tools/Wrte", "tools/Quite", "no-part/x"], inventory)).toEqual({ "tools/Wrte": "tools/Write" });
  });

  test("sets no variable that says where a command reads and writes, and asks no model but one on loopback", async () => {
    const env = (name: string, value: string): string =>
      `${head}steps:\n  - gantry: [run, go]\n    env: { ${name}: "${value}" }\n`;
    for (const name of ["HOME", "PATH", "TMPDIR", "GANTRY_HOME", "XDG_STATE_HOME"])
      expect(await problemsOf(env(name, "/x"))).toEqual([
        expect.stringMatching(new RegExp(`:6: steps\\[0\\]\\.env\\.${name}: ${name} is set by the player, so that nothing`)),
      ]);
    expect(await problemsOf(env("ANTHROPIC_BASE_URL", "http://127.0.0.1.example.com"))).toEqual([
      expect.stringContaining("ANTHROPIC_BASE_URL is {{model}} or http://127.0.0.1:PORT"),
    ]);
    for (const value of ["http://127.0.0.1:9", "{{model}}"])
      expect(await problemsOf(env("ANTHROPIC_BASE_URL", value))).toEqual([""]);
  });

  test("says its own name, which is that of the file", async () => {
    expect(await problemsOf(`name: another\nabout: x\ncategory: y\nsteps: [{ gantry: [] }]\n`)).toEqual([
      "sample.scenario.yaml:1: name: the file is of sample, and says another",
    ]);
  });

  test.each([
    ["nothing", "", "sample.scenario.yaml:1: the file is empty"],
    ["no steps", head, "sample.scenario.yaml:1: steps: is missing"],
    ["a list", "- a\n", "sample.scenario.yaml:1: expected object, received array"],
    ["no YAML", "name: [\n", "sample.scenario.yaml:2: "],
  ])("that is %s says so", async (_what, text, told) => {
    expect((await problemsOf(text)).join("\n")).toContain(told);
  });
});

describe("many scenario files", () => {
  test("are found by name, by the beginning of a name, as a file and as a folder; an unknown one is told with the nearest", async () => {
    const shipped = path.join(folder, "shipped");
    const { mkdir } = await import("node:fs/promises");
    await mkdir(path.join(shipped, "more/node_modules/x"), { recursive: true });
    for (const name of ["read_a", "read_b", "write", "more/deep", "more/node_modules/x/not_ours"])
      await writeFile(path.join(shipped, `${name}.scenario.yaml`), "");
    const find = async (...wanted: string[]): Promise<string[]> =>
      (await findScenarios(wanted, { shipped, cwd: shipped })).map((file) => path.relative(shipped, file));
    expect(await find()).toEqual([
      "more/deep.scenario.yaml",
      "read_a.scenario.yaml",
      "read_b.scenario.yaml",
      "write.scenario.yaml",
    ]);
    expect(await find("read_", "write", "read_a")).toEqual([
      "read_a.scenario.yaml",
      "read_b.scenario.yaml",
      "write.scenario.yaml",
    ]);
    expect(await find("./more")).toEqual(["more/deep.scenario.yaml"]);
    expect(await find("write.scenario.yaml")).toEqual(["write.scenario.yaml"]);
    await expect(find("wirte", "./nothing")).rejects.toMatchObject({
      code: "SCENARIO_UNKNOWN",
      message:
        "There is no scenario wirte, and none that begins so. Did you mean write?\n./nothing is no scenario file, and no folder with any *.scenario.yaml in it.",
    });
  });

  test("are told all that is wrong with each of them", async () => {
    const files = [await fileOf("name: one\n", "one"), await fileOf("name: 2\n", "two")];
    const message = await readSoundScenarios(files).then(() => "", messageOf);
    for (const part of [
      "one.scenario.yaml:1: steps: is missing",
      "two.scenario.yaml:1: name: ",
      "two.scenario.yaml:1: about: is missing",
    ])
      expect(message).toContain(part);
  });
});
