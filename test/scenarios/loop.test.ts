/** The loop under trouble: what the model gets wrong, what the provider gets wrong, and what the user stops. */
import { expect, test } from "vitest";
import { gone, there } from "../support/alive.ts";
import { bench, resultTexts } from "../support/cli.ts";

test("a 429 is waited out as long as it says, and the answer then comes", async () => {
  const { run, model, events } = await bench([{ fail: { status: 429, retryAfter: 1 } }, { say: "Here." }]);
  const { json, exit } = await run("hello");
  expect(exit).toBe(0);
  expect(json.text).toBe("Here.");
  const [first, second] = model.requests.map(({ at }) => Date.parse(at));
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(990);
  expect((await events()).filter(({ type }) => type === "step.retry")).toMatchObject([
    { data: { attempt: 1, code: "PROVIDER_RATE_LIMITED" } },
  ]);
});

test("an overloaded provider is asked again", async () => {
  const { run, model } = await bench([{ fail: { status: 529 } }, { fail: { status: 500 } }, { say: "Here." }]);
  expect((await run("hello")).json).toMatchObject({ ok: true, text: "Here." });
  expect(model.requests).toHaveLength(3);
});

test("a stream cut in a text is asked again, and only the whole answer is kept", async () => {
  const { run, events } = await bench([
    { say: "This will be cut short.", chunks: 4, fail: { cut: "text" } },
    { say: "Whole." },
  ]);
  expect((await run("hello")).json.text).toBe("Whole.");
  expect((await events()).filter(({ type }) => type === "answer")).toHaveLength(1);
});

test("a stream cut in a tool's input runs nothing; the next answer's call runs once", async () => {
  const write = { name: "Write", input: { file_path: "a.txt", content: "once\n" } };
  const { run, file } = await bench([
    { call: write, chunks: 4, fail: { cut: "tool_json" } },
    { call: write, chunks: 4 },
    { say: "Done." },
  ]);
  const { json } = await run("write", ["--permission-mode", "acceptEdits"]);
  expect(json.toolCalls).toHaveLength(1);
  expect(await file("a.txt")).toBe("once\n");
});

test("malformed tool JSON goes back to the model as that call's error", async () => {
  const { run, model } = await bench([{ call: { name: "Read", rawInput: '{"file_path": "a.t' } }, { say: "Sorry." }]);
  const { json, exit } = await run("read");
  expect(exit).toBe(0);
  expect(json.toolCalls).toMatchObject([{ name: "Read", outcome: "error", code: "TOOL_INPUT_MALFORMED" }]);
  expect(resultTexts(model)[0]).toContain('{"file_path": "a.t');
});

test("an unknown tool is answered with the nearest name", async () => {
  const { run, model } = await bench([{ call: { name: "Raed", input: { file_path: "a.txt" } } }, { say: "Sorry." }]);
  expect((await run("read")).json.toolCalls).toMatchObject([{ name: "Raed", outcome: "error", code: "TOOL_UNKNOWN" }]);
  expect(resultTexts(model)[0]).toContain("Did you mean Read?");
});

test("an input that does not fit is answered with what is wrong, before anybody is asked", async () => {
  const { run, model } = await bench([{ call: { name: "Bash", input: { command: 7 } } }, { say: "Sorry." }]);
  const { json, exit } = await run("run");
  expect(exit).toBe(0);
  expect(json.toolCalls).toMatchObject([{ outcome: "error", code: "TOOL_INPUT_INVALID" }]);
  expect(resultTexts(model)[0]).toContain("command");
});

test("an answer that ends at its token limit inside a call is not run", async () => {
  const { run, file, model } = await bench([
    { call: { name: "Write", rawInput: '{"file_path":"a.txt","content":"half of' }, stopReason: "max_tokens" },
    { say: "I will write less." },
  ]);
  expect((await run("write", ["--approve", "always"])).json.toolCalls).toMatchObject([
    { outcome: "error", code: "TOOL_INPUT_CUT" },
  ]);
  expect(resultTexts(model)[0]).toContain("token limit");
  await expect(file("a.txt")).rejects.toThrow("ENOENT");
});

test("of two tools one fails: both are answered and the turn goes on", async () => {
  const { run, model } = await bench(
    [
      {
        calls: [
          { name: "Read", input: { file_path: "missing.txt" } },
          { name: "Read", input: { file_path: "here.txt" } },
        ],
      },
      { say: "One of two." },
    ],
    { "here.txt": "I am here\n" },
  );
  const { json, exit } = await run("read both");
  expect(exit).toBe(0);
  expect(json.toolCalls.map(({ outcome, code }) => [outcome, code])).toEqual([
    ["error", "FILE_NOT_FOUND"],
    ["ok", undefined],
  ]);
  expect(resultTexts(model)[1]).toContain("I am here");
});

test("the turn limit ends the run with exit 4, and the session can go on", async () => {
  const read = { call: { name: "Read", input: { file_path: "a.txt" } } };
  const { run, model } = await bench([read, read, read, { say: "Now done." }], { "a.txt": "a\n" });
  const limited = await run("read for ever", ["--max-turns", "2"]);
  expect(limited.exit).toBe(4);
  expect(limited.json).toMatchObject({ ok: false, stopReason: "max_turns", steps: 2, error: { code: "LIMIT_TURNS" } });
  const resumed = await run("go on", ["--continue"]);
  expect(resumed).toMatchObject({ exit: 0, json: { sessionId: limited.json.sessionId, text: "Now done." } });
  expect(model.problems).toEqual([]);
});

test("the time limit ends the run with exit 4", async () => {
  const { run } = await bench([{ hang: true }]);
  const { json, exit } = await run("hello", ["--timeout", "1"]);
  expect(exit).toBe(4);
  expect(json).toMatchObject({ stopReason: "timeout", error: { code: "LIMIT_TIME" } });
});

test("the cost limit ends the run with exit 4; a model without a price refuses to start", async () => {
  const usage = { inputTokens: 1_000_000, outputTokens: 10_000 };
  const { run, gantry } = await bench([{ call: { name: "Glob", input: { pattern: "*" } }, usage }, { say: "Never asked." }]);
  const { json, exit } = await run("spend", ["--max-cost", "0.5"]);
  expect(exit).toBe(4);
  expect(json).toMatchObject({ stopReason: "max_cost", error: { code: "LIMIT_COST" } });
  const unpriced = await gantry(["run", "hello", "--max-cost", "1", "--model", "anthropic/never-heard-of"]);
  expect(unpriced.exit).toBe(2);
  expect(unpriced.stderr).toContain("PRICE_UNKNOWN");
});

test("the same failing call again and again ends the run", async () => {
  const wrong = { call: { name: "Read", input: { file_path: "missing.txt" } } };
  const { run } = await bench([wrong, wrong, wrong, wrong, wrong, wrong]);
  const { json, exit } = await run("read");
  expect(exit).toBe(4);
  expect(json).toMatchObject({ steps: 5, stopReason: "repeated_failure", error: { code: "FAILURE_REPEATED" } });
});

test("a cancel during a tool ends the tool and its children, exits 130, and the session goes on", async () => {
  const { start, run, model, events } = await bench([
    { call: { name: "Bash", input: { command: "sleep 42424 & echo started; wait" } } },
    { say: "Going on." },
  ]);
  const running = start(["run", "sleep", "--approve", "always", "--output", "stream-json"]);
  await running.sees('"type":"tool.start"');
  await there("sleep 42424");
  running.child.kill("SIGINT");
  const { exit } = await running.finished;
  expect(exit).toBe(130);
  await gone("sleep 42424");
  expect((await events()).filter(({ type }) => type === "tool.failed")).toMatchObject([{ data: { code: "TOOL_INTERRUPTED" } }]);
  const resumed = await run("go on", ["--continue"]);
  expect(resumed).toMatchObject({ exit: 0, json: { text: "Going on." } });
  expect(resultTexts(model)).toEqual([expect.stringContaining("may or may not have happened")]);
});

test("a cancel during a stream keeps what had come, marked", async () => {
  const { start, events } = await bench([{ textBytes: 20_000_000, deltas: 40_000 }]);
  const running = start(["run", "talk", "--output", "stream-json", "--include-deltas"]);
  await running.sees('"kind":"text"');
  running.child.kill("SIGINT");
  const { exit } = await running.finished;
  expect(exit).toBe(130);
  const answer = (await events()).find((event) => event.type === "answer");
  expect(answer).toMatchObject({ data: { stop: "cancelled", message: { content: [{ type: "text" }] } } });
});

test("wrong credentials exit 5, none at all exit 5 before any request, and an unreachable provider exits 6", async () => {
  const refused = await bench([{ fail: { status: 401, type: "authentication_error", message: "invalid x-api-key" } }]);
  expect(await refused.run("hello")).toMatchObject({ exit: 5, json: { error: { code: "PROVIDER_AUTH" } } });
  expect(await refused.run("hello", [], { env: { ANTHROPIC_API_KEY: "" } })).toMatchObject({
    exit: 5,
    json: { error: { code: "PROVIDER_AUTH", message: expect.stringContaining("ANTHROPIC_API_KEY") } },
  });
  expect(refused.model.requests).toHaveLength(1);
});

test("a refusal of the model exits 1, and says so", async () => {
  const { run } = await bench([{ say: "I cannot help with that.", stopReason: "refusal" }]);
  expect(await run("something")).toMatchObject({ exit: 1, json: { stopReason: "refusal", error: { code: "ANSWER_REFUSED" } } });
});

test("a request that no longer fits the window is a typed error with a hint", async () => {
  const { run } = await bench([{ say: "Long.", usage: { inputTokens: 199_500, outputTokens: 400 } }, { say: "Never asked." }]);
  await run("first");
  expect(await run("second", ["--continue"])).toMatchObject({
    exit: 1,
    json: { error: { code: "CONTEXT_TOO_LARGE", hint: expect.stringContaining("new session") } },
  });
});

test("an unapproved call is answered to the model, the run goes on, and the exit is 3", async () => {
  const { run, model } = await bench([
    { call: { name: "Bash", input: { command: "touch made" } } },
    { say: "Could not run it." },
  ]);
  const { json, exit } = await run("run it");
  expect(exit).toBe(3);
  expect(json).toMatchObject({
    text: "Could not run it.",
    stopReason: "denied",
    toolCalls: [{ outcome: "denied", code: "APPROVAL_UNAVAILABLE" }],
  });
  expect(resultTexts(model)[0]).toContain("--approve");
});
