/** What a run does with the plugins of its store: consent, clashes, what is broken and what is required. Commands and help. */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { type Bench, bench, resultTexts } from "../support/cli.ts";
import { installPlugin, type PluginText } from "../support/community.ts";

const call = (name: string, input: object): unknown => ({ call: { name, input } });
const done = { say: "Done." };

function toolPlugin(name: string, tool: string): PluginText {
  const source = `plugin({ name: "${name}", description: "One.", tools: [{ name: "${tool}", description: "One.", effect: "reads",
    input: () => ({ type: "object" }), async execute() { return "by ${name}"; } }] });`;
  return { name, source, tools: [{ name: tool }] };
}

function commandPlugin(id: string, body: string, grants = {}): PluginText {
  const source = `plugin({ name: "speaker", description: "Speaks.", commands: [{ id: "${id}", summary: "Speaks.",
    args: [{ name: "word", summary: "What." }], async run({ args, flags }, ctx) { ${body} } }] });`;
  return { name: "speaker", source, commands: [{ id, args: [{ name: "word", summary: "What." }] }], grants };
}

test("a plugin of a project's lock that the user has not answered about stops the run with exit 3, and nothing of it runs", async () => {
  const place = await bench([done]);
  await installPlugin(place, { ...toolPlugin("one", "One"), scope: "project", withoutConsent: true });
  await installPlugin(place, { ...toolPlugin("two", "Two"), scope: "project", withoutConsent: true });
  const { exit, json } = await place.run("go");
  expect(exit).toBe(3);
  expect(json.error).toMatchObject({
    code: "PLUGIN_CONSENT_REQUIRED",
    message: expect.stringMatching(/one 1\.0\.0.*\n.*two 1\.0\.0/),
  });
  expect(place.model.requests).toEqual([]);
  expect((await place.run("go", ["--no-plugins"])).exit).toBe(0);
});

test("a plugin that takes a built-in's name, or another's, is left out with both owners named; the others work", async () => {
  const place = await bench([call("One", {}), done]);
  await installPlugin(place, toolPlugin("first", "One"));
  await installPlugin(place, toolPlugin("second", "One"));
  await installPlugin(place, toolPlugin("third", "Read"));
  const { exit, stderr } = await place.run("go");
  expect(exit).toBe(0);
  expect(resultTexts(place.model)).toEqual(["by first"]);
  expect(stderr).toContain("second: it is left out: the plugin first and the plugin second both offer the tool One");
  expect(stderr).toContain("third: it is left out: the plugin files and the plugin third both offer the tool Read");
});

test("a judge of a plugin that is left out denies what it would have judged", async () => {
  const place = await bench([call("Write", { file_path: "a.txt", content: "x" }), done]);
  const source = `plugin({ name: "guard", description: "Guards." });`;
  const taps = [{ on: "tool.approve" as const, kind: "judge" as const, tools: ["Write"] }];
  await installPlugin(place, {
    name: "guard",
    source,
    tools: [{ name: "Read" }],
    taps,
    grants: { "hook.tap": ["tool.approve:Write"] },
  });
  const { json } = await place.run("go", ["--approve", "always"]);
  expect(json.toolCalls[0]).toMatchObject({ outcome: "denied" });
});

test("a plugin that the config names and nobody has installed is a warning; required, it ends the run with exit 7 before anything starts", async () => {
  const place = await bench([done]);
  const soft = await place.run("go", ["--set", 'plugins=["notes"]']);
  expect(soft).toMatchObject({ exit: 0, stderr: expect.stringContaining("the plugin notes is named here and not installed") });
  const hard = await place.run("go", ["--set", 'plugins=[["notes", {"required": true}]]']);
  expect(hard.exit).toBe(7);
  expect(hard.json.error).toMatchObject({ code: "PLUGIN_REQUIRED" });
});

test("a required plugin that is broken, disabled or changed ends the run with exit 7", async () => {
  const place = await bench([done]);
  const required = ["--set", 'plugins=[["one", {"required": true}]]'];
  const { bundleFile } = await installPlugin(place, { ...toolPlugin("one", "One"), disabled: true });
  expect(await place.run("go", required)).toMatchObject({
    exit: 7,
    json: { error: { message: expect.stringContaining("is disabled") } },
  });
  await installPlugin(place, toolPlugin("one", "One"));
  await writeFile(bundleFile, "(async (__gantry) => {})");
  expect(await place.run("go", required)).toMatchObject({
    exit: 7,
    json: { error: { message: expect.stringContaining("PLUGIN_CHANGED") } },
  });
});

test("a store whose lock cannot be read is said, and the run goes on", async () => {
  const place = await bench([done]);
  const { lockFile } = await installPlugin(place, toolPlugin("one", "One"));
  await writeFile(lockFile, "{");
  const { exit, stderr } = await place.run("go");
  expect(exit).toBe(0);
  expect(stderr).toContain("lock.json");
});

test("a command runs in its guest: prints as it comes, asks for its effects, and ends with its own code", async () => {
  const place = await bench([], { "a.txt": "12345" });
  const body = `ctx.print("first\\n"); ctx.say("aside"); const { bytes } = await ctx.fs.read("a.txt");
    return { data: { bytes: bytes.length, word: args.word }, text: "last", exit: 12 };`;
  await installPlugin(place, commandPlugin("speak", body, { "fs.read": ["./**"] }));
  expect(await place.gantry(["speak", "hi"])).toMatchObject({
    exit: 12,
    stdout: "first\nlast\n",
    stderr: expect.stringContaining("aside"),
  });
  const { stdout, exit } = await place.gantry(["speak", "hi", "--json"]);
  expect({ exit, json: JSON.parse(stdout) }).toEqual({
    exit: 12,
    json: { ok: true, kind: "speak", data: { bytes: 5, word: "hi" }, warnings: [] },
  });
});

test("a command that fails, and one that hands back what is none, are failed commands", async () => {
  const place = await bench([]);
  await installPlugin(place, commandPlugin("speak", `if (args.word === "bad") return 7; throw new Error("no voice");`));
  expect(await place.gantry(["speak"])).toMatchObject({ exit: 1, stderr: expect.stringContaining("no voice") });
  expect(await place.gantry(["speak", "bad"])).toMatchObject({ exit: 1, stderr: expect.stringContaining("PLUGIN_INVALID") });
});

test("a command is stopped by a signal, and so is its guest", async () => {
  const place = await bench([]);
  await installPlugin(place, commandPlugin("speak", `ctx.print("begun\\n"); await new Promise(() => {});`));
  const run = place.start(["speak"]);
  await run.sees("begun");
  run.child.kill("SIGINT");
  expect((await run.finished).exit).toBe(130);
});

test("commands stand in help and completion from their manifests; one of the built-ins' names stays theirs, with both owners named", async () => {
  const place = await bench([]);
  await installPlugin(place, commandPlugin("speak up", "return { data: 1, text: '' };"));
  await installPlugin(place, { ...commandPlugin("doctor", ""), name: "rival" });
  expect((await place.gantry(["--help"])).stdout).toMatch(/speak +Commands: up/);
  expect((await place.gantry(["speak", "up", "--help"])).stdout).toContain("Runs speak up.");
  expect((await place.gantry(["completion", "bash"])).stdout).toContain("'speak up'");
  expect(await place.gantry(["speak", "don"])).toMatchObject({ exit: 2, stderr: expect.stringContaining("speak has: up") });
});

test("doctor shows each installed plugin with what it may, what surrounds it, and what is not enforced; a required one that fails is exit 7", async () => {
  const place = await bench([]);
  const { bundleFile } = await installPlugin(place, { ...toolPlugin("one", "One"), grants: { "fs.read": ["./notes/**"] } });
  await mkdir(path.join(place.home, ".config/gantry"), { recursive: true });
  await writeFile(path.join(place.home, ".config/gantry/config.json"), '{"plugins": [["one", {"required": true}]]}');
  const { stdout, exit } = await place.gantry(["doctor"]);
  expect(exit).toBe(0);
  expect(stdout).toMatch(/Installed plugins \(process \+ realm[,;]/);
  expect(stdout).toMatch(/one 1\.0\.0 +tools One\n +may read files/);
  await writeFile(bundleFile, "changed");
  expect(await place.gantry(["doctor"])).toMatchObject({ exit: 7, stdout: expect.stringContaining("PLUGIN_CHANGED") });
});

test("help with 100 installed plugins starts no process", async () => {
  const place = await bench([]);
  for (let at = 0; at < 100; at++)
    await installPlugin(place, { ...toolPlugin(`plugin-${at}`, `Tool${at}`), commands: [{ id: `do-${at}` }] });
  const bin = path.join(place.home, "bin");
  await mkdir(bin);
  const { stdout, exit } = await place.gantry(["--help"], { env: { NODE_OPTIONS: `--require ${await refusal(place)}` } });
  expect(exit).toBe(0);
  expect(stdout).toContain("do-99");
});

/** A module that ends whoever starts a process or a thread. */
async function refusal(place: Bench): Promise<string> {
  const file = path.join(place.home, "alone.cjs");
  const text = `const { ChildProcess } = require("node:child_process");
ChildProcess.prototype.spawn = () => { console.error("a process was started"); process.exit(99); };`;
  await writeFile(file, text);
  return file;
}

test("a provider of a plugin answers a run, streamed from its guest", async () => {
  const place = await bench([]);
  const source = `plugin({ name: "parrot", description: "Parrots.", providers: [{ name: "parrot",
    async *stream({ messages }) {
      const [{ text }] = messages.at(-1).content;
      for (const word of text.split(" ")) yield { type: "text", text: word + " " };
      yield { type: "answer", answer: { content: [{ type: "text", text: text + "!" }], stop: "end_turn",
        usage: { inputTokens: 1, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0 }, model: "grey" } };
    },
    contextWindow: () => 50_000 }] });`;
  await installPlugin(place, { name: "parrot", source, providers: ["parrot"] });
  const { json, exit, stderr } = await place.run("pretty polly", ["--model", "parrot/grey"]);
  expect({ exit, stderr }).toMatchObject({ exit: 0 });
  expect(json).toMatchObject({ text: "pretty polly!", usage: { outputTokens: 2 } });
});

test("a provider that streams what is no event fails the run as a provider", async () => {
  const place = await bench([]);
  const source = `plugin({ name: "parrot", description: "Parrots.", providers: [{ name: "parrot",
    async *stream() { yield { type: "answer", answer: 7 }; }, contextWindow: () => 50_000 }] });`;
  await installPlugin(place, { name: "parrot", source, providers: ["parrot"] });
  const { json, exit } = await place.run("hi", ["--model", "parrot/grey"]);
  expect({ exit, code: json.error?.code }).toEqual({ exit: 1, code: "PROVIDER_REJECTED" });
});

const notCommands: unknown[] = [
  { id: "zz top" },
  { id: "zz top", summary: 5, args: {}, flags: null, examples: [] },
  null,
  "zz top",
  { id: 5, summary: "a", args: [], flags: [], examples: [] },
  { id: "zz top", summary: "a", args: [{ name: 5 }], flags: [{}], examples: [] },
];

test("whatever stands in a stored manifest, help, list, uninstall and a run work, and its judge denies or the run asks", async () => {
  const taps = [{ on: "tool.approve" as const, kind: "judge" as const, tools: ["Write"] }];
  for (const command of notCommands) {
    const place = await bench([call("Write", { file_path: "a.txt", content: "x" }), done]);
    const { consentFile } = await installPlugin(place, {
      ...toolPlugin("evil", "Evil"),
      taps,
      grants: { "hook.tap": ["tool.approve:Write"] },
    });
    const file = JSON.parse(await readFile(consentFile, "utf8"));
    file.plugins.evil.manifest.contributes.commands = [command];
    await writeFile(consentFile, JSON.stringify(file));
    for (const argv of [["--help"], ["plugins", "list"], ["plugins", "verify"], ["doctor"]])
      expect((await place.gantry(argv)).stderr).not.toContain("INTERNAL");
    const { exit, json } = await place.run("go", ["--approve", "always"]);
    expect([json.toolCalls?.[0]?.outcome ?? json.error?.code, exit]).toEqual(
      typeof command === "object" && command !== null ? ["denied", 0] : ["PLUGIN_CONSENT_REQUIRED", 3],
    );
    expect((await place.gantry(["plugins", "uninstall", "evil"])).exit).toBe(0);
    expect((await place.gantry(["--help"])).exit).toBe(0);
  }
}, 60_000);

test("a project's manifest is as strict as an install's: it is refused with every problem, and can be answered with no", async () => {
  for (const text of [undefined, "no json", "null"]) {
    const place = await bench([done]);
    const plugin = {
      ...toolPlugin("evil", "Evil"),
      scope: "project" as const,
      withoutConsent: true as const,
      commands: [{ id: "zz top" }],
    };
    const { lockFile, bundleFile, manifest } = await installPlugin(place, { ...plugin, withoutConsent: true });
    const written =
      text ??
      JSON.stringify({
        ...manifest,
        contributes: { ...manifest.contributes, commands: [{ id: "zz top", args: {} }], taps: [null] },
      });
    const lock = JSON.parse(await readFile(lockFile, "utf8"));
    lock.plugins.evil.manifestHash = createHash("sha512").update(written).digest("hex");
    await writeFile(lockFile, JSON.stringify(lock));
    const { sha512, manifestHash } = lock.plugins.evil;
    const folder = path.join(path.dirname(bundleFile), "..", `${sha512.slice(0, 8)}${manifestHash.slice(0, 8)}`);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, "plugin.js"), await readFile(bundleFile));
    await writeFile(path.join(folder, "gantry.json"), written);
    const refused = await place.gantry(["plugins", "install", "evil"]);
    expect([refused.exit, refused.stderr]).toEqual([1, expect.stringMatching(/PLUGIN_INVALID|PLUGIN_CHANGED/)]);
    if (text === undefined) expect(refused.stderr).toMatch(/contributes\.commands\.0\.args[\s\S]*contributes\.taps\.0/);
    for (const argv of [
      ["plugins", "list"],
      ["plugins", "verify"],
    ])
      expect((await place.gantry(argv)).stderr).not.toContain("INTERNAL");
    expect((await place.run("go")).exit).toBe(3);
    expect((await place.gantry(["plugins", "disable", "evil"])).exit).toBe(0);
    expect((await place.run("go")).exit).toBe(0);
  }
}, 60_000);

test("a tool, a command and a provider of one plugin may have one name", async () => {
  const place = await bench([call("notes", {}), done]);
  await installPlugin(place, { ...toolPlugin("notes", "notes"), commands: [{ id: "notes" }] });
  const { json } = await place.run("go");
  expect(json.toolCalls[0]).not.toMatchObject({ code: "TOOL_UNKNOWN" });
});

const writeJudge: PluginText = {
  ...toolPlugin("guard", "Guarded"),
  taps: [{ on: "tool.approve", kind: "judge", name: "keep", tools: ["Write"] }],
  grants: { "hook.tap": ["tool.approve:Write"] },
};

test("a guest's judge is named by explain and not spoken for, and no permission test of the config fails for it", async () => {
  const place = await bench([done], {
    "gantry.config.json": JSON.stringify({ permissions: { tests: [{ call: "Write(a.txt)", expect: "ask" }] } }),
  });
  await installPlugin(place, writeJudge);
  const explained = await place.gantry(["permissions", "explain", "Write(a.txt)"]);
  expect(explained.stdout).toMatch(/Write\(a\.txt\): ask[\s\S]*the plugin guard: keep \(tool\.approve\)/);
  expect(await place.gantry(["permissions", "test"])).toMatchObject({ exit: 0 });
});

test("what is switched off is in no list of what a run has, and its names are free", async () => {
  const place = await bench([done]);
  await installPlugin(place, { ...writeJudge, disabled: true, commands: [{ id: "say" }] });
  await installPlugin(place, { ...commandPlugin("say", 'return { data: null, text: "said" };'), name: "speaker" });
  expect((await place.gantry(["tools", "list"])).stdout).not.toContain("Guarded");
  expect((await place.gantry(["hooks", "list"])).stdout).not.toContain("guard:keep");
  expect((await place.gantry(["permissions", "explain", "Write(a.txt)"])).stdout).not.toContain("guard");
  expect((await place.gantry(["permissions", "explain", "Guarded"])).exit).toBe(0);
  expect(await place.gantry(["say"])).toMatchObject({ exit: 0, stdout: "said\n" });
});

test("a project's plugin that is switched off leaves this user's own of its name in force", async () => {
  const place = await bench([call("Own", {}), done, call("Own", {}), done]);
  await installPlugin(place, toolPlugin("one", "Own"));
  await installPlugin(place, { ...toolPlugin("one", "Other"), scope: "project", disabled: true });
  await place.run("go");
  expect(resultTexts(place.model)).toEqual(["by one"]);
  expect((await place.gantry(["plugins", "enable", "one"])).exit).toBe(0);
  expect((await place.run("go")).json.toolCalls[0]).toMatchObject({ code: "TOOL_UNKNOWN" });
  expect((await place.gantry(["plugins", "disable", "one"])).exit).toBe(0);
  expect((await place.gantry(["tools", "list"])).stdout).toContain("Own");
});

test("list says of a plugin that a run leaves out why, and of one that stands behind another that it does", async () => {
  const place = await bench([done]);
  await installPlugin(place, toolPlugin("third", "Read"));
  await installPlugin(place, toolPlugin("one", "Own"));
  await installPlugin(place, { ...toolPlugin("one", "Other"), scope: "project" });
  const { stdout } = await place.gantry(["plugins", "list"]);
  expect(stdout).toMatch(/third +1\.0\.0 +user +broken/);
  expect(stdout).toContain("the plugin files and the plugin third both offer the tool Read");
  expect(stdout).toContain("one (user) is not used here: this project's own one stands in front of it");
});

test("a judge that the user never let in denies nothing when its plugin is left out", async () => {
  const place = await bench([call("Write", { file_path: "a.txt", content: "x" }), done]);
  await installPlugin(place, { ...writeJudge, tools: [{ name: "Read" }], granted: {} });
  expect((await place.run("go", ["--approve", "always"])).json.toolCalls[0]).toMatchObject({ outcome: "ok" });
});

test("a disabled plugin is told of where it is missed: by its command, and by doctor", async () => {
  const place = await bench([]);
  await installPlugin(place, { ...commandPlugin("speak up", "return { data: 1, text: '' };"), disabled: true });
  expect(await place.gantry(["speak", "up"])).toMatchObject({
    exit: expect.toSatisfy((code: number) => code !== 0),
    stderr: expect.stringMatching(/PLUGIN_STOPPED: the plugin speaker is disabled, and its command speak up with it/),
  });
  expect((await place.gantry(["--help"])).stdout).not.toContain("speak");
  const { stdout } = await place.gantry(["doctor", "--json"]);
  expect(JSON.parse(stdout).data.community.plugins).toMatchObject([
    { name: "speaker", state: "left out", problem: "it is disabled: gantry plugins enable speaker" },
  ]);
});

test("a trusted project's config that switches off a plugin of the user's own does so with a word", async () => {
  const place = await bench([done]);
  await installPlugin(place, toolPlugin("mine", "Mine"));
  await writeFile(path.join(place.cwd, "gantry.config.json"), '{\n  "plugins": [["mine", { "enabled": false }]]\n}\n');
  const { exit, stderr } = await place.run("go", ["--trust"]);
  expect([exit, JSON.stringify(place.model.requests[0]).includes('"Mine"')]).toEqual([0, false]);
  expect(stderr).toMatch(/gantry\.config\.json:2: .*this project's config switches off your plugin mine/);
});

test("a plugin for another Gantry than this one is left out, and the run says which it is for", async () => {
  const place = await bench([done]);
  await installPlugin(place, { ...toolPlugin("later", "Later"), gantry: ">=99" });
  const { exit, stderr } = await place.run("go");
  expect([exit, stderr]).toEqual([0, expect.stringMatching(/later.* is for gantry >=99, and this is 0\./)]);
});
