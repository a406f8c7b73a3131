/** The parts of installed plugins that stream, ask, are ordered, clash or are required; and whether what is told of them is true. */
import path from "node:path";
import { expect, test } from "vitest";
import { gantryOnTerminal } from "../shell/gantry.ts";
import { type Bench, bench, jsonLines, resultTexts } from "../support/cli.ts";
import { installPlugin, type PluginText } from "../support/community.ts";
import { pathWithout } from "../support/descendants.ts";

const call = (name: string, input: object = {}): unknown => ({ call: { name, input } });
const done = { say: "Done." };
const yes = ["--approve", "always"];

const answer = (text: string): string =>
  `{ type: "answer", answer: { content: [{ type: "text", text: ${text} }], stop: "end_turn", model: "grey",
    usage: { inputTokens: 3, outputTokens: 4, cacheReadTokens: 0, cacheWriteTokens: 0 } } }`;

function provider(body: string, more: Partial<PluginText> = {}): PluginText {
  const source = `plugin({ name: "parrot", description: "Parrots.", providers: [{ name: "parrot",
    async *stream(request, { signal, ctx, settings }) { ${body} }, contextWindow: () => 50_000 }] });`;
  return { name: "parrot", source, providers: ["parrot"], ...more };
}

const withParrot = ["--model", "parrot/grey"];

test("what a provider of a guest streams is shown as it comes: a thousand pieces, in their order", async () => {
  const place = await bench([]);
  const body = `let text = ""; for (let at = 0; at < 1000; at++) { text += at + " "; yield { type: "text", text: at + " " }; } yield ${answer("text")};`;
  await installPlugin(place, provider(body));
  const { stdout, exit } = await place.gantry(["run", "hi", ...withParrot, "--output", "stream-json", "--include-deltas"]);
  expect(exit).toBe(0);
  const deltas = jsonLines<{ type: string; kind?: string; text: string }>(stdout).filter(
    ({ type, kind }) => type === "delta" && kind === "text",
  );
  expect(deltas.map(({ text }) => text).join("")).toBe(Array.from({ length: 1_000 }, (_, at) => `${at} `).join(""));
});

test("an answer of a provider may call tools, and the result reaches it in the next request", async () => {
  const place = await bench([], { "a.txt": "12345" });
  const body = `const last = request.messages.at(-1).content[0];
    if (last.type === "tool_result") { yield ${answer('"it said " + JSON.stringify(last.content)')}; return; }
    yield { type: "tool_start", callId: "one", name: "Read" };
    yield { type: "answer", answer: { content: [{ type: "tool_call", callId: "one", name: "Read", input: { file_path: "a.txt" } }], stop: "tool_use", model: "grey",
      usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 } } };`;
  await installPlugin(place, provider(body));
  const { json, exit } = await place.run("hi", withParrot);
  expect(exit).toBe(0);
  expect(json.toolCalls.map(({ outcome }) => outcome)).toEqual(["ok"]);
  expect(json.text).toContain("12345");
});

test("a cancel in the middle of a stream reaches the guest, and the run ends with 130", async () => {
  const place = await bench([]);
  const body = `yield { type: "text", text: "begun" }; await new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));`;
  await installPlugin(place, provider(body));
  const run = place.start(["run", "hi", ...withParrot, "--output", "stream-json", "--include-deltas"]);
  await run.sees("begun");
  run.child.kill("SIGINT");
  expect((await run.finished).exit).toBe(130);
  expect((await place.gantry(["sessions", "verify"])).exit).toBe(0);
});

test("a provider that does not hear a cancel is ended with its guest", async () => {
  const place = await bench([]);
  await installPlugin(place, provider(`yield { type: "text", text: "begun" }; await new Promise(() => {});`));
  const run = place.start(["run", "hi", ...withParrot, "--output", "stream-json", "--include-deltas"]);
  await run.sees("begun");
  run.child.kill("SIGINT");
  expect((await run.finished).exit).toBe(130);
});

test.each([
  ["PROVIDER_AUTH", 5],
  ["PROVIDER_REJECTED", 1],
  ["CONTEXT_TOO_LARGE", 1],
  ["PROVIDER_UNREACHABLE", 6],
])("an error of a provider keeps its code: %s is exit %d", async (code, exit) => {
  const place = await bench([]);
  const body = `throw Object.assign(new Error("it said no"), { code: "${code}", detail: { retryable: false } });`;
  await installPlugin(place, provider(body));
  const { json, exit: ended } = await place.run("hi", withParrot);
  expect([ended, json.error]).toEqual([
    exit,
    expect.objectContaining({ code, message: expect.stringContaining("it said no") }),
  ]);
});

test("a provider that throws anything, or streams what is no event, fails the run as a provider does", async () => {
  for (const body of [
    "throw null;",
    `throw new Error("odd");`,
    "yield 7;",
    `yield { type: "text", text: "a" }; throw new Error("late");`,
  ]) {
    const place = await bench([]);
    await installPlugin(place, provider(body));
    const { json, exit } = await place.run("hi", withParrot);
    expect([body, exit, json.error?.code]).toEqual([body, 1, "PROVIDER_REJECTED"]);
  }
});

function taps(name: string, each: { on: string; kind: string; body: string; stage?: number; before?: string[] }[]): PluginText {
  const all = each.map(
    ({ body, ...facts }) =>
      `{ ...${JSON.stringify(facts)}, name: "${name}-${facts.on}", run: async (payload, ctx) => { ${body} } }`,
  );
  return {
    ...{ name, source: `plugin({ name: "${name}", description: "Taps.", taps: [${all.join(", ")}] });` },
    taps: each.map(({ body: _body, ...facts }) => ({ ...facts, name: `${name}-${facts.on}` })) as NonNullable<
      PluginText["taps"]
    >,
    grants: { "hook.tap": each.map(({ on, kind }) => (kind === "judge" ? `${on}:*` : on)) },
  };
}

test("rewriters of several plugins run one after the other, in the order that doctor prints, by stage, then before, then name", async () => {
  const place = await bench([call("Read", { file_path: "a.txt" }), done], { "a.txt": "x" });
  const mark = (word: string): string =>
    `return { content: [{ type: "text", text: payload.content[0].text.trim() + " ${word}" }] };`;
  await installPlugin(place, taps("alpha", [{ on: "tool.result", kind: "rewrite", body: mark("alpha"), stage: 5 }]));
  await installPlugin(place, taps("beta", [{ on: "tool.result", kind: "rewrite", body: mark("beta") }]));
  await installPlugin(
    place,
    taps("gamma", [{ on: "tool.result", kind: "rewrite", body: mark("gamma"), before: ["beta:beta-tool.result"] }]),
  );
  await place.run("go");
  expect(resultTexts(place.model)).toEqual([expect.stringMatching(/x.* gamma beta alpha$/s)]);
  const { stdout } = await place.gantry(["hooks", "list", "--json"]);
  const listed = (JSON.parse(stdout).data.taps as { point: string; tap: string }[]).filter(
    ({ point }) => point === "tool.result",
  );
  expect(listed.map(({ tap }) => tap).filter((tap) => /alpha|beta|gamma/.test(tap))).toEqual([
    "gamma:gamma-tool.result",
    "beta:beta-tool.result",
    "alpha:alpha-tool.result",
  ]);
});

test("judges of plugins and the built-in one are all in the printed order, and fire in it", async () => {
  const place = await bench([call("Write", { file_path: "a.txt", content: "x" }), done]);
  await installPlugin(place, taps("early", [{ on: "tool.approve", kind: "judge", body: "", stage: -10 }]));
  await installPlugin(place, taps("late", [{ on: "tool.approve", kind: "judge", body: "", stage: 10 }]));
  await place.run("go", yes);
  const { stdout } = await place.gantry(["hooks", "list", "--json"]);
  const printed = (JSON.parse(stdout).data.taps as { point: string; tap: string }[])
    .filter(({ point }) => point === "tool.approve")
    .map(({ tap }) => tap);
  const fired = (await place.events()).filter((event) => event.type === "hook.fired").map(({ data }) => data.tap);
  expect(fired.filter((tap) => printed.includes(tap))).toEqual(printed.filter((tap) => fired.includes(tap)));
  expect(fired[0]).toBe("early:early-tool.approve");
  expect(fired.at(-1)).toBe("late:late-tool.approve");
  expect(fired.some((tap) => tap.startsWith("policy:"))).toBe(true);
});

test("an observer cannot change anything, one that fails stops nothing, and an answer that does not fit is told in words", async () => {
  const place = await bench([call("Read", { file_path: "a.txt" }), done], { "a.txt": "x" });
  const each = [
    { on: "turn.start", kind: "observe", body: 'throw new Error("watched");' },
    { on: "tool.result", kind: "rewrite", body: 'return { content: 7, verdict: "deny" };' },
    { on: "session.close", kind: "observe", body: 'return { verdict: "deny", say: "hidden" };' },
    { on: "turn.end", kind: "observe", body: 'return { say: "seen" };' },
  ];
  await installPlugin(place, taps("watcher", each));
  const { json, exit, stderr } = await place.run("go");
  expect([exit, json.text, json.toolCalls[0]?.outcome]).toEqual([0, "Done.", "ok"]);
  expect(stderr).toContain("seen");
  const fired = (await place.events())
    .filter((event) => event.type === "hook.fired")
    .map(({ data }) => `${data.point} ${data.outcome} ${data.message}`);
  expect(fired).toContain("turn.start failed watched");
  expect(fired.find((one) => one.startsWith("tool.result"))).toMatch(
    /^tool\.result failed its answer does not fit tool\.result \(rewrite\): content: Invalid input.*; Unrecognized key: "verdict"$/,
  );
});

function asking(): PluginText {
  const body = `const [{ answers }] = await ctx.user.ask([{ question: "Which \\u001b[31mcolour\\u001b[0m?", options: [{ label: "red" }, { label: "blue" }] }]);
    await ctx.user.notify("you took \\u001b]0;x\\u0007" + answers[0]); return { data: { answers }, text: "took " + answers[0] };`;
  return {
    name: "painter",
    source: `plugin({ name: "painter", description: "Paints.", commands: [{ id: "paint", summary: "Paints.", async run(input, ctx) { ${body} } }] });`,
    commands: [{ id: "paint" }],
    grants: { "user.ask": true, notify: true },
  };
}

test("a command asks through the host on a terminal, and no terminal code of it passes", async () => {
  const place = await bench([]);
  await installPlugin(place, asking());
  const terminal = gantryOnTerminal({ workspace: place.cwd, env: place.env }, ["paint"]);
  await terminal.shows("Which");
  await terminal.shows("blue");
  terminal.types("2\r");
  expect(await terminal.ended).toBe(0);
  expect(terminal.screen()).toContain("took blue");
  expect(terminal.raw()).not.toMatch(/\u001b\[31m|\u001b\]0;/);
});

test("where nobody can be asked, a command is told so", async () => {
  const place = await bench([]);
  await installPlugin(place, asking());
  expect(await place.gantry(["paint"])).toMatchObject({
    exit: expect.toSatisfy((exit) => exit !== 0),
    stderr: expect.stringContaining("USER_UNAVAILABLE"),
  });
  const { stdout } = await place.gantry(["paint", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: "USER_UNAVAILABLE" } });
});

test("Ctrl-C at a command's question ends the command and its guest", async () => {
  const place = await bench([]);
  await installPlugin(place, asking());
  const terminal = gantryOnTerminal({ workspace: place.cwd, env: place.env }, ["paint"]);
  await terminal.shows("blue");
  terminal.types("\u0003");
  expect(await terminal.ended).toBe(130);
});

const toolPlugin = (name: string, tool: string, body: string, more: Partial<PluginText> = {}): PluginText => ({
  ...{ name, tools: [{ name: tool }] },
  source: `plugin({ name: "${name}", description: "Works.", tools: [{ name: "${tool}", description: "Works.", effect: "reads", input: () => ({ type: "object" }), async execute(input, ctx) { ${body} } }] });`,
  ...more,
});

test("a command's name that somebody has is refused when it is called, and both owners are named", async () => {
  const place = await bench([]);
  const speaks = (name: string): PluginText => ({
    ...{ name, commands: [{ id: "speak" }] },
    source: `plugin({ name: "${name}", description: "Speaks.", commands: [{ id: "speak", summary: "Speaks.", run: async () => ({ data: 1, text: "by ${name}" }) }] });`,
  });
  await installPlugin(place, speaks("first"));
  await installPlugin(place, speaks("second"));
  expect((await place.gantry(["speak"])).stdout).toBe("by first\n");
  const { stdout } = await place.gantry(["doctor"]);
  expect(stdout).toMatch(/the plugin first and the plugin second both offer the command speak/);
});

async function osRequired(place: Bench, isThere: boolean): Promise<{ env?: Record<string, string> }> {
  return isThere ? {} : { env: { PATH: await pathWithout(path.join(place.home, "bin"), "bwrap") } };
}

test("isolation.require os: with bubblewrap a plugin works; without it is left out, its judge denies, and required it is exit 7", async () => {
  const place = await bench([call("One"), done, call("One"), call("Write", { file_path: "a.txt", content: "x" }), done]);
  await installPlugin(place, toolPlugin("one", "One", 'return "one";'));
  await installPlugin(place, taps("guard", [{ on: "tool.approve", kind: "judge", body: "" }]));
  const os = ["--set", "isolation.require=os"];
  await place.run("go", os, await osRequired(place, true));
  expect(resultTexts(place.model)).toEqual(["one"]);
  const without = await osRequired(place, false);
  const { json, stderr, exit } = await place.run("again", [...os, ...yes], without);
  expect([exit, json.toolCalls.map(({ outcome }) => outcome)]).toEqual([0, ["error", "denied"]]);
  expect(stderr).toContain("bwrap is not on PATH");
  const required = await place.run("again", [...os, "--set", 'plugins=[["one", {"required": true}]]'], without);
  expect([required.exit, required.json.error?.code]).toEqual([7, "PLUGIN_REQUIRED"]);
  const listed = JSON.parse((await place.gantry(["plugins", "list", "--json"], without)).stdout).data.plugins[0];
  expect(listed).toMatchObject({ tier: "realm+process", notEnforced: [expect.stringContaining("bwrap")] });
});

test("a required plugin that is not there, and one that crashes too often, is exit 7", async () => {
  const place = await bench([...Array.from({ length: 6 }, (_, at) => call("One", { at })), done]);
  await installPlugin(place, toolPlugin("one", "One", "const all = []; for (;;) all.push(new Array(1e6).fill(all.length));"));
  const required = ["--set", 'plugins=[["one", {"required": true}]]', "--set", "isolation.heapMiB=32"];
  const missing = await place.run("go", ["--set", 'plugins=[["two", {"required": true}]]']);
  expect([missing.exit, missing.json.error?.code]).toEqual([7, "PLUGIN_REQUIRED"]);
  const crashed = await place.run("go", required);
  expect([crashed.exit, crashed.json.error?.code]).toEqual([7, "PLUGIN_REQUIRED"]);
});

test("what list and inspect say of calls, crashes, refusals and last use is what happened", async () => {
  const place = await bench(
    [
      call("One", { path: "a.txt" }),
      call("One", { path: "b.txt" }),
      call("One", { path: "crash" }),
      call("One", { path: "a.txt" }),
      done,
    ],
    { "a.txt": "1", "b.txt": "2" },
  );
  const body = `ctx.log("asked for " + input.path); if (input.path === "crash") for (;;) {} return String((await ctx.fs.read(input.path)).bytes.length);`;
  await installPlugin(place, toolPlugin("one", "One", body, { grants: { "fs.read": ["./a.txt"], storage: "1KiB" } }));
  const facts = async () => JSON.parse((await place.gantry(["plugins", "inspect", "one", "--json"])).stdout).data;
  expect(await facts()).toMatchObject({ state: "ready", calls: 0, crashes: 0, refusals: 0, uses: {}, log: [] });
  const before = new Date().toISOString();
  const { json } = await place.run("go", ["--set", "isolation.callTimeoutMs=30000"]);
  expect(json.toolCalls.map(({ outcome }) => outcome).slice(0, 3)).toEqual(["ok", "error", "error"]);
  const after = await facts();
  const used = json.toolCalls[3]?.outcome === "ok" ? 2 : 1;
  expect(after).toMatchObject({
    ...{
      crashes: 1,
      refusals: 1,
      uses: { "fs.read": { count: used } },
      lastProblem: { code: expect.stringMatching(/^GUEST_/) },
    },
    log: expect.arrayContaining([expect.stringContaining("asked for a.txt")]),
  });
  expect(after.calls).toBeGreaterThanOrEqual(3);
  expect(after.uses["fs.read"].lastAt >= before).toBe(true);
  expect(after.uses.storage).toBe(undefined);
  expect(after.rssMiB).toBeGreaterThan(1);
  const [listed] = JSON.parse((await place.gantry(["plugins", "list", "--json"])).stdout).data.plugins;
  expect(listed).toMatchObject({ name: "one", crashes: 1, refusals: 1, calls: after.calls });
});

test("two runs at once record what both did", async () => {
  const place = await bench([call("One"), call("One"), done, done]);
  await installPlugin(place, toolPlugin("one", "One", 'return "one";'));
  await Promise.all([place.run("go"), place.run("again")]);
  expect(JSON.parse((await place.gantry(["plugins", "inspect", "one", "--json"])).stdout).data.calls).toBe(2);
});
