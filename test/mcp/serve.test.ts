/** `gantry mcp serve` over stdio, driven by the SDK's own client. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Progress } from "@modelcontextprotocol/sdk/types.js";
import { expect, test } from "vitest";
import { bench } from "../support/cli.ts";
import { overStdio, textOf } from "../support/mcp-serve.ts";

const yes = () => ({ action: "accept" as const, content: { allow: true } });

test("the tools are listed with schemas, titles and what they may change; a denied tool is not there", async () => {
  const { client } = await overStdio(await bench([]), ["--deny", "Bash"]);
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name).sort()).toEqual(
    ["BashOutput", "Edit", "Glob", "Grep", "KillShell", "Read", "TodoWrite", "Write", "run"].sort(),
  );
  const read = tools.find(({ name }) => name === "Read");
  expect(read).toMatchObject({
    title: "Read",
    annotations: { readOnlyHint: true, openWorldHint: false },
    inputSchema: { type: "object", required: ["file_path"] },
  });
  expect(tools.find(({ name }) => name === "Write")?.annotations).toMatchObject({ readOnlyHint: false, destructiveHint: true });
  expect(tools.find(({ name }) => name === "run")?.outputSchema).toMatchObject({ type: "object" });
  expect(client.getServerVersion()).toMatchObject({ name: "gantry", title: "Gantry" });
  expect(client.getServerCapabilities()).toEqual({ tools: { listChanged: true }, logging: {} });
});

test("calls go through the rules: reads do, edits are asked, and denied in words where nobody can be", async () => {
  const home = await bench([], { "a.txt": "alpha\n" });
  const { call, client } = await overStdio(home, ["--allow", "Bash(echo:*)"]);
  const read = await call("Read", { file_path: "a.txt" });
  expect(textOf(read)).toContain("alpha");
  expect(read.isError).toBeUndefined();
  expect(textOf(await call("Bash", { command: "echo from the shell" }))).toContain("from the shell");
  const write = await call("Write", { file_path: "b.txt", content: "x" });
  expect(write).toMatchObject({ isError: true, _meta: { "gantry/code": "APPROVAL_UNAVAILABLE" } });
  expect(textOf(write)).toContain("needs a yes");
  const wrong = await call("Read", { path: 1 });
  expect(wrong).toMatchObject({ isError: true, _meta: { "gantry/code": "TOOL_INPUT_INVALID" } });
  await expect(call("Nope", {})).rejects.toMatchObject({ code: -32_602 });
  await expect(call("AskUserQuestion", { questions: [] })).rejects.toMatchObject({ code: -32_602 });
  await client.close();
  const events = await home.events();
  expect(events.flatMap(({ type, data }) => (type === "note" ? [data.text] : []))).toContain(
    "opened for the MCP client test-client 1.2.3, over stdio",
  );
  expect(events.flatMap(({ type, data }) => (type === "tool.call" ? [data.name] : []))).toEqual([
    "Read",
    "Bash",
    "Write",
    "Read",
  ]);
  expect(events.at(-1)).toMatchObject({ type: "session.close", data: { reason: "done" } });
});

test("what is asked is asked of the client's user, in the terminal's words; only a clear yes lets it go ahead", async () => {
  const home = await bench([]);
  let answer: ReturnType<typeof yes> | { action: "accept"; content: Record<string, string | boolean> } | { action: "decline" } =
    yes();
  const { call, asked } = await overStdio(home, [], { answer: () => answer });
  expect((await call("Write", { file_path: "a.txt", content: "one\n" })).isError).toBeUndefined();
  expect(await home.file("a.txt")).toBe("one\n");
  expect(asked[0]).toContain("Allow Write?");
  expect(asked[0]).toContain("a.txt");
  expect(asked[0]).toContain("asked because");
  answer = { action: "accept", content: { allow: false, reason: "not now" } };
  const refused = await call("Bash", { command: "touch b.txt" });
  expect(refused).toMatchObject({ isError: true, _meta: { "gantry/code": "APPROVAL_DENIED" } });
  expect(textOf(refused)).toContain("not now");
  answer = { action: "decline" };
  expect((await call("Bash", { command: "touch b.txt" })).isError).toBe(true);
  answer = yes();
  // A yes was for one call.
  await call("Write", { file_path: "c.txt", content: "" });
  expect(asked).toHaveLength(4);
});

test("run gives the agent a task, tells of its steps, and goes on with its session", async () => {
  const home = await bench(
    [{ call: { name: "Read", input: { file_path: "a.txt" } } }, { say: "It says alpha." }, { say: "Still alpha." }],
    { "a.txt": "alpha\n" },
  );
  const { call, client } = await overStdio(home);
  const told: Progress[] = [];
  const first = await call("run", { prompt: "what does a.txt say?" }, { onprogress: (progress) => void told.push(progress) });
  expect(first.structuredContent).toMatchObject({ text: "It says alpha.", stopReason: "end_turn", turns: 1, steps: 2 });
  expect(textOf(first)).toContain("It says alpha.");
  expect(told.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^step 1: asking /),
    "Read a.txt",
    expect.stringMatching(/^step 2: asking /),
  ]);
  expect(told.map(({ progress }) => progress)).toEqual([1, 2, 3]);
  const { sessionId } = first.structuredContent as { sessionId: string };
  const second = await call("run", { prompt: "and now?", sessionId });
  expect(second.structuredContent).toMatchObject({ sessionId, turns: 2, steps: 1, text: "Still alpha." });
  expect(await call("run", { prompt: "x", sessionId: "last" })).toMatchObject({
    isError: true,
    _meta: { "gantry/code": "SESSION_NOT_FOUND" },
  });
  expect(await call("run", { prompt: "x", model: "nobody/nothing" })).toMatchObject({ isError: true });
  expect(await call("run", { task: "x" })).toMatchObject({ isError: true, _meta: { "gantry/code": "TOOL_INPUT_INVALID" } });
  await client.close();
  const notes = (await home.events()).flatMap(({ type, data }) => (type === "note" ? [data.text] : []));
  expect(notes.filter((text) => text.startsWith("opened for"))).toHaveLength(2);
});

test("maxTurns ends a run at its limit, and a run asks and is denied like a call", async () => {
  const home = await bench([
    { call: { name: "Bash", input: { command: "touch x" } } },
    { say: "Then not." },
    { call: { name: "Glob", input: { pattern: "*" } } },
  ]);
  const { call } = await overStdio(home);
  const denied = await call("run", { prompt: "touch x" });
  expect(denied).toMatchObject({
    isError: true,
    structuredContent: { stopReason: "denied", error: { code: "APPROVAL_UNAVAILABLE" } },
  });
  const limited = await call("run", { prompt: "look", maxTurns: 1 });
  expect(limited).toMatchObject({ isError: true, structuredContent: { stopReason: "max_turns", steps: 1 } });
});

test("a cancelled run stops, its session is kept, and the server goes on", async () => {
  const home = await bench([{ call: { name: "Bash", input: { command: "touch started; sleep 600" } } }]);
  const { call, client } = await overStdio(home, ["--allow", "Bash"]);
  const cancel = new AbortController();
  const run = call(
    "run",
    { prompt: "wait" },
    {
      signal: cancel.signal,
      onprogress: ({ message }) => message?.startsWith("Bash") && cancel.abort("enough"),
    },
  );
  await expect(run).rejects.toThrow(/enough/);
  await client.ping();
  expect(textOf(await call("Glob", { pattern: "*.none" }))).toBeDefined();
  await client.close();
  const logs = await home.logs();
  const texts = await Promise.all(logs.map(async (log) => await readFile(log, "utf8")));
  expect(texts.some((text) => text.includes('"stop":"interrupted"'))).toBe(true);
});

test("a project that is not trusted, and --json, end it before anything is served", async () => {
  const home = await bench([], { "gantry.config.json": '{ "permissions": { "allow": ["Bash"] } }' });
  const untrusted = await home.gantry(["mcp", "serve"]);
  expect(untrusted).toMatchObject({ exit: 3, stdout: "" });
  expect(untrusted.stderr).toContain("TRUST_REQUIRED");
  expect((await home.gantry(["mcp", "serve", "--trust"])).exit).toBe(0);
  expect((await home.gantry(["mcp", "serve", "--json"])).exit).toBe(2);
  expect((await home.gantry(["mcp", "serve", "--port", "1"])).exit).toBe(2);
});

test("a plugin of this time, with its grants, offers its tool as in a run", async () => {
  const home = await bench([], {
    "notes/a.txt": "12345",
    "one/package.json": JSON.stringify({ name: "one", version: "1.0.0", type: "module", main: "index.js" }),
    "one/index.js": `export default { name: "one", description: "One.", permissions: { "fs.read": ["./notes/**"] },
      tools: [{ name: "CountNotes", description: "Counts.", effect: "reads", input: () => ({ type: "object" }),
        async execute(input, ctx) { return String((await ctx.fs.read("notes/a.txt")).bytes.length); } }] };`,
  });
  const { call, client } = await overStdio(home, ["--plugin", "one", "--grant", "fs.read=./notes/**"]);
  expect((await client.listTools()).tools.find(({ name }) => name === "CountNotes")).toMatchObject({ title: "Count notes" });
  expect(textOf(await call("CountNotes", {}))).toBe("5");
  const unanswered = await home.gantry(["mcp", "serve", "--plugin", "one"]);
  expect(unanswered).toMatchObject({ exit: 3, stdout: "" });
});

test("the protocol's code is loaded by mcp serve, and by nothing else", async () => {
  const home = await bench([{ say: "Done." }]);
  const recorder = fileURLToPath(new URL("../support/loaded-files.cjs", import.meta.url));
  const loads = async (...args: string[]): Promise<boolean> => {
    const list = path.join(home.home, `loaded-${args.join("-")}`);
    await home.gantry(args, { env: { NODE_OPTIONS: `--require ${recorder}`, LOADED_FILES: list } });
    const files = (await readFile(list, "utf8")).trim().split("\n");
    const texts = await Promise.all(files.map(async (file) => await readFile(file, "utf8")));
    return texts.some((text) => text.includes("Server does not support logging (required for"));
  };
  expect(await loads("mcp", "serve")).toBe(true);
  expect(await Promise.all([loads("run", "x"), loads("mcp", "list"), loads("tools", "list")])).toEqual([false, false, false]);
});
