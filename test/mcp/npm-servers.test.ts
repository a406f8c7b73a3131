/** The reference servers of npm, driven through the built `run` by a scripted model: every kind of feature at least once. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { EventOf } from "gantry/events";
import { describe, expect, test } from "vitest";
import { type Bench, bench } from "../support/cli.ts";
import { everythingOverHttp, npmServer, serversOf } from "../support/mcp.ts";
import { newestTexts, sentNames } from "../support/mcp-session.ts";

const call = (name: string, input: Record<string, unknown> = {}) => ({ call: { name, input } });
const tool = (name: string, input: Record<string, unknown> = {}) => call(`mcp__everything__${name}`, input);
const holds = (contains: string) => ({ expect: { toolResult: { contains } } });
const done = { say: "Done." };
const yes = ["--approve", "always"];

/** Text of each call's result, by the tool's name, in order. */
async function results(found: Bench): Promise<{ name: string; text: string; isError: boolean; kinds: string[] }[]> {
  const events = await found.events();
  const names = new Map(events.flatMap((event) => (event.type === "tool.call" ? [[event.data.callId, event.data.name]] : [])));
  return events.flatMap((event) => {
    if (event.type === "tool.failed")
      return [{ name: names.get(event.data.callId) ?? "", text: event.data.message, isError: true, kinds: [] }];
    if (event.type !== "tool.result") return [];
    const { content, isError, callId } = event.data;
    const text = content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
    return [{ name: names.get(callId) ?? "", text, isError, kinds: content.map(({ type }) => type) }];
  });
}

describe("server-everything over stdio", () => {
  test("its tools answer with text, numbers, structure, images, links and embedded resources", async () => {
    const found = await bench([
      tool("echo", { message: "hello there" }),
      holds("hello there"),
      tool("get-sum", { a: 2, b: 40 }),
      holds("42"),
      tool("get-structured-content", { location: "Chicago" }),
      holds("humidity"),
      tool("get-tiny-image"),
      tool("get-resource-links", { count: 2 }),
      holds("demo://resource/dynamic/"),
      tool("get-resource-reference", { resourceType: "Text", resourceId: 1 }),
      holds("demo://resource/dynamic/text/1"),
      tool("get-annotated-message", { messageType: "error" }),
      done,
    ]);
    const server = npmServer("everything", ["stdio"], { alwaysLoad: true });
    const ran = await found.run("use them", await serversOf(found, { everything: server }));
    expect(ran.exit, ran.stderr).toBe(0);
    expect(sentNames(found.model, 0)).toContain("mcp__everything__echo");
    // All of them say that they only read: nobody was asked.
    expect(ran.json.toolCalls.map(({ outcome }) => outcome)).toEqual(Array(7).fill("ok"));
    const [, , structured, image] = await results(found);
    expect(image?.kinds).toContain("image");
    const event = (await found.events()).filter((one) => one.type === "tool.result")[2] as EventOf<"tool.result">;
    expect(event.data.data).toMatchObject({ humidity: expect.any(Number) });
    expect(structured?.isError).toBe(false);
  });

  test("what a tool says of itself decides who is asked: one that writes needs a yes, and without one the run ends with 3", async () => {
    const found = await bench([tool("toggle-simulated-logging"), done]);
    const ran = await found.run("toggle", await serversOf(found, { everything: npmServer("everything", ["stdio"]) }));
    expect(ran.exit).toBe(3);
    expect(ran.json.toolCalls).toMatchObject([{ outcome: "denied", code: "APPROVAL_UNAVAILABLE" }]);
  });

  test("resources are listed, read, subscribed to, and their changes are told to the model", async () => {
    const uri = "demo://resource/dynamic/text/1";
    const found = await bench([
      call("ListMcpResources", { server: "everything" }),
      holds("demo://resource/static/document/features.md"),
      call("ReadMcpResource", { server: "everything", uri: "demo://resource/static/document/features.md" }),
      holds("# "),
      call("ReadMcpResource", { server: "everything", uri: "demo://resource/static/document/featurs.md" }),
      holds("Did you mean demo://resource/static/document/features.md?"),
      call("SubscribeMcpResource", { server: "everything", uri }),
      tool("toggle-subscriber-updates"),
      // Long enough for the server's first update, which comes with the toggle.
      tool("trigger-long-running-operation", { duration: 1, steps: 2 }),
      done,
    ]);
    const servers = await serversOf(found, { everything: npmServer("everything", ["stdio"]) });
    const ran = await found.run("read", [...servers, ...yes]);
    expect(ran.exit, ran.stderr).toBe(0);
    const news = found.model.requests.map((_, request) => newestTexts(found.model, request).join("\n")).join("\n");
    expect(news).toContain(`The resource ${uri} of the server everything has changed`);
    const listed = (await results(found))[0];
    expect(listed?.text).toContain("demo://resource/dynamic/text/{resourceId}");
  });

  test("progress is shown while a call runs, and is not kept", async () => {
    const found = await bench([tool("trigger-long-running-operation", { duration: 1, steps: 4 }), holds("completed"), done]);
    const servers = await serversOf(found, { everything: npmServer("everything", ["stdio"]) });
    const ran = await found.gantry(["run", "wait", ...servers, "--output", "stream-json", "--include-deltas"]);
    expect(ran.exit, ran.stderr).toBe(0);
    const lines = ran.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter(({ type, kind }) => type === "delta" && kind === "progress").length).toBeGreaterThan(0);
  });

  test("it is told the roots, and asks the session's model with the user's yes, as long as its tokens last", async () => {
    const found = await bench([
      tool("get-roots-list"),
      tool("trigger-sampling-request", { prompt: "Say four words.", maxTokens: 20 }),
      { say: "Four words from sampling." },
      holds("Four words from sampling."),
      tool("trigger-sampling-request", { prompt: "And again.", maxTokens: 20 }),
      holds("MCP_SAMPLING_DENIED"),
      done,
    ]);
    const server = npmServer("everything", ["stdio"], { sampling: { answer: "allow", tokensPerSession: 100 } });
    const ran = await found.run("ask", [...(await serversOf(found, { everything: server })), ...yes]);
    expect(ran.exit, ran.stderr).toBe(0);
    expect((await results(found))[0]?.text).toContain(found.cwd);
  });

  test("its form is declined where nobody is there, and answered by a hook that the user trusts", async () => {
    const script = [tool("trigger-elicitation-request"), done];
    const alone = await bench(script);
    const server = npmServer("everything", ["stdio"]);
    const declined = await alone.run("form", [...(await serversOf(alone, { everything: server })), ...yes]);
    expect(declined.exit, declined.stderr).toBe(0);
    expect((await results(alone))[0]?.text).toMatch(/declined/i);

    const hooked = await bench(script);
    const answer = { hookSpecificOutput: { hookEventName: "Elicitation", action: "accept", content: { name: "Ada" } } };
    const hook = { type: "command", command: `echo '${JSON.stringify(answer)}'` };
    const config = path.join(hooked.home, "config.json");
    await writeFile(config, JSON.stringify({ hooks: { Elicitation: [{ matcher: "everything", hooks: [hook] }] } }));
    const servers = await serversOf(hooked, { everything: server });
    const accepted = await hooked.run("form", [...servers, ...yes, "--config", config]);
    expect(accepted.exit, accepted.stderr).toBe(0);
    expect((await results(hooked))[0]?.text).toContain("Ada");
  });

  test("a prompt of it is the input, with its arguments; a mention brings a resource", async () => {
    const found = await bench([done]);
    const servers = await serversOf(found, { everything: npmServer("everything", ["stdio"]) });
    const ran = await found.run("/mcp__everything__args-prompt Paris", servers);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(JSON.stringify(found.model.requests[0])).toContain("weather in Paris");

    const other = await bench([done]);
    const more = await serversOf(other, { everything: npmServer("everything", ["stdio"]) });
    const mentioned = await other.run("explain @everything:demo://resource/dynamic/text/7 to me", more);
    expect(mentioned.exit, mentioned.stderr).toBe(0);
    expect(JSON.stringify(other.model.requests[0])).toContain("Resource 7");
  });

  test("a call that is cancelled ends at once, and the server is there for the next one", async () => {
    const found = await bench([
      tool("trigger-long-running-operation", { duration: 600, steps: 600 }),
      tool("echo", { message: "still here" }),
      holds("still here"),
      done,
    ]);
    const server = npmServer("everything", ["stdio"], { timeout: 1_500 });
    const ran = await found.run("wait", await serversOf(found, { everything: server }));
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.json.toolCalls).toMatchObject([{ outcome: "error", code: "MCP_TIMEOUT" }, { outcome: "ok" }]);
  });
});

describe("server-everything over HTTP", () => {
  test.each(["streamableHttp", "sse"] as const)("%s: tools, resources and progress as over stdio", async (kind) => {
    const { url } = await everythingOverHttp(kind);
    const found = await bench([
      tool("echo", { message: "over HTTP" }),
      holds("over HTTP"),
      call("ReadMcpResource", { server: "everything", uri: "demo://resource/static/document/features.md" }),
      tool("trigger-long-running-operation", { duration: 1, steps: 2 }),
      holds("completed"),
      done,
    ]);
    const entry = kind === "sse" ? { type: "sse", url } : { url };
    const ran = await found.run("use it", await serversOf(found, { everything: entry }));
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.json.toolCalls.map(({ outcome }) => outcome)).toEqual(["ok", "ok", "ok"]);
  });
});

describe("server-memory and server-filesystem", () => {
  test("many tools are searched for and then called; their files change, under the same approval as ours", async () => {
    const found = await bench([
      call("ToolSearch", { query: "select:mcp__memory__create_entities,mcp__files__write_file" }),
      holds("mcp__files__write_file"),
      call("mcp__memory__create_entities", { entities: [{ name: "Gantry", entityType: "agent", observations: ["is small"] }] }),
      call("mcp__memory__search_nodes", { query: "small" }),
      holds("Gantry"),
      call("mcp__files__write_file", { path: "made.txt", content: "by MCP\n" }),
      call("mcp__files__list_allowed_directories"),
      done,
    ]);
    const servers = await serversOf(found, {
      memory: npmServer("memory", [], { env: { MEMORY_FILE_PATH: path.join(found.home, "memory.jsonl") } }),
      files: npmServer("filesystem", [found.cwd]),
    });
    const ran = await found.run("remember", [...servers, ...yes]);
    expect(ran.exit, ran.stderr).toBe(0);
    expect((await results(found)).at(-1)?.text).toContain(found.cwd);
    expect(await found.file("made.txt")).toBe("by MCP\n");
  });

  test("a deny rule takes a server's tools away, and an allow rule asks nobody", async () => {
    const input = { entities: [{ name: "A", entityType: "t", observations: [] }] };
    const found = await bench([
      call("mcp__memory__create_entities", input),
      call("mcp__memory__delete_entities", { entityNames: ["A"] }),
      done,
    ]);
    const servers = await serversOf(found, {
      memory: npmServer("memory", [], { env: { MEMORY_FILE_PATH: path.join(found.home, "memory.jsonl") } }),
    });
    const rules = ["--allow", "mcp__memory__create_entities", "--deny", "mcp__memory__delete_*"];
    const ran = await found.run("try", [...servers, ...rules]);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.json.toolCalls).toMatchObject([{ outcome: "ok" }, { outcome: "error", code: "TOOL_UNKNOWN" }]);
  });
});
