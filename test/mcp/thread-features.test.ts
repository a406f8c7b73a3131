/** What servers may ask and tell while they are used: questions, progress, changed lists, logs, roots, pings, addresses to visit. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FromMcp } from "../../core/contract/mcp-frames.ts";
import { type Ask, codeOf, fixture, hostile, startThread, type ThreadUnderTest, textOf } from "../support/mcp-thread.ts";

let thread: ThreadUnderTest;

beforeAll(async () => {
  thread = startThread();
  thread.open({ name: "good" });
  await thread.state("good", "ready");
});

afterAll(async () => {
  await thread.close();
});

const here = (): number => thread.frames.length;
const askOf = (from: number, kind: Ask["kind"]): Promise<Ask> => thread.until("ask", (ask) => ask.kind === kind, from);
const since = <T extends FromMcp["type"]>(from: number, type: T) =>
  thread.frames.slice(from).filter((frame) => frame.type === type);

test("every method is a request of the protocol, with the core's shapes", async () => {
  const request = async (
    ...[method, params]: [Parameters<ThreadUnderTest["request"]>[1], Parameters<ThreadUnderTest["request"]>[2]]
  ) => {
    const result = await thread.request("good", method, params);
    return result.ok ? result.value : result;
  };
  expect(await request("readResource", { uri: "test://a" })).toEqual({ contents: [{ uri: "test://a", text: "abc" }] });
  expect(await request("subscribe", { uri: "test://a" })).toEqual({});
  expect(await request("unsubscribe", { uri: "test://a" })).toEqual({});
  expect(await request("getPrompt", { name: "p", arguments: { who: "you" } })).toEqual({
    description: "d",
    messages: [{ role: "user", content: { type: "text", text: "p you" } }],
  });
  const ref = { type: "ref/prompt", name: "p" };
  expect(await request("complete", { ref, argument: { name: "who", value: "A" } })).toEqual({ values: ["A!"], total: 1 });
  expect(await request("login", { paste: false })).toMatchObject({ code: "MCP_LOGIN_FAILED" });
});

test("a form is asked of the core, cleaned, with the request it belongs to, and missing defaults are filled in", async () => {
  const from = here();
  const called = thread.call("good", "ask");
  const ask = await askOf(from, "elicitForm");
  expect(ask).toMatchObject({
    server: "good",
    request: thread.lastId,
    params: { message: "Who?", schema: { type: "object" } },
  });
  thread.send({ type: "answer", id: ask.id, ok: true, value: { action: "accept", content: { age: 36 } } });
  expect(JSON.parse(textOf(await called))).toEqual({ action: "accept", content: { age: 36, name: "Ada" } });
});

test("a large value crosses as text, as objects only a small one does", async () => {
  const result = await thread.call("good", "rows");
  if (!result.ok) throw new Error(result.message);
  expect(Object.keys(result.value as object)).not.toContain("structuredContent");
  const [shown] = (result.value as { content: { text: string }[] }).content;
  expect(JSON.parse(shown?.text ?? "").rows.length).toBe(60_000);
  const small = await thread.call("good", "number-right");
  expect(small).toMatchObject({ ok: true, value: { structuredContent: { n: 1 } } });
});

test("a refusal of the core is told to the server in words", async () => {
  const from = here();
  const called = thread.call("good", "sample");
  const ask = await askOf(from, "sample");
  expect(ask.params).toEqual({ messages: [{ role: "user", content: { type: "text", text: "hello" } }], maxTokens: 10 });
  thread.send({ type: "answer", id: ask.id, ok: false, code: "MCP_SAMPLING_DENIED", message: "The user said no." });
  expect(JSON.parse(textOf(await called))).toMatchObject({ code: -1, message: expect.stringContaining("The user said no.") });
});

test("a sampled message goes back with the model that made it", async () => {
  const from = here();
  const called = thread.call("good", "sample");
  const { id } = await askOf(from, "sample");
  thread.send({ type: "answer", id, ok: true, value: { model: "m", text: "hi", stopReason: "endTurn" } });
  expect(JSON.parse(textOf(await called))).toEqual({
    role: "assistant",
    model: "m",
    stopReason: "endTurn",
    content: { type: "text", text: "hi" },
  });
});

test("a question that the server takes back is taken back from the user", async () => {
  const from = here();
  expect(textOf(await thread.call("good", "ask-long"))).toBe("taken back");
  const { id } = await askOf(from, "elicitForm");
  expect(await thread.until("unask", (frame) => frame.id === id, from)).toBeDefined();
});

test("the time of a call stands still while the user is asked, and ends with the call's cancel", async () => {
  const from = here();
  const called = thread.call("good", "ask", {}, 1_000);
  const ask = await askOf(from, "elicitForm");
  // Longer than the call's own time.
  await thread.call("good", "hang", {}, 1_100);
  thread.send({ type: "answer", id: ask.id, ok: true, value: { action: "decline" } });
  expect(textOf(await called)).toBe('{"action":"decline"}');
});

test("of one server at most eight questions wait; a server that dies takes its own back", async () => {
  thread.open({ name: "curious" });
  await thread.state("curious", "ready");
  const from = here();
  expect(textOf(await thread.call("curious", "ask-many"))).toContain("8 questions wait already");
  expect(since(from, "ask")).toHaveLength(8);
  await thread.call("curious", "die");
  const asked = since(from, "ask").map((frame) => (frame.type === "ask" ? frame.id : 0));
  for (const id of asked) await thread.until("unask", (frame) => frame.id === id, from);
});

test("a call that is refused for an address asks for it, and is made again once the server says so", async () => {
  const from = here();
  const called = thread.call("good", "url");
  const ask = await askOf(from, "elicitUrl");
  expect(ask).toMatchObject({
    request: thread.lastId,
    params: { message: "Log in", url: "https://example.test/login?x=1", elicitationId: "e1" },
  });
  thread.send({ type: "answer", id: ask.id, ok: true, value: { action: "accept" } });
  expect(textOf(await called)).toBe("welcome");
});

test("progress is told in few lines, the last among them", async () => {
  const from = here();
  await thread.call("good", "progress");
  const lines = since(from, "progress").map((frame) => (frame.type === "progress" ? frame.text : ""));
  expect(lines.at(-1)).toBe("500/500 step 500");
  expect(lines.length).toBeLessThan(20);
});

test("100 notices of changed tools become few catalogs, the last with the new tool", async () => {
  const from = here();
  await thread.call("good", "grow");
  await thread.until("catalog", ({ server, json }) => server === "good" && json.includes('"grown-0"'), from);
  await thread.call("good", "echo");
  expect(since(from, "catalog").length).toBeLessThan(5);
});

test("100 changes of a resource become few frames", async () => {
  await thread.call("good", "touch");
  await thread.request("good", "subscribe", { uri: "test://a" });
  // What nobody subscribed to is not told.
  expect(thread.frames.filter(({ type }) => type === "updated")).toEqual([]);
  const from = here();
  await thread.call("good", "touch");
  expect(await thread.until("updated", () => true, from)).toEqual({ type: "updated", server: "good", uri: "test://a" });
  expect(since(from, "updated").length).toBeLessThan(5);
});

test("of a log at most 60 lines a minute are told, cleaned", async () => {
  const from = here();
  await thread.call("good", "logs");
  const lines = since(from, "log");
  expect(lines).toHaveLength(60);
  expect(lines[0]).toEqual({ type: "log", server: "good", level: "info", text: "l: line 0" });
});

test("a server is told the roots, and new ones when they change", async () => {
  expect(JSON.parse(textOf(await thread.call("good", "roots")))).toEqual({ roots: [{ uri: "file:///work", name: "work" }] });
  thread.send({ type: "roots", roots: ["file:///other"] });
  expect(JSON.parse(textOf(await thread.call("good", "roots")))).toEqual({ roots: [{ uri: "file:///other", name: "other" }] });
  expect(textOf(await thread.call("good", "roots-told"))).toBe("1");
});

test("a server that is still starting when the roots change is told once it is ready", async () => {
  const from = here();
  thread.open({ name: "asks-first", transport: hostile("asks-first") });
  const ask = await askOf(from, "elicitForm");
  thread.send({ type: "roots", roots: ["file:///third"] });
  thread.send({ type: "answer", id: ask.id, ok: true, value: { action: "accept" } });
  await thread.state("asks-first", "ready", from);
  expect(textOf(await thread.call("asks-first", "roots-told"))).toBe("1");
});

test("a silent server that does not answer two pings is started again", async () => {
  const own = startThread({ bounds: { pingEveryMs: 100, endMs: 100 } });
  own.open({ name: "sleepy" });
  await own.state("sleepy", "ready");
  expect(textOf(await own.call("sleepy", "deaf"))).toBe("deaf");
  const lost = await own.until("facts", ({ facts }) => facts.name === "sleepy" && facts.code === "MCP_DISCONNECTED");
  expect(lost.facts.why).toBe("The server sleepy did not answer 2 pings.");
  await own.until("facts", ({ facts }) => facts.state === "ready" && facts.restarts === 1);
  await own.close();
});

test("what is written to a server that does not read is bounded", async () => {
  const own = startThread({ bounds: { maxMessageBytes: 256 * 1024 } });
  own.open({ name: "full" });
  await own.state("full", "ready");
  expect(textOf(await own.call("full", "stop-reading"))).toBe("stopped");
  const text = "x".repeat(200 * 1024);
  const results = await Promise.all(Array.from({ length: 8 }, () => own.call("full", "echo", { text }, 500)));
  expect(new Set(results.map(codeOf))).toEqual(new Set(["MCP_TIMEOUT", "MCP_DISCONNECTED"]));
  expect(codeOf(await own.call("full", "echo", { text: text.repeat(2) }, 500))).toBe("MCP_TOO_LARGE");
  await own.close();
});

test("a server that is opened twice at once is there once", async () => {
  const from = here();
  for (let times = 0; times < 3; times++) thread.open({ name: "twice" });
  thread.send({ type: "close", server: "twice" });
  await thread.until("facts", ({ facts }) => facts.name === "twice" && facts.state === "stopped", from);
  thread.open({ name: "twice" });
  await thread.until("facts", ({ facts }) => facts.name === "twice" && facts.state === "ready", from);
  expect(textOf(await thread.call("twice", "echo", { text: "once" }))).toBe("once");
});

test("a server's own environment is what the core chose and its config adds", async () => {
  const printed = {
    kind: "stdio",
    command: "node",
    args: ["-e", "console.error(JSON.stringify(process.env)); process.exit(1)"],
  } as const;
  thread.open({ name: "env", transport: { ...printed, env: { TOKEN: "t" }, cwd: "/" } });
  const { stderr } = await thread.state("env", "failed");
  expect(Object.keys(JSON.parse(stderr[0] ?? "{}") as object).sort()).toEqual(["HOME", "PATH", "TOKEN"]);
});

test("the end closes all servers at once and says so", async () => {
  const own = startThread();
  for (const name of ["a", "b", "c"]) own.open({ name, transport: hostile("stubborn") });
  await Promise.all(["a", "b", "c"].map((name) => own.state(name, "ready")));
  await own.close();
  expect(own.frames.at(-1)).toEqual({ type: "ended" });
  const groups = own.frames.filter((frame) => frame.type === "group");
  expect(groups.filter(({ isRunning }) => isRunning)).toHaveLength(3);
  expect(groups.filter(({ isRunning }) => !isRunning)).toHaveLength(3);
});

test("a beat is answered while a server pours 100 MB", async () => {
  const own = startThread({ bounds: { maxMessageBytes: 200 * 1024 * 1024 } });
  own.open({
    name: "pours",
    transport: { kind: "stdio", command: "node", args: [fixture("hostile-stdio.cjs")], env: {}, cwd: "/" },
  });
  await own.state("pours", "ready");
  void own.call("pours", "big");
  own.send({ type: "beat", id: 7 });
  expect(await own.until("beat")).toEqual({ type: "beat", id: 7 });
  await own.close();
});

test("a request of a server that is not ready says what it is", async () => {
  thread.open({ name: "slow", transport: hostile("silent"), startTimeoutMs: 60_000 });
  await thread.state("slow", "starting");
  const result = await thread.call("slow", "echo");
  expect(codeOf(result)).toBe("MCP_DISCONNECTED");
  expect(result.ok ? "" : result.message).toBe("The server slow is starting, not ready.");
});
