/** Servers on stdio that misbehave, one thread for all of them: each is bounded and told by its name, and the good one goes on. */
import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { until } from "../support/alive.ts";
import { codeOf, hostile, program, startThread, type ThreadUnderTest, textOf } from "../support/mcp-thread.ts";

let thread: ThreadUnderTest;
let count = 0;

beforeAll(async () => {
  thread = startThread();
  thread.open({ name: "good" });
  await thread.state("good", "ready");
});

// Whatever a server did: the others in the thread still answer.
afterEach(async () => {
  expect(textOf(await thread.call("good", "echo", { text: "still here" }))).toBe("still here");
});

afterAll(async () => {
  await thread.close();
});

async function ready(spec: Partial<Parameters<ThreadUnderTest["open"]>[0]> = {}): Promise<string> {
  const name = `s${++count}`;
  thread.open({ name, ...spec });
  await thread.state(name, "ready");
  return name;
}

async function failed(mode: string, startTimeoutMs = 20_000) {
  const name = `s${++count}`;
  thread.open({ name, transport: hostile(mode), startTimeoutMs });
  return await thread.state(name, "failed");
}

/** A zombie is not: who adopted it may take its time. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

const groupOf = (name: string): number =>
  thread.frames
    .flatMap((f) => (f.type === "facts" && f.facts.name === name ? [f.facts.pid ?? 0] : []))
    .find((pid) => pid > 0) ?? 0;

/** What the server was told of calls that were given up, since it was last asked. */
async function cancelsOf(name: string): Promise<unknown> {
  return JSON.parse(textOf(await thread.call(name, "cancels")));
}

test("a ready server tells who it is, and what it offers is cleaned", async () => {
  const facts = thread.facts("good");
  expect(facts).toMatchObject({
    kind: "stdio",
    protocolVersion: "2025-06-18",
    instructions: "Use me.",
    server: { name: "höstile", version: "1" },
  });
  expect(facts?.capabilities).toEqual(["tools", "prompts", "resources", "resources.subscribe", "logging"]);
  expect(facts?.what).toBe("node");
  const catalog = thread.catalog("good");
  expect(catalog?.tools[0]).toEqual({
    name: "echo",
    description: "Does echo.",
    inputSchema: { type: "object", properties: {} },
    hasOutputSchema: false,
    annotations: {},
  });
  expect(catalog?.prompts).toEqual([
    { name: "p", description: "", arguments: [{ name: "who", description: "", required: true }] },
  ]);
  expect(catalog?.resources).toEqual([{ uri: "test://a", name: "a", description: "", mimeType: "text/plain", size: 3 }]);
  expect(catalog?.templates).toEqual([{ uriTemplate: "test://{x}", name: "x", description: "" }]);
  expect(facts?.problems).toContain("A resource without a URI is left out.");
});

test("a server that never answers initialize fails at the end of its time, with its name", async () => {
  const facts = await failed("silent", 1000);
  expect(facts).toMatchObject({ code: "MCP_START_TIMEOUT", why: `The server ${facts.name} was not ready within 1000 ms.` });
});

test("a server of another version fails with both versions named", async () => {
  const facts = await failed("other-version");
  expect(facts.code).toBe("MCP_PROTOCOL");
  expect(facts.why).toMatch(/speaks MCP 1999-01-01, Gantry speaks 2025-11-25, /);
});

test("an answer to initialize that is none fails the start", async () => {
  expect((await failed("no-result")).code).toBe("MCP_PROTOCOL");
});

test("garbage without end fails the start, and what is shown of it is cleaned", async () => {
  const facts = await failed("garbage");
  expect(facts).toMatchObject({
    code: "MCP_PROTOCOL",
    why: `The server ${facts.name} writes what is not MCP on stdout, for instance: starting up...`,
  });
});

test("a few lines that are no messages are a problem and no failure", async () => {
  const name = await ready();
  expect(textOf(await thread.call(name, "noise"))).toBe("noisy");
  await thread.until(
    "facts",
    ({ facts }) => facts.name === name && facts.problems.some((line) => line.includes("Listening on port 3000")),
  );
});

test("garbage after the start ends the server with MCP_PROTOCOL, and it is not started again", async () => {
  const name = await ready();
  await thread.call(name, "endless");
  expect(await thread.state(name, "failed")).toMatchObject({ code: "MCP_PROTOCOL", restarts: 0 });
  expect(codeOf(await thread.call(name, "echo"))).toBe("MCP_PROTOCOL");
});

test("lines may end with CRLF and letters may come in two pieces", async () => {
  const name = await ready({ transport: hostile("split") });
  expect(thread.facts(name)?.server?.name).toBe("höstile");
});

test("a line of 100 MB is refused by its size, is not kept, and the server is started again", async () => {
  const name = await ready();
  const before = process.memoryUsage().rss;
  let highest = before;
  const watch = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage().rss);
  }, 10);
  const result = await thread.call(name, "big");
  clearInterval(watch);
  expect(result).toMatchObject({ ok: false, code: "MCP_TOO_LARGE" });
  expect(result.ok ? "" : result.message).toMatch(new RegExp(`^The server ${name} sent a line of 16\\d{6} bytes and more`));
  expect((highest - before) / 2 ** 20).toBeLessThan(80);
  expect(
    await thread.until("facts", ({ facts }) => facts.name === name && facts.restarts === 1 && facts.state === "ready"),
  ).toBeDefined();
});

test("a server that floods is held back, then ended with MCP_FLOOD, while others answer", async () => {
  const name = await ready();
  await thread.call(name, "flood");
  expect(textOf(await thread.call("good", "echo", { text: "meanwhile" }))).toBe("meanwhile");
  expect(await thread.state(name, "failed")).toMatchObject({ code: "MCP_FLOOD" });
  expect(thread.frames.filter((frame) => frame.type === "log" && frame.server === name).length).toBeLessThanOrEqual(60);
});

test("answers to nothing that was asked are counted and change nothing", async () => {
  const name = await ready();
  expect(textOf(await thread.call(name, "strange-ids"))).toBe("strange");
  await thread.until(
    "facts",
    ({ facts }) => facts.name === name && facts.problems.includes("It sent 3 answers to nothing that was asked."),
  );
});

test("tools with bad names and schemas are left out one by one, each with a problem", async () => {
  const name = await ready({ transport: hostile("bad-catalog") });
  expect(thread.catalog(name)?.tools.map((tool) => tool.name)).toEqual(["twice", "a.b", "recursive-input", "echo"]);
  expect(thread.catalog(name)?.tools[0]?.description).toBe("first");
  const problems = thread.facts(name)?.problems ?? [];
  for (const part of [
    "A tool without a name is left out.",
    "its name has 129 letters",
    "letters that do not show: hidden",
    "The tool no-schema is left out: it is not an object",
    'The tool array-schema is left out: its type is "array", not "object"',
    "The tool huge-schema is left out: it has 700",
    "It has two tools twice; the first counts.",
    "The tool a_b is left out: its name is taken by a.b.",
    "The tool task-only is left out",
  ]) {
    expect(
      problems.some((line) => line.includes(part)),
      part,
    ).toBe(true);
  }
});

test("a schema of 50,000 levels is left out and its neighbour is not", async () => {
  const name = await ready({ transport: hostile("deep-catalog") });
  expect(thread.catalog(name)?.tools.map((tool) => tool.name)).toEqual(["echo"]);
});

test("a list without end and a list that repeats itself are cut, with a problem", async () => {
  const many = await ready({ transport: hostile("many-tools") });
  expect(thread.catalog(many)?.tools).toHaveLength(1000);
  expect(thread.facts(many)?.problems).toEqual(expect.arrayContaining([expect.stringContaining("more than 1000 items")]));
  const same = await ready({ transport: hostile("same-page") });
  expect(thread.facts(same)?.problems).toEqual(expect.arrayContaining([expect.stringContaining("gave the same page again")]));
});

test("a list that the server refuses is a problem, and the others count", async () => {
  const name = await ready({ transport: hostile("no-prompts") });
  expect(thread.facts(name)?.problems).toEqual(expect.arrayContaining([expect.stringContaining("It refuses prompts/list: ")]));
  expect(thread.catalog(name)?.tools.length).toBeGreaterThan(0);
});

test("tools are let through by globs; one that fits nothing names its nearest", async () => {
  const name = await ready({ tools: { allow: ["e*", "echoo"], deny: ["err?r"] } });
  expect(thread.catalog(name)?.tools.map((tool) => tool.name)).toEqual(["echo", "endless"]);
  expect(thread.facts(name)?.problems).toContain("tools.allow has echoo, which fits no tool of it. Did you mean echo?");
});

test("a program that ends at once fails the start with its code and last lines", async () => {
  const facts = await failed("exit");
  expect(facts).toMatchObject({ code: "MCP_START_FAILED", stderr: ["no config found", "set TOKEN first"] });
  expect(facts.why).toBe(
    `The server ${facts.name} exited with code 3 before it was ready. Its last lines: no config found | set TOKEN first`,
  );
});

test("a command that is not there, or is no program, says what to do", async () => {
  thread.open({ name: "missing", transport: program("nodee") });
  const missing = await thread.state("missing", "failed");
  expect(missing.code).toBe("MCP_START_FAILED");
  expect(missing.why).toMatch(/nodee was not found in PATH\. Did you mean node\? Install it/);
  thread.open({ name: "no-program", transport: program("/etc/passwd") });
  expect((await thread.state("no-program", "failed")).why).toMatch(/\/etc\/passwd is not executable\. chmod \+x/);
  thread.open({ name: "no-folder", transport: { kind: "stdio", command: "node", args: [], env: {}, cwd: "/nowhere" } });
  expect((await thread.state("no-folder", "failed")).why).toMatch(/\/nowhere is not a folder/);
});

test("a server that dies in a call ends the call, is started again, and says so", async () => {
  const name = await ready();
  const result = await thread.call(name, "die");
  expect(result).toMatchObject({ ok: false, code: "MCP_DISCONNECTED", message: `The server ${name} exited with code 3.` });
  const again = await thread.until(
    "facts",
    ({ facts }) => facts.name === name && facts.state === "ready" && facts.restarts === 1,
  );
  expect(again.facts.stderr).toEqual([]);
  expect(thread.frames).toContainEqual(
    expect.objectContaining({
      type: "facts",
      facts: expect.objectContaining({ name, state: "starting", code: "MCP_DISCONNECTED", stderr: ["I cannot go on"] }),
    }),
  );
});

test("a server that goes on dying is given up after its retries", async () => {
  const name = await ready();
  for (let restarts = 0; restarts <= 3; restarts++) {
    await thread.until("facts", ({ facts }) => facts.name === name && facts.state === "ready" && facts.restarts === restarts);
    await thread.call(name, "die");
  }
  expect(await thread.state(name, "failed")).toMatchObject({ code: "MCP_DISCONNECTED", restarts: 3 });
});

test("a cancelled call ends at once, the server is told, and its late answer is ignored", async () => {
  const name = await ready();
  const ended = thread.call(name, "late");
  thread.send({ type: "cancel", id: thread.lastId, reason: "the user stopped it" });
  expect(await ended).toMatchObject({
    code: "TOOL_INTERRUPTED",
    message: `tools/call of the server ${name} was cancelled: the user stopped it`,
  });
  expect(textOf(await thread.call(name, "echo", { text: "next" }))).toBe("next");
  expect(await cancelsOf(name)).toEqual([{ requestId: expect.any(Number), reason: "interrupted" }]);
});

test("a server is told once of a call that was given up, in our words, and not of an attempt that it has answered", async () => {
  const name = await ready();
  expect(await thread.call(name, "hang", {}, 50)).toMatchObject({ code: "MCP_TIMEOUT" });
  expect(await cancelsOf(name)).toEqual([{ requestId: expect.any(Number), reason: "no answer in time" }]);
  const ended = thread.call(name, "url-hang");
  const id = thread.lastId;
  const ask = await thread.until("ask", ({ server }) => server === name);
  thread.send({ type: "answer", id: ask.id, ok: true, value: { action: "accept" } });
  // The server refused the first attempt, and is silent in the second.
  await thread.until("progress", (frame) => frame.id === id);
  thread.send({ type: "cancel", id, reason: "the user stopped it" });
  expect(await ended).toMatchObject({ code: "TOOL_INTERRUPTED" });
  expect(await cancelsOf(name)).toEqual([{ requestId: expect.any(Number), reason: "interrupted" }]);
});

test("a call that the server never answers ends at its deadline", async () => {
  expect(await thread.call("good", "hang", {}, 300)).toMatchObject({
    code: "MCP_TIMEOUT",
    message: "The server good did not answer tools/call within 300 ms.",
  });
});

test("grandchildren of a server that forks are gone after its end", async () => {
  const name = await ready();
  const grandchild = Number(textOf(await thread.call(name, "fork")));
  expect(isAlive(grandchild)).toBe(true);
  const group = groupOf(name);
  expect(thread.frames).toContainEqual({ type: "group", group, isRunning: true });
  thread.send({ type: "close", server: name });
  await thread.state(name, "stopped");
  expect(thread.frames).toContainEqual({ type: "group", group, isRunning: false });
  await until(() => !isAlive(grandchild), "the grandchild is still alive");
});

test("a server that ignores the end of its input and SIGTERM is killed", async () => {
  const name = await ready({ transport: hostile("stubborn") });
  thread.send({ type: "close", server: name });
  await thread.state(name, "stopped");
  expect(isAlive(groupOf(name))).toBe(false);
});

test("a server that floods its stderr does not hinder anyone", async () => {
  const name = await ready({ transport: hostile("loud") });
  expect(textOf(await thread.call(name, "echo", { text: "loud" }))).toBe("loud");
  thread.send({ type: "close", server: name });
  const { stderr } = await thread.state(name, "stopped");
  expect(stderr.every((line) => line.length <= 500)).toBe(true);
});

test("structured results fit their schema, or the call says why not", async () => {
  expect(await thread.call("good", "number-right")).toMatchObject({
    ok: true,
    value: { structuredContent: { n: 1 }, isError: false },
  });
  expect(await thread.call("good", "number-wrong")).toMatchObject({
    code: "MCP_RESULT_INVALID",
    message: expect.stringContaining("n must be number"),
  });
  expect(await thread.call("good", "number-none")).toMatchObject({
    code: "MCP_RESULT_INVALID",
    message: expect.stringContaining("no structured content"),
  });
  expect(await thread.call("good", "number-error")).toMatchObject({ ok: true, value: { isError: true } });
});

test("a schema that is recursive, unfolds without end or leads outside leaves its tool usable and unchecked", async () => {
  const problems = thread.facts("good")?.problems ?? [];
  for (const [tool, why] of Object.entries({
    "number-recursive": "it is recursive",
    "number-doubling": "unfold to more than",
    "number-outside": "outside of it",
  })) {
    expect(
      problems.some((line) => line.startsWith(`Results of the tool ${tool} are not checked: `) && line.includes(why)),
    ).toBe(true);
    expect(thread.catalog("good")?.tools.find(({ name }) => name === tool)?.hasOutputSchema).toBe(false);
    expect(await thread.call("good", tool)).toMatchObject({ ok: true });
  }
  expect(await thread.call("good", "number-pattern")).toMatchObject({ ok: true });
});

test("content of an unknown kind and structured content without a bottom are MCP_RESULT_INVALID", async () => {
  expect(codeOf(await thread.call("good", "odd-content"))).toBe("MCP_RESULT_INVALID");
  expect(codeOf(await thread.call("good", "deep"))).toBe("MCP_RESULT_INVALID");
});

test("an error of the server's own is MCP_CALL_FAILED with its code and data", async () => {
  expect(await thread.call("good", "error")).toMatchObject({
    code: "MCP_CALL_FAILED",
    message: "The server good refused tools/call: not today (-32050)",
    detail: { code: -32050, data: { why: "rain" } },
  });
});

test("a server that is not open is MCP_SERVER_UNKNOWN", async () => {
  expect(codeOf(await thread.call("nobody", "echo"))).toBe("MCP_SERVER_UNKNOWN");
});
