/**
 * The scenarios of the reference system, through the built command and the real SDK; the model server is the only fake.
 * Compaction and the community plugin have no scenario yet: they are not in this build.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { bench, resultTexts } from "../support/cli.ts";

test("streaming_text: a text in two deltas arrives whole, with its usage", async () => {
  const { run, model } = await bench([
    { say: "Mock streaming says hello.", chunks: 2, usage: { inputTokens: 11, outputTokens: 8 } },
  ]);
  const { json, exit } = await run("say hello");
  expect(exit).toBe(0);
  expect(json).toMatchObject({ ok: true, text: "Mock streaming says hello.", steps: 1, toolCalls: [], stopReason: "end_turn" });
  expect(json.usage).toMatchObject({ inputTokens: 11, outputTokens: 8 });
  expect(model.requests.map(({ path: asked }) => asked)).toEqual(["/v1/messages"]);
  expect(model.requests[0]?.body).toMatchObject({ stream: true });
});

test("read_file_roundtrip: the model is shown the file it asked for", async () => {
  const { run, model, cwd } = await bench(
    [{ call: { name: "Read", input: { file_path: "fixture.txt" } } }, { say: "It says alpha parity line." }],
    {
      "fixture.txt": "alpha parity line\n",
    },
  );
  const { json, exit } = await run("read it", ["--permission-mode", "plan"]);
  expect(exit).toBe(0);
  expect(json).toMatchObject({ steps: 2, toolCalls: [{ name: "Read", input: { file_path: "fixture.txt" }, outcome: "ok" }] });
  expect(resultTexts(model)).toEqual([expect.stringContaining("alpha parity line")]);
  expect(cwd).toBe(path.resolve(cwd));
});

test("grep_chunk_assembly: an input that comes in three fragments is one call", async () => {
  const { run, model } = await bench(
    [{ call: { name: "Grep", input: { pattern: "parity", output_mode: "count" } }, chunks: 3 }, { say: "Two." }],
    { "fixture.txt": "alpha parity line\nbeta line\ngamma parity line\n" },
  );
  const { json } = await run("count parity");
  expect(json.toolCalls).toMatchObject([{ name: "Grep", input: { pattern: "parity", output_mode: "count" }, outcome: "ok" }]);
  expect(resultTexts(model)[0]).toContain("fixture.txt:2");
});

test("write_file_allowed: a nested new file is written where edits are accepted", async () => {
  const { run, file } = await bench([
    { call: { name: "Write", input: { file_path: "generated/deep/output.txt", content: "created by mock service\n" } } },
    { expect: { toolResult: { name: "Write", isError: false } } },
    { say: "Wrote generated/deep/output.txt." },
  ]);
  const { json, exit } = await run("write it", ["--permission-mode", "acceptEdits"]);
  expect(exit).toBe(0);
  expect(json.toolCalls).toMatchObject([{ name: "Write", outcome: "ok" }]);
  expect(await file("generated/deep/output.txt")).toBe("created by mock service\n");
});

test("write_file_denied: in plan mode a write is refused, with the mode named, and the file is not there", async () => {
  const { run, file, model } = await bench([
    { call: { name: "Write", input: { file_path: "denied.txt", content: "should not exist" } } },
    { expect: { toolResult: { isError: true, contains: "plan" } } },
    { say: "It was denied." },
  ]);
  const { json, exit } = await run("write it", ["--permission-mode", "plan"]);
  expect(exit).toBe(0);
  expect(json.toolCalls).toMatchObject([{ name: "Write", outcome: "denied", code: "APPROVAL_DENIED" }]);
  expect(model.problems).toEqual([]);
  await expect(file("denied.txt")).rejects.toThrow("ENOENT");
});

test("multi_tool_turn_roundtrip: two calls of one answer give two results, in the order of the calls", async () => {
  const { run, model } = await bench(
    [
      {
        calls: [
          { name: "Read", input: { file_path: "fixture.txt" } },
          { name: "Grep", input: { pattern: "parity", output_mode: "count" } },
        ],
        chunks: 3,
      },
      { say: "Both done." },
    ],
    { "fixture.txt": "alpha parity line\nbeta line\ngamma parity line\n" },
  );
  const { json } = await run("read and count");
  expect(json.toolCalls.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(["Read ok", "Grep ok"]);
  expect(resultTexts(model)).toEqual([expect.stringContaining("beta line"), expect.stringContaining("fixture.txt:2")]);
});

test("bash_stdout_roundtrip: what a command prints is what the model is shown", async () => {
  const { run, model } = await bench([
    { call: { name: "Bash", input: { command: "printf 'alpha from bash'", timeout: 1000 } } },
    { say: "It printed alpha from bash." },
  ]);
  const { json } = await run("run it", ["--approve", "always"]);
  expect(json.toolCalls).toMatchObject([{ name: "Bash", outcome: "ok" }]);
  expect(resultTexts(model)).toEqual(["alpha from bash"]);
});

test("bash_permission_prompt_approved: a yes on stdin lets the command run", async () => {
  const { run, model } = await bench([
    { call: { name: "Bash", input: { command: "printf 'approved via prompt'" } } },
    { say: "Done." },
  ]);
  const { json, stderr, exit } = await run("run it", ["--approve", "prompt", "--permission-mode", "acceptEdits"], {
    stdin: "y\n",
  });
  expect(stderr).toContain("printf 'approved via prompt'");
  expect(exit).toBe(0);
  expect(json.toolCalls).toMatchObject([{ outcome: "ok" }]);
  expect(resultTexts(model)).toEqual(["approved via prompt"]);
});

test("bash_permission_prompt_denied: a no on stdin is told to the model as the user's decision", async () => {
  const { run, model } = await bench([
    { call: { name: "Bash", input: { command: "printf 'should not run'" } } },
    { say: "Denied." },
  ]);
  const { json, stderr, exit } = await run("run it", ["--approve", "prompt", "--permission-mode", "acceptEdits"], {
    stdin: "n\n",
  });
  expect(stderr).toContain("printf 'should not run'");
  expect(exit).toBe(0);
  expect(json.toolCalls).toMatchObject([{ outcome: "denied", code: "APPROVAL_DENIED" }]);
  expect(resultTexts(model)[0]).toMatch(/denied by the user|user denied|user said no/i);
});

test("token_cost_reporting: tokens are counted and priced", async () => {
  const { run } = await bench([{ say: "Priced.", usage: { inputTokens: 1_000, outputTokens: 500 } }]);
  const { json } = await run("cost");
  expect(json.usage).toMatchObject({ inputTokens: 1_000, outputTokens: 500 });
  expect(json.costUsd).toBeGreaterThan(0);
});

test("a session's log holds every hop of a turn, in order, each on the hash of the one before", async () => {
  const { run, events, logs, gantry } = await bench(
    [{ call: { name: "Read", input: { file_path: "a.txt" } } }, { say: "Done." }],
    { "a.txt": "a\n" },
  );
  const { json } = await run("read");
  expect((await events()).map(({ type }) => type)).toEqual([
    "session.open",
    "input",
    "turn.start",
    "step.start",
    "answer",
    "tool.call",
    "tool.approval",
    "tool.start",
    "tool.result",
    "step.start",
    "answer",
    "turn.end",
    "session.close",
  ]);
  expect((await logs())[0]).toContain(json.sessionId);
  expect((await gantry(["sessions", "verify", json.sessionId])).exit).toBe(0);
  expect(await readFile((await logs())[0] ?? "", "utf8")).toMatch(/^\{"v":1,"seq":1,/);
});
