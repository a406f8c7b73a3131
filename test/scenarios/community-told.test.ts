/** What users are told of plugins beside their results: log lines in a verbose run, commands to those who watch them, changes of config. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { bench } from "../support/cli.ts";
import { installPlugin, type PluginText } from "../support/community.ts";

const call = (name: string, input: object = {}): unknown => ({ call: { name, input } });
const done = { say: "Done." };

function logging(body: string): PluginText {
  const source = `plugin({ name: "one", description: "One.", tools: [{ name: "One", description: "One.", effect: "reads",
    input: () => ({ type: "object" }), async execute(input, ctx) { ${body}; return "ran"; } }] });`;
  return { name: "one", source, tools: [{ name: "One" }] };
}

test("what a plugin logs stands on stderr of a verbose run, cleaned and on one line, and nowhere in another", async () => {
  const place = await bench([call("One"), done]);
  await installPlugin(place, logging(`ctx.log("found \\u001b[31mred\\u001b[0m\\nsecond")`));
  const { stderr, stdout, exit } = await place.gantry(["run", "go", "--verbose"]);
  expect({ exit, stdout }).toEqual({ exit: 0, stdout: "Done.\n" });
  expect(stderr).toMatch(/^one logs \w+: found /m);
  expect(stderr).not.toContain("\u001b");
  expect(stderr).not.toMatch(/^second/m);
  const again = await bench([call("One"), done]);
  expect((await place.gantry(["run", "go"], { env: { ANTHROPIC_BASE_URL: again.model.url } })).stderr).not.toContain("logs");
});

test("a plugin that logs without end is told of so many lines a minute", async () => {
  const place = await bench([call("One"), done]);
  await installPlugin(place, logging(`for (let at = 0; at < 500; at++) ctx.log("line " + at)`));
  const { stderr, exit } = await place.gantry(["run", "go", "--verbose"]);
  expect(exit).toBe(0);
  const lines = stderr.split("\n").filter((line) => line.includes(" logs "));
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThan(100);
});

test("a plugin that watches commands is told of another's, before it runs; without the grant it is not", async () => {
  const place = await bench([]);
  const watcher: PluginText = {
    name: "watcher",
    source: `plugin({ name: "watcher", description: "Watches.", taps: [{ on: "command.run", kind: "observe",
      run: async ({ command, plugin, args }, ctx) => { await ctx.storage.set("seen", [command, plugin, args]); return { say: "seen " + command }; } }] });`,
    taps: [{ on: "command.run", kind: "observe" }],
    grants: { "hook.tap": ["command.run"], storage: "64KiB" },
  };
  const source = `plugin({ name: "speaker", description: "Speaks.", commands: [{ id: "speak", summary: "Speaks.",
    args: [{ name: "word", summary: "What." }], run: async ({ args }) => ({ data: null, text: args.word }) }] });`;
  await installPlugin(place, {
    name: "speaker",
    source,
    commands: [{ id: "speak", args: [{ name: "word", summary: "What." }] }],
  });
  await installPlugin(place, watcher);
  const told = await place.gantry(["speak", "hi"]);
  expect(told).toMatchObject({ exit: 0, stdout: "hi\n", stderr: expect.stringContaining("seen speak") });
  const stored = await readFile(path.join(place.home, ".local/share/gantry/plugins/storage/user/watcher.json"), "utf8");
  expect(stored).toContain('["speak","speaker",["hi"]]');
  await installPlugin(place, { ...watcher, granted: {} });
  expect((await place.gantry(["speak", "hi"])).stderr).not.toContain("seen speak");
});

test("a watcher that fails holds no command up, and is named", async () => {
  const place = await bench([]);
  await installPlugin(place, {
    ...{ name: "watcher", taps: [{ on: "command.run", kind: "observe" }], grants: { "hook.tap": ["command.run"] } },
    commands: [{ id: "speak" }],
    source: `plugin({ name: "watcher", description: "W.", commands: [{ id: "speak", summary: "S.", run: async () => ({ data: null, text: "said" }) }],
      taps: [{ on: "command.run", kind: "observe", run: async () => { throw new Error("blind"); } }] });`,
  });
  const { exit, stdout, stderr } = await place.gantry(["speak"]);
  expect({ exit, stdout }).toEqual({ exit: 0, stdout: "said\n" });
  expect(stderr).toContain("at command.run it failed: blind");
});
