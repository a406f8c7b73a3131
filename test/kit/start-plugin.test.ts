import { access, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type PluginUnderTest, type StartPluginOptions, startPlugin } from "gantry/testing";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { writeFiles } from "../support/cli.ts";

const tool = (name: string, effect: string, body: string): string =>
  `{ name: "${name}", description: "${name}.", effect: "${effect}", input: () => z.strictObject({ text: z.string().default("") }), async execute({ text }, ctx) { ${body} } }`;

const source = `import { definePlugin } from "gantry/plugin";
import { GantryError } from "gantry/errors";
import * as z from "zod";
let calls = 0;
export default definePlugin({
  name: "probe", description: "Does what a test wants.",
  options: () => z.strictObject({ greeting: z.string().default("hello") }),
  permissions: { "fs.read": ["./**"], "fs.write": ["./out/**"], "model.ask": { tokensPerSession: 100 }, "user.ask": true, notify: true,
    storage: "1KiB", "session.read": "own", "secret.read": ["TOKEN"], "process.run": ["echo:*"], "hook.tap": ["tool.call", "tool.approve:*", "turn.end"] },
  tools: [
    ${[
      tool("Greet", "session", "ctx.log('greeted'); ctx.progress('half'); return ctx.options.greeting + ' ' + ++calls;"),
      tool(
        "Copy",
        "writes",
        "const { bytes } = await ctx.fs.read(text); await ctx.fs.write('out/copy', bytes, { expect: null }); return 'copied';",
      ),
      tool("Weak", "reads", "await ctx.fs.write('out/x', 'x', { expect: null }); return 'written';"),
      tool(
        "Ask",
        "session",
        "const [answer] = await ctx.user.ask([{ question: text, options: [{ label: 'yes' }] }]); await ctx.user.notify('asked'); return answer.answers[0];",
      ),
      tool("Think", "reads", "return (await ctx.model.ask(text)).text;"),
      tool("Keep", "session", "await ctx.storage.set(text, { text }); return 'kept';"),
      tool("Secret", "reads", "return await ctx.secrets.read(text);"),
      tool("Run", "runs", "return (await ctx.process.exec(text.split(' '))).stdout;"),
      tool("Fail", "session", "throw new GantryError('FILE_NOT_FOUND', 'no ' + text);"),
      tool("Spin", "session", "for (;;);"),
      tool("Hoard", "session", "const all = []; for (;;) all.push(new Uint8Array(16e6).fill(1));"),
    ].join(",\n    ")}
  ],
  commands: [
    { id: "probe say", summary: "Say it.", args: [{ name: "word", summary: "What.", required: true }], flags: [{ name: "times", type: "integer", summary: "How often." }],
      async run({ args, flags }, ctx) { ctx.print("one\\n"); ctx.say("talk"); ctx.warn("careful"); return { data: { word: args.word, times: flags.times ?? 1 }, text: args.word, exit: flags.times === 0 ? 12 : 0 }; } },
    { id: "probe fail", summary: "Fail.", async run() { throw new GantryError("FILE_NOT_FOUND", "there is no such thing"); } },
  ],
  providers: [{ name: "echo", contextWindow: () => 1000, async *stream(request) {
    yield { type: "text", text: request.system };
    yield { type: "answer", answer: { content: [{ type: "text", text: request.system }], stop: "end_turn", usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 }, model: request.model } };
  } }],
  taps: [
    { on: "tool.call", kind: "rewrite", name: "trim", run: ({ input }) => ({ input: { ...input, text: String(input.text).trim() } }) },
    { on: "tool.approve", kind: "judge", name: "no", run: ({ input }) => input.text === "no" ? { verdict: "deny", reason: "it says no" } : { verdict: "allow" } },
    { on: "turn.end", kind: "observe", run: () => { throw new Error("seen"); } },
  ],
});
`;

let folder = "";
beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-probe-")));
  await writeFiles(folder, { "package.json": '{"name":"probe","version":"1.0.0","type":"module"}', "index.ts": source });
  return () => rm(folder, { recursive: true, force: true });
});

/** Started once, for tests that want nothing of their own and leave it as it was. */
let plain: PluginUnderTest;
beforeAll(async () => {
  plain = await startPlugin({ folder });
  return () => plain.close();
});

async function start(options: Partial<StartPluginOptions> = {}): Promise<PluginUnderTest> {
  const plugin = await startPlugin({ folder, ...options });
  onTestFinished(() => plugin.close());
  return plugin;
}

describe("startPlugin", () => {
  test("runs tools with options, log and progress, in one guest from call to call", async () => {
    const plugin = await start({ options: { greeting: "hi" } });
    expect(await plugin.callTool("Greet", {})).toEqual({
      ...{ text: "hi 1", content: [{ type: "text", text: "hi 1" }], isError: false, progress: ["half"] },
    });
    expect((await plugin.callTool("Greet", {})).text).toBe("hi 2");
    expect(plugin.facts()).toMatchObject({ plugin: "probe", state: "running" });
    expect(plugin.logs).toEqual(["info: greeted", "info: greeted"]);
  });

  test("shows what was performed, in order, in a workspace of its own that is gone afterwards", async () => {
    const plugin = await start({ files: { "a.txt": "text" } });
    expect(await plugin.callTool("Copy", { text: "a.txt" })).toMatchObject({ text: "copied", isError: false });
    expect(await plugin.read("out/copy")).toBe("text");
    expect(plugin.effects.map(({ kind, method, args }) => [kind, method, args[0]])).toEqual([
      ["fs.read", "fs.read", "a.txt"],
      ["fs.write", "fs.write", "out/copy"],
    ]);
    expect(plugin.denials).toEqual([]);
    await plugin.close();
    await expect(access(plugin.workspace)).rejects.toThrow("ENOENT");
  });

  test("shows what was refused: no grant, a tool that declares less, a secrets file, a full store", async () => {
    const plugin = await start({ files: { "a.txt": "a", ".env": "KEY=1" } });
    const codes = async (name: string, text: string): Promise<unknown> => (await plugin.callTool(name, { text })).code;
    expect(await codes("Weak", "")).toBe("EFFECT_TOO_STRONG");
    expect(await codes("Copy", "../secret")).toBe("PERMISSION_DENIED");
    expect(await codes("Copy", ".env")).toBe("PATH_DENIED");
    expect(await codes("Run", "rm a.txt")).toBe("PERMISSION_DENIED");
    expect(await codes("Keep", "k".repeat(200))).toBeUndefined();
    for (const key of ["a", "b", "c"]) await plugin.callTool("Keep", { text: key.repeat(250) });
    expect(plugin.denials.map(({ kind, method, code }) => [kind, method, code])).toEqual([
      ["fs.write", "fs.write", "EFFECT_TOO_STRONG"],
      ["fs.read", "fs.read", "PERMISSION_DENIED"],
      ["fs.read", "fs.read", "PATH_DENIED"],
      ["process.run", "process.exec", "PERMISSION_DENIED"],
      ["storage", "storage.set", "STORAGE_FULL"],
      ["storage", "storage.set", "STORAGE_FULL"],
    ]);
    expect(plugin.denials[1]?.message).toContain("./**");
    expect(await plugin.read("a.txt")).toBe("a");
  });

  test("a grant that is taken away counts from the next request on", async () => {
    const plugin = await start({ files: { "a.txt": "a" } });
    expect((await plugin.callTool("Copy", { text: "a.txt" })).isError).toBe(false);
    plugin.setGrants({});
    expect((await plugin.callTool("Copy", { text: "a.txt" })).code).toBe("PERMISSION_DENIED");
  });

  test("the user and the model are the test's own; without them nobody answers", async () => {
    const plugin = await start({
      answers: ([first]) => [{ question: first?.question ?? "", answers: ["yes"] }],
      script: [
        { say: "42", usage: { inputTokens: 60, outputTokens: 1 } },
        { say: "43", usage: { inputTokens: 60 } },
      ],
    });
    expect((await plugin.callTool("Ask", { text: "sure?" })).text).toBe("yes");
    expect(plugin.notices).toEqual(["asked"]);
    expect((await plugin.callTool("Think", { text: "6 × 7" })).text).toBe("42");
    const alone = await start();
    expect((await alone.callTool("Ask", { text: "sure?" })).code).toBe("USER_UNAVAILABLE");
    expect((await alone.callTool("Think", { text: "?" })).code).toBe("MODEL_UNAVAILABLE");
  });

  test("the budget of tokens is the grant's", async () => {
    const plugin = await start({
      grants: { "model.ask": { tokensPerSession: 50 } },
      script: [{ say: "42", usage: { inputTokens: 60, outputTokens: 1 } }, { say: "43" }],
    });
    await plugin.callTool("Think", { text: "once" });
    expect((await plugin.callTool("Think", { text: "twice" })).code).toBe("MODEL_BUDGET");
    expect(plugin.denials.map(({ code }) => code)).toEqual(["MODEL_BUDGET"]);
  });

  test("secrets are the test's, by name; nothing of the environment is", async () => {
    const plugin = await start({ secrets: { TOKEN: "t-1" }, grants: { "secret.read": ["TOKEN", "PATH"] } });
    expect((await plugin.callTool("Secret", { text: "TOKEN" })).text).toBe("t-1");
    expect((await plugin.callTool("Secret", { text: "PATH" })).code).toBe("SECRET_UNKNOWN");
  });

  test("programs run in the workspace", async () => {
    expect((await plain.callTool("Run", { text: "echo it runs" })).text).toBe("it runs\n");
  });

  test("commands are parsed and printed as from a shell", async () => {
    expect(await plain.runCommand(["probe", "say", "hey", "--times", "0"])).toMatchObject({ stdout: "one\nhey\n", exit: 12 });
    const { json, exit } = await plain.runCommand(["probe", "say", "hey", "--json"]);
    expect({ json, exit }).toEqual({
      json: { ok: true, kind: "probe.say", data: { word: "hey", times: 1 }, warnings: ["probe: careful"] },
      exit: 0,
    });
    expect(await plain.runCommand(["probe", "say", "--time", "2"])).toMatchObject({ stdout: "", exit: 2 });
    const failed = await plain.runCommand(["probe", "fail"]);
    expect([failed.exit, failed.stderr]).toEqual([1, expect.stringContaining("FILE_NOT_FOUND: there is no such thing")]);
    expect((await plain.runCommand(["sessions", "list"])).stderr).toContain("COMMAND_UNKNOWN");
  });

  test("moments are fired as in a session: rewriters, judges whose allow is no word, observers that fail", async () => {
    const call = { tool: "Write", input: { text: " no " } };
    expect((await plain.fireHook("tool.call", call)).payload).toMatchObject({ input: { text: "no" } });
    expect(await plain.fireHook("tool.approve", { ...call, input: { text: "no" } })).toMatchObject({
      ...{ verdict: "deny", reason: "it says no", by: "probe:no" },
    });
    expect((await plain.fireHook("tool.approve", call)).verdict).toBe("allow");
    expect((await plain.fireHook("turn.end", { turn: 1 })).fired).toEqual([
      { tap: "probe:turn.end", outcome: "failed", message: "seen" },
    ]);
  });

  test("a provider streams", async () => {
    const events: unknown[] = [];
    for await (const event of plain.streamModel("echo", { system: "be brief" })) events.push(event);
    expect(events).toMatchObject([
      { type: "text", text: "be brief" },
      { type: "answer", answer: { model: "test" } },
    ]);
  });

  test("failures are as the model is told", async () => {
    expect(await plain.callTool("Fail", { text: "file" })).toMatchObject({
      isError: true,
      code: "FILE_NOT_FOUND",
      text: "no file",
    });
    expect((await plain.callTool("Greet", { txt: 1 })).code).toBe("TOOL_INPUT_INVALID");
    await expect(plain.callTool("Gret", {})).rejects.toThrow("Did you mean Greet?");
  });

  test("a guest that loops, or takes all memory, is ended, and the next call has another", async () => {
    const plugin = await start({ limits: { rssMiB: 256 } });
    expect((await plugin.callTool("Spin", {})).code).toBe("GUEST_HUNG");
    expect((await plugin.callTool("Greet", {})).text).toBe("hello 1");
    expect((await plugin.callTool("Hoard", {})).code).toMatch(/^GUEST_/);
    expect((await plugin.callTool("Greet", {})).text).toBe("hello 1");
    expect(plugin.facts().crashes).toBe(2);
    expect(plugin.news.join("\n")).toMatch(/crash GUEST_/);
  });

  test("a killed guest is one failed call", async () => {
    const plugin = await start();
    const spinning = plugin.callTool("Spin", {});
    await plugin.kill();
    expect((await spinning).code).toMatch(/^GUEST_/);
    expect((await plugin.callTool("Greet", {})).text).toBe("hello 1");
  });

  test("says all that is wrong with a folder, and leaves nothing behind", async () => {
    await expect(start({ options: { greting: "hi" } })).rejects.toMatchObject({ code: "PLUGIN_OPTIONS_INVALID" });
    await expect(start({ folder: path.join(folder, "none") })).rejects.toMatchObject({ code: "PLUGIN_INVALID" });
    await expect(start({ files: { "../x": "" } })).rejects.toMatchObject({ code: "USAGE_INVALID" });
    const wrong = path.join(folder, "wrong");
    await writeFiles(wrong, {
      "package.json": '{"version":"1.0.0"}',
      "index.ts": 'import { readFileSync } from "node:fs"; export default readFileSync;',
    });
    await expect(start({ folder: wrong })).rejects.toThrow(/node:fs/);
  });

  test("nothing is written into the plugin's folder", async () => {
    await start();
    await expect(readFile(path.join(folder, "gantry.json"))).rejects.toThrow("ENOENT");
    await writeFile(
      path.join(folder, "gantry.json"),
      JSON.stringify({ name: "probe", version: "1.0.0", engines: { gantry: ">=0.1" }, permissions: {} }),
    );
    onTestFinished(() => rm(path.join(folder, "gantry.json")));
    await expect(start()).rejects.toMatchObject({ code: "PLUGIN_MANIFEST_DIFFERS" });
  });
});
