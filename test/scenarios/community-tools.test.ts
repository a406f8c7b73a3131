/** Tools of community plugins in a run of the built command: from the store to the guest and back. */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { type Bench, bench, jsonLines, resultTexts } from "../support/cli.ts";
import { changeConsent, installPlugin } from "../support/community.ts";

const schema = { type: "object", properties: { text: { type: "string" } }, required: ["text"], additionalProperties: false };
const echo = `
plugin({ name: "echo", description: "Echoes.", tools: [{
  name: "Echo", description: "Says it again.", effect: "reads", input: () => (${JSON.stringify(schema)}),
  async execute({ text }, ctx) { ctx.progress("soon"); return { content: text + " " + text, data: { length: text.length } }; },
}] });`;
const call = (name: string, input: object): unknown => ({ call: { name, input } });
const done = { say: "Done." };

async function withEcho(place: Bench): ReturnType<typeof installPlugin> {
  return await installPlugin(place, { name: "echo", source: echo, tools: [{ name: "Echo", inputSchema: schema }] });
}

/** One tool whose execute has this body. */
function oneTool(name: string, effect: string, body: string): string {
  return `plugin({ name: "one", description: "One.", tools: [{ name: "${name}", description: "One.", effect: "${effect}",
    input: () => ({ type: "object" }), async execute(input, ctx) { ${body} } }] });`;
}

test("a tool of an installed plugin is offered, runs in its guest, and its result reaches the model", async () => {
  const place = await bench([call("Echo", { text: "so" }), done]);
  await withEcho(place);
  const { json, exit, stderr } = await place.run("go");
  expect({ exit, stderr }).toMatchObject({ exit: 0 });
  expect(json.toolCalls).toEqual([expect.objectContaining({ name: "Echo", outcome: "ok" })]);
  expect(resultTexts(place.model)).toEqual(["so so"]);
});

test("an input that does not fit is told to the model in the words of built-ins, before any guest starts", async () => {
  const place = await bench([call("Echo", { txt: 1 }), done]);
  await withEcho(place);
  const { json } = await place.run("go");
  expect(json.toolCalls[0]).toMatchObject({ outcome: "error", code: "TOOL_INPUT_INVALID" });
  expect(resultTexts(place.model)[0]).toContain("- text is missing\n- there is no field txt. Did you mean text?");
});

test("with --no-plugins it is not there, and a rule that names its tool is still no mistake", async () => {
  const place = await bench([call("Echo", { text: "so" }), done]);
  await withEcho(place);
  const { json, exit } = await place.run("go", ["--no-plugins", "--deny", "Echo"]);
  expect(exit).toBe(0);
  expect(json.toolCalls[0]).toMatchObject({ code: "TOOL_UNKNOWN" });
});

test("effects are performed within the grant of now, and a refusal is told to the model and to the user", async () => {
  const read = `const { bytes } = await ctx.fs.read(input.path); return String(bytes.length);`;
  const place = await bench([call("One", { path: "notes/a.txt" }), call("One", { path: "other.txt" }), done], {
    "notes/a.txt": "12345",
    "other.txt": "1",
  });
  const tools = [{ name: "One" }];
  const grants = { "fs.read": ["./notes/**"] };
  await installPlugin(place, { name: "one", source: oneTool("One", "reads", read), tools, grants });
  const { stdout, exit } = await place.gantry(["run", "go", "--output", "stream-json"]);
  expect(exit).toBe(0);
  expect(resultTexts(place.model, -1)[0]).toContain("may not");
  expect(resultTexts(place.model, 1)).toEqual(["5"]);
  const notes = jsonLines(stdout).filter(({ type }) => type === "note");
  expect(notes).toEqual([
    expect.objectContaining({
      data: { from: "one", text: expect.stringContaining("one may not read other.txt; it holds fs.read for ./notes/**") },
    }),
  ]);
});

test("no guest writes below the folders of gantry itself, whatever it was granted: not its consent, the config, trust or logs", async () => {
  const body = `
    const out = {};
    for (const path of input.paths) {
      try { await ctx.fs.write(path, "{}", { expect: null }); out[path] = "written"; } catch (error) { out[path] = error.code; }
    }
    return JSON.stringify(out);`;
  const kept = [
    "~/.local/share/gantry/plugins/consents/more.json",
    "~/.local/share/gantry/plugins/new.json",
    "~/.config/gantry/config.yaml",
    "~/.config/gantry/projects/x.json",
    "~/.local/state/gantry/trust/x.json",
    "~/.local/state/gantry/sessions/x/y.jsonl",
    "~/.cache/gantry/x.json",
    "door/more.json",
  ];
  const place = await bench([call("One", { paths: [...kept, "~/elsewhere.json", "here.json"] }), done]);
  await mkdir(`${place.home}/.local/share/gantry/plugins/consents`, { recursive: true });
  await symlink(`${place.home}/.local/share/gantry/plugins/consents`, `${place.cwd}/door`);
  const grants = { "fs.write": ["/**", "~/**", "./**"] };
  await installPlugin(place, {
    name: "one",
    source: oneTool("One", "writes", body),
    tools: [{ name: "One", effect: "writes" }],
    grants,
  });
  await place.run("go", ["--approve", "always"], { env: { XDG_CACHE_HOME: `${place.home}/.cache` } });
  const said: Record<string, string> = JSON.parse(resultTexts(place.model)[0] ?? "{}");
  expect(Object.values(said)).toEqual([...kept.map(() => "PERMISSION_DENIED"), "written", "written"]);
});

test("a grant that another process takes back counts for the next request of a running session", async () => {
  const body = `
    const sizes = [];
    for (const _ of [1, 2]) {
      try { sizes.push((await ctx.fs.read("a.txt")).bytes.length); } catch (error) { sizes.push(error.code); }
      ctx.progress("read");
      if (sizes.length === 1) for (;;) { try { await ctx.fs.read("go.txt"); break; } catch (error) { if (error.code !== "FILE_NOT_FOUND") break; } }
    }
    return sizes.join(" ");`;
  const place = await bench([call("One", {}), done], { "a.txt": "12345" });
  const grants = { "fs.read": ["./**"] };
  const installed = await installPlugin(place, {
    name: "one",
    source: oneTool("One", "reads", body),
    tools: [{ name: "One" }],
    grants,
  });
  const run = place.start(["run", "go", "--output", "stream-json", "--include-deltas"]);
  await run.sees('"text":"read"');
  await changeConsent(installed, "one", { grants: {} });
  await writeFile(`${place.cwd}/go.txt`, "");
  expect((await run.finished).exit).toBe(0);
  expect(resultTexts(place.model)).toEqual(["5 PERMISSION_DENIED"]);
});

test("a plugin that is disabled in the middle of a session answers no more", async () => {
  const place = await bench([
    call("Echo", { text: "one" }),
    call("Bash", { command: "while [ ! -e go.txt ]; do sleep 0.02; done" }),
    call("Echo", { text: "two" }),
    done,
  ]);
  const installed = await withEcho(place);
  const run = place.start(["run", "go", "--output", "stream-json", "--approve", "always"]);
  await run.sees('"one one"');
  await changeConsent(installed, "echo", { disabled: true });
  await writeFile(`${place.cwd}/go.txt`, "");
  expect((await run.finished).exit).toBe(0);
  expect(resultTexts(place.model)[0]).toContain("the plugin echo is switched off or gone");
});

test("a guest that ends in a call fails that call, the turn goes on, and the user is told", async () => {
  const place = await bench([call("One", {}), done]);
  await installPlugin(place, { name: "one", source: oneTool("One", "reads", "for (;;) { }"), tools: [{ name: "One" }] });
  const { json, exit, stderr } = await place.run("go");
  expect(exit).toBe(0);
  expect(json.toolCalls[0]).toMatchObject({ outcome: "error", code: expect.stringMatching(/^GUEST_/) });
  expect(stderr).toContain("one: its process ended (1)");
});

test("a secret that a plugin reads by name never stands in a result or in the log", async () => {
  const place = await bench([call("One", {}), done]);
  const grants = { "secret.read": ["NOTES_PASS"] };
  const source = oneTool("One", "reads", `return "it is " + (await ctx.secrets.read("NOTES_PASS"));`);
  await installPlugin(place, { name: "one", source, tools: [{ name: "One" }], grants });
  await place.run("go", [], { env: { NOTES_PASS: "swordfish" } });
  expect(resultTexts(place.model)).toEqual(["it is [redacted]"]);
  expect(JSON.stringify(await place.events())).not.toContain("swordfish");
});

test("a model asked by a plugin is the session's own, and its tokens count", async () => {
  const place = await bench([call("One", {}), { say: "Forty-two." }, done]);
  const grants = { "model.ask": { tokensPerSession: 20_000 } };
  const source = oneTool("One", "reads", `return (await ctx.model.ask("How many?")).text;`);
  await installPlugin(place, { name: "one", source, tools: [{ name: "One" }], grants });
  const { json } = await place.run("go");
  expect(resultTexts(place.model)).toEqual(["Forty-two."]);
  expect(place.model.requests).toHaveLength(3);
  const answers = (await place.events()).filter((event) => event.type === "answer");
  const seen = answers.reduce((sum, { data }) => sum + data.usage.outputTokens, 0);
  expect(json.usage.outputTokens).toBeGreaterThan(seen);
});

test("options of the config reach the plugin, and wrong ones are the user's mistake", async () => {
  const source = `plugin({ name: "one", description: "One.", options: () => ({ type: "object", properties: { depth: { type: "number" } } }),
    tools: [{ name: "One", description: "One.", effect: "reads", input: () => ({ type: "object" }), async execute(_input, ctx) { return JSON.stringify(ctx.options); } }] });`;
  const place = await bench([call("One", {}), done]);
  const optionsSchema = { type: "object", properties: { depth: { type: "number" } } };
  await installPlugin(place, { name: "one", source, tools: [{ name: "One" }], optionsSchema });
  await place.run("go", ["--set", 'plugins=[["one", {"options": {"depth": 3}}]]']);
  expect(resultTexts(place.model)).toEqual(['{"depth":3}']);
});
