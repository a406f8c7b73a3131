/** `isolation.require: "os"`: plugins run within the operating system's boundary, or not at all. Options that do not fit. */
import path from "node:path";
import { describe, expect, test } from "vitest";
import { type Bench, bench, resultTexts } from "../support/cli.ts";
import { installPlugin, type PluginText } from "../support/community.ts";

const call = (name: string, input: object = {}): unknown => ({ call: { name, input } });
const done = { say: "Done." };
const required = ["--set", "isolation.require=os"];
const withoutBwrap = { env: { PATH: path.dirname(process.execPath) } };

const guard: PluginText = {
  name: "guard",
  source: `plugin({ name: "guard", description: "Guards.",
    tools: [{ name: "One", description: "One.", effect: "reads", input: () => ({ type: "object" }), async execute() { return "ran"; } }],
    commands: [{ id: "guard say", summary: "Says.", args: [], flags: [], run: async () => ({ data: null, text: "said" }) }],
    taps: [{ on: "tool.approve", kind: "judge", tools: ["Write"], run: async () => undefined }] });`,
  tools: [{ name: "One" }],
  commands: [{ id: "guard say" }],
  taps: [{ on: "tool.approve", kind: "judge", tools: ["Write"] }],
  grants: { "hook.tap": ["tool.approve:Write"] },
};

async function guarded(steps: unknown[]): Promise<Bench> {
  const place = await bench(steps);
  await installPlugin(place, guard);
  return place;
}

const write = call("Write", { file_path: "a.txt", content: "x" });

describe.runIf(process.platform === "linux")("with bubblewrap", () => {
  test("tools, judges and commands work as ever", async () => {
    const place = await guarded([call("One"), write, done]);
    const { json, exit } = await place.run("go", [...required, "--approve", "always"]);
    expect({ exit, outcomes: json.toolCalls.map(({ outcome }) => outcome) }).toEqual({ exit: 0, outcomes: ["ok", "ok"] });
    const said = await place.gantry(["guard", "say"], { env: { GANTRY_ISOLATION__REQUIRE: "os" } });
    expect(said).toMatchObject({ exit: 0, stdout: "said\n" });
  });
});

describe("without it", () => {
  test("the plugin is left out with ISOLATION_UNAVAILABLE, its tool is not there, what it judges is denied, and the run goes on", async () => {
    const place = await guarded([call("One"), write, done]);
    const { json, exit, stderr } = await place.run("go", [...required, "--approve", "always"], withoutBwrap);
    expect(exit).toBe(0);
    expect(json.toolCalls.map(({ outcome }) => outcome)).toEqual(["error", "denied"]);
    expect(stderr).toContain("guard: it is left out: ISOLATION_UNAVAILABLE: isolation.require is os");
    expect(stderr).toContain("bwrap is not on PATH");
    expect(resultTexts(place.model)[0]).toContain("guard");
  });

  test("required, it ends the run with exit 7 before the model is asked", async () => {
    const place = await guarded([done]);
    const args = [...required, "--set", 'plugins=[["guard", {"required": true}]]'];
    const { json, exit } = await place.run("go", args, withoutBwrap);
    expect(exit).toBe(7);
    expect(json.error).toMatchObject({ code: "PLUGIN_REQUIRED", message: expect.stringContaining("ISOLATION_UNAVAILABLE") });
    expect(place.model.requests).toEqual([]);
  });

  test("its command is refused, doctor says so, and a plugin of one run is not even described", async () => {
    const place = await guarded([]);
    const env = { ...withoutBwrap.env, GANTRY_ISOLATION__REQUIRE: "os" };
    const said = await place.gantry(["guard", "say"], { env });
    expect(said).toMatchObject({ stdout: "", stderr: expect.stringContaining("ISOLATION_UNAVAILABLE") });
    expect(said.exit).not.toBe(0);
    const { stdout } = await place.gantry(["doctor"], { env });
    expect(stdout).toMatch(/guard 1\.0\.0[\s\S]*isolation\.require is os/);
  });
});

describe("options that do not fit", () => {
  const optionsSchema = { type: "object", properties: { depth: { type: "number" } } };
  const picky = `plugin({ name: "picky", description: "Picky.",
    options: () => ({ "~standard": { version: 1, vendor: "test", jsonSchema: { input: () => (${JSON.stringify(optionsSchema)}) },
      validate: (value) => typeof value.depth === "number" ? { value } : { issues: [{ message: "must be a number", path: ["depth"] }] } } }),
    tools: [{ name: "One", description: "One.", effect: "reads", input: () => ({ type: "object" }), async execute() { return "ran"; } }],
    commands: [{ id: "picky say", summary: "Says.", args: [], flags: [], run: async () => ({ data: null, text: "said" }) }] });`;
  const config = `{\n  "plugins": [\n    ["picky", { "options": { "depth": "deep" } }]\n  ]\n}\n`;

  async function withPicky(): Promise<Bench> {
    const place = await bench([call("One"), done], { "gantry.config.json": config });
    await installPlugin(place, {
      ...{ name: "picky", source: picky, tools: [{ name: "One" }], commands: [{ id: "picky say" }], optionsSchema },
    });
    return place;
  }

  test("fail the call with their code, their path, and the line of the config that gives them", async () => {
    const place = await withPicky();
    const { json, stderr } = await place.run("go", ["--trust"]);
    expect(json.toolCalls[0]).toMatchObject({ outcome: "error" });
    expect(stderr).toMatch(/picky: it cannot be used: PLUGIN_OPTIONS_INVALID:[\s\S]*depth[\s\S]*gantry\.config\.json:3/);
  });

  test("fail a command of it the same way", async () => {
    const place = await withPicky();
    await place.gantry(["trust", "grant"]);
    const { exit, stderr } = await place.gantry(["picky", "say"]);
    expect(exit).toBe(2);
    expect(stderr).toMatch(/PLUGIN_OPTIONS_INVALID[\s\S]*depth[\s\S]*gantry\.config\.json:3/);
  });
});
