/** Taps of community plugins in a run of the built command: judges, rewriters, observers, and what holds when they cannot answer. */
import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { bench, jsonLines, resultTexts } from "../support/cli.ts";
import { changeConsent, installPlugin, type PluginText } from "../support/community.ts";

const call = (name: string, input: object): unknown => ({ call: { name, input } });
const write = (name: string): unknown => call("Write", { file_path: name, content: "x" });
const done = { say: "Done." };
const yes = ["--approve", "always"];

const tapOf = (facts: string, body: string): string =>
  `plugin({ name: "guard", description: "Guards.", taps: [{ ${facts}, run: async (payload, ctx) => { ${body} } }] });`;

function judge(body: string): PluginText {
  return {
    name: "guard",
    source: tapOf(`on: "tool.approve", kind: "judge", tools: ["Write"]`, body),
    taps: [{ on: "tool.approve", kind: "judge", tools: ["Write"] }],
    grants: { "hook.tap": ["tool.approve:Write"] },
  };
}

test("a judge denies an edit that the user would allow, and names itself", async () => {
  const place = await bench([write("kept.txt"), write("free.txt"), done]);
  await installPlugin(
    place,
    judge(`if (payload.input.file_path.includes("kept")) return { verdict: "deny", reason: "it is kept" };`),
  );
  const { json, exit } = await place.run("go", yes);
  expect(exit).toBe(0);
  expect(json.toolCalls.map(({ outcome }) => outcome)).toEqual(["denied", "ok"]);
  expect(resultTexts(place.model, 1)[0]).toContain("it is kept");
  const fired = (await place.events())
    .filter((event) => event.type === "hook.fired")
    .map(({ data }) => `${data.tap} ${data.outcome}`);
  expect(fired.filter((one) => one.startsWith("guard"))).toEqual(["guard:tool.approve deny", "guard:tool.approve ok"]);
});

test("a judge without the grant for it is not asked", async () => {
  const place = await bench([write("a.txt"), done]);
  await installPlugin(place, { ...judge(`return { verdict: "deny", reason: "no" };`), granted: {} });
  const { json } = await place.run("go", yes);
  expect(json.toolCalls[0]).toMatchObject({ outcome: "ok" });
});

test("a rewriter changes a result, and an observer is told of the turn's end", async () => {
  const place = await bench([call("Read", { file_path: "a.txt" }), done], { "a.txt": "secret plans" });
  const source = `plugin({ name: "guard", description: "Guards.", taps: [
    { on: "tool.result", kind: "rewrite", run: ({ content }) => ({ content: [{ type: "text", text: content[0].text.replace("plans", "[gone]") }] }) },
    { on: "turn.end", kind: "observe", run: async ({ turn }, ctx) => { await ctx.storage.set("turns", turn); return { say: "turn " + turn }; } },
  ] });`;
  const grants = { "hook.tap": ["tool.result", "turn.end"], storage: "64KiB" };
  await installPlugin(place, {
    name: "guard",
    source,
    taps: [
      { on: "tool.result", kind: "rewrite" },
      { on: "turn.end", kind: "observe" },
    ],
    grants,
  });
  const { stderr, exit } = await place.run("go");
  expect(exit).toBe(0);
  expect(resultTexts(place.model)[0]).toContain("secret [gone]");
  expect(stderr).toContain("turn 1");
});

test("a judge whose guest ends denies; with an open breaker its calls are asked, and headless denied; required, it ends the run with exit 7", async () => {
  const flags = ["--set", "isolation.cpuSeconds=1", "--permission-mode", "acceptEdits"];
  // Both wait between the starts of a guest: side by side they wait once.
  const runWith = async (...more: string[]) => {
    const place = await bench([...Array.from({ length: 7 }, (_, at) => write(`${at}.txt`)), done]);
    await installPlugin(place, judge("for (;;) { }"));
    return place.run("go", [...flags, ...more]);
  };
  const [optional, required] = await Promise.all([runWith(), runWith("--set", 'plugins=[["guard", {"required": true}]]')]);
  expect(optional.json.toolCalls.every(({ outcome }) => outcome === "denied")).toBe(true);
  expect(optional.json.toolCalls.map(({ code }) => code).at(-1)).toBe("APPROVAL_UNAVAILABLE");
  expect(optional.exit).toBe(3);
  expect(optional.stderr).toContain("guard: its process ended");
  expect(required.exit).toBe(7);
  expect(required.json.error).toMatchObject({
    code: "PLUGIN_REQUIRED",
    message: expect.stringContaining("guard is required"),
  });
}, 120_000);

test("a judge that is switched off in the middle of a session is asked for instead, not let through", async () => {
  const wait = call("Bash", { command: "while [ ! -e go.txt ]; do sleep 0.02; done" });
  const place = await bench([write("a.txt"), wait, write("b.txt"), done]);
  const installed = await installPlugin(place, judge("return undefined;"));
  const run = place.start([
    "run",
    "go",
    "--output",
    "stream-json",
    "--permission-mode",
    "bypassPermissions",
    "--allow-root-bypass",
  ]);
  await run.sees('"tool.result"');
  await changeConsent(installed, "guard", { disabled: true });
  await writeFile(`${place.cwd}/go.txt`, "");
  expect((await run.finished).exit).toBe(3);
  expect(resultTexts(place.model)[0]).toContain("was switched off or lost its grant");
});

test("a plugin whose bytes are not the consented ones is not loaded: its tools fail, its judges deny, and it is said", async () => {
  const place = await bench([write("a.txt"), done]);
  const { bundleFile } = await installPlugin(place, judge("return undefined;"));
  await writeFile(bundleFile, "(async (__gantry) => {})");
  const { json, stderr } = await place.run("go", yes);
  expect(json.toolCalls[0]).toMatchObject({ outcome: "denied" });
  expect(resultTexts(place.model)[0]).toContain("could not decide");
  expect(stderr).toContain("guard: it cannot be used: PLUGIN_CHANGED: the bundle of guard");
});

test("a crash fires plugin.crash, and a plugin's notice reaches the user and the notify hooks", async () => {
  const source = `plugin({ name: "one", description: "One.", tools: [{ name: "One", description: "One.", effect: "runs",
    input: () => ({ type: "object" }), async execute(_input, ctx) { await ctx.user.notify("it is done"); return "ok"; } }],
    taps: [{ on: "notify", kind: "observe", run: (payload) => ({ say: "heard " + payload.kind }) }] });`;
  const place = await bench([call("One", {}), done]);
  const grants = { notify: true as const, "hook.tap": ["notify"] };
  await installPlugin(place, {
    name: "one",
    source,
    tools: [{ name: "One", effect: "runs" }],
    taps: [{ on: "notify", kind: "observe" }],
    grants,
  });
  const { stdout } = await place.gantry(["run", "go", "--output", "stream-json", ...yes]);
  const notes = jsonLines(stdout).flatMap((event) => (event.type === "note" ? [`${event.data.from}: ${event.data.text}`] : []));
  expect(notes).toEqual(["one: it is done", "one:notify: heard notice"]);
});
