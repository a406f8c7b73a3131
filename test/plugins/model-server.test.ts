import { readFile } from "node:fs/promises";
import { createScript, fragmentsOf, type ModelServer, parseScript, startModelServer } from "gantry/testing";
import { afterEach, describe, expect, test } from "vitest";
import { failureOf } from "./provider-contract.ts";

let server: ModelServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(...steps: unknown[]): Promise<ModelServer> {
  server = await startModelServer({ script: { steps } });
  return server;
}

function post(
  at: ModelServer,
  messages: unknown[] = [{ role: "user", content: "hello" }],
  path = "/v1/messages",
): Promise<Response> {
  const body = JSON.stringify({ model: "claude-x", max_tokens: 9, stream: true, messages });
  return fetch(at.url + path, { method: "POST", body });
}

function eventsIn(text: string): { event: string; data: Record<string, unknown> }[] {
  return text
    .split("\n\n")
    .filter((frame) => frame.trim() !== "")
    .map((frame) => {
      const [event = "", data = ""] = frame.trim().split("\n");
      return { event: event.replace("event: ", ""), data: JSON.parse(data.replace("data: ", "")) as Record<string, unknown> };
    });
}

const empty = { system: "", messages: [] };

describe("the model server", () => {
  test("an answer is the API's sequence of events", async () => {
    const playing = await start({ say: "Hi there", call: { id: "c1", name: "Read", input: { a: 1 } }, chunks: 2 });
    const response = await post(playing);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = eventsIn(await response.text());
    expect(events.map(({ event }) => event)).toEqual([
      "message_start",
      "ping",
      "content_block_start",
      "content_block_delta",
      "content_block_delta",
      "content_block_stop",
      "content_block_start",
      "content_block_delta",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    expect(events.every(({ event, data }) => data["type"] === event)).toBe(true);
    expect(events[6]?.data).toEqual({
      type: "content_block_start",
      index: 1,
      content_block: { type: "tool_use", id: "c1", name: "Read", input: {} },
    });
    expect(events[10]?.data).toMatchObject({ delta: { stop_reason: "tool_use" }, usage: { output_tokens: 20 } });
    expect(events[0]?.data).toMatchObject({ message: { model: "claude-x", role: "assistant" } });
  });

  test("requests are kept with headers, body and results", async () => {
    const playing = await start({ say: "x" });
    await post(playing, [
      { role: "user", content: "q" },
      { role: "assistant", content: [{ type: "tool_use", id: "t", name: "Read", input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t", is_error: true, content: "gone" }] },
    ]);
    const [seen] = playing.requests;
    expect(seen).toMatchObject({ method: "POST", path: "/v1/messages", body: { model: "claude-x" } });
    expect(seen?.toolResults).toEqual([{ callId: "t", isError: true, text: "gone" }]);
    expect(Date.parse(seen?.at ?? "")).toBeGreaterThan(0);
  });

  test("other paths and methods are 404 and play nothing", async () => {
    const playing = await start({ say: "x" });
    expect((await post(playing, [], "/v1/complete")).status).toBe(404);
    expect((await fetch(`${playing.url}/v1/messages`)).status).toBe(404);
    expect(playing.remaining).toBe(1);
  });

  test("a status comes with Retry-After and the API's error body", async () => {
    const response = await post(await start({ fail: { status: 429, retryAfter: 1 } }));
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(await response.json()).toMatchObject({ type: "error", error: { type: "rate_limit_error" } });
  });

  test("a failed expectation and the end of the script are answered with 400 and kept as problems", async () => {
    const playing = await start({ expect: { toolResult: { contains: "ok" } } }, { say: "x" });
    const response = await post(playing);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("SCRIPT_EXPECTATION_FAILED");
    playing.plays([]);
    expect(await (await post(playing)).text()).toContain("SCRIPT_EXHAUSTED");
    expect(playing.problems.map((problem) => problem.code)).toEqual(["SCRIPT_EXPECTATION_FAILED", "SCRIPT_EXHAUSTED"]);
  });

  test("a cut breaks the connection after what came before it", async () => {
    const response = await post(
      await start({ say: "one two three four five six seven eight nine ten", fail: { cut: "text" } }),
    );
    let text = "";
    const failure = await failureOf(
      (async () => {
        for await (const chunk of response.body ?? []) text += Buffer.from(chunk as Uint8Array).toString();
      })(),
    );
    expect(failure).toBeInstanceOf(Error);
    expect(text).toContain("text_delta");
    expect(text).not.toContain("message_stop");
  });

  test("onRequest is told before the answer, which waits for it", async () => {
    const order: string[] = [];
    server = await startModelServer({
      script: { steps: [{ say: "x" }] },
      onRequest: async (seen) => {
        await new Promise((resolve) => setImmediate(resolve));
        order.push(seen.path);
      },
    });
    await post(server);
    expect(order).toEqual(["/v1/messages"]);
  });

  test("keepRequests bounds what is kept, and closing ends a request that hangs", async () => {
    server = await startModelServer({ script: { steps: [{ say: "x" }, { hang: true }] }, keepRequests: 0 });
    await post(server);
    expect(server.requests).toEqual([]);
    const hanging = failureOf(post(server));
    while (server.remaining > 0) await new Promise((resolve) => setImmediate(resolve));
    await server.close();
    expect(await hanging).toBeInstanceOf(Error);
  });
});

describe("a script", () => {
  test("every problem of a file is told at once, with its line and the nearest key", async () => {
    const text = [
      "{",
      '  "steps": [',
      '    { "say": 3 },',
      '    { "cal": { "name": "Read" } },',
      "    // comments are allowed",
      '    { "call": { "name": "Read", "input": {}, "rawInput": "{" } },',
      '    { "fail": { "status": 429, "cut": "text" } },',
      "    {}",
      "  ]",
      "}",
    ].join("\n");
    const { code, message } = await failureOf(Promise.resolve().then(() => parseScript(text, { file: "s.json" })));
    expect(code).toBe("SCRIPT_INVALID");
    expect(message.split("\n").map((line) => line.split(": ")[0])).toEqual([
      "s.json:3",
      "s.json:4",
      "s.json:6",
      "s.json:7",
      "s.json:8",
    ]);
    expect(message).toContain("Did you mean call?");
  });

  test("text that is not JSON is told with its line", async () => {
    const { message } = await failureOf(Promise.resolve().then(() => parseScript('{\n"steps": [\n', { file: "s.json" })));
    expect(message).toContain("s.json:");
  });

  test("delays add up before the answer, and say and calls are one answer", () => {
    const player = createScript({
      steps: [{ delayMs: 20 }, { delayMs: 30 }, { say: "a", calls: [{ name: "Read" }], delayMs: 1 }],
    });
    expect(player.next(empty)).toMatchObject({ delayMs: 51, say: "a", stopReason: "tool_use", hang: false });
    expect(player.remaining).toBe(0);
  });

  test.each([
    [{ toolResult: { isError: true } }, "of Read has isError false, expected true"],
    [{ toolResult: { name: "Grep" } }, "is of Read, expected Grep"],
    [{ toolResult: { equals: "x" } }, 'should equal "x", but is "alpha"'],
    [{ toolResult: { notContains: "alp" } }, "should not contain"],
    [{ toolResult: { matches: "^b" } }, "should match ^b"],
    [{ toolResults: [] }, "expected 0 tool results, got 1"],
    [{ system: { contains: "secret" } }, "the system prompt should contain"],
  ])("%j fails with the real values", async (expected, words) => {
    const player = createScript({ steps: [{ expect: expected }, { say: "x" }] });
    const failure = await failureOf(
      Promise.resolve().then(() =>
        player.next({
          system: "none",
          messages: [
            { role: "assistant", content: [{ type: "tool_call", callId: "1", name: "Read", input: {} }] },
            {
              role: "user",
              content: [{ type: "tool_result", callId: "1", isError: false, content: [{ type: "text", text: "alpha" }] }],
            },
          ],
        }),
      ),
    );
    expect(failure.code).toBe("SCRIPT_EXPECTATION_FAILED");
    expect(failure.message).toContain(words);
  });

  test("fragments are as many as asked for, never more than characters, and join to the text", () => {
    expect(fragmentsOf("abcdefg", 3)).toEqual(["ab", "cd", "efg"]);
    expect(fragmentsOf("ab", 9)).toEqual(["a", "b"]);
    expect(fragmentsOf("", 4)).toEqual([""]);
  });

  test("every script in docs/testing.md is one", async () => {
    const docs = await readFile(new URL("../../docs/testing.md", import.meta.url), "utf8");
    const blocks = [...docs.matchAll(/```json\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
    expect(blocks.length).toBeGreaterThan(1);
    for (const block of blocks) expect(parseScript(block).steps.length).toBeGreaterThan(0);
  });
});
