/** Where the prompt comes from, and where the session goes from there. */
import { expect, test } from "vitest";
import { bench } from "../support/cli.ts";

function lastInput(body: { messages: { content: unknown }[] } | undefined): string {
  return JSON.stringify(body?.messages.at(-1)?.content);
}

test("a prompt on stdin is the prompt; with `-` too", async () => {
  const { gantry, model, events } = await bench([{ say: "One." }, { say: "Two." }]);
  const first = await gantry(["run"], { stdin: "from a pipe\nin two lines\n" });
  expect([first.exit, first.stdout]).toEqual([0, "One.\n"]);
  expect(lastInput(model.requests[0]?.body)).toContain("from a pipe\\nin two lines");
  const second = await gantry(["run", "-"], { stdin: "forced" });
  expect([second.exit, second.stdout]).toEqual([0, "Two.\n"]);
  expect((await events()).find(({ type }) => type === "input")).toMatchObject({ data: { source: "stdin" } });
});

test("no prompt at all is a usage error, and nothing is asked of a model", async () => {
  const { gantry, model } = await bench([{ say: "Never." }]);
  const { exit, stderr } = await gantry(["run"], { stdin: "" });
  expect([exit, stderr]).toEqual([2, expect.stringContaining("prompt")]);
  expect(model.requests).toEqual([]);
});

test("a flag after the prompt is a flag, and `--` ends flags", async () => {
  const { gantry, model } = await bench([{ say: "One." }, { say: "Two." }]);
  const first = await gantry(["run", "hello", "--output", "json"]);
  expect(JSON.parse(first.stdout)).toMatchObject({ text: "One." });
  await gantry(["run", "--", "--output"]);
  expect(lastInput(model.requests[1]?.body)).toContain("--output");
});

test.each([
  [["rnu", "hello"], "run"],
  [["run", "hello", "--modle", "a/b"], "--model"],
  [["run", "hello", "--permission-mode", "plann"], "plan"],
  [["run", "hello", "--deny", "Bahs(x)"], "Bash"],
  [["run", "hello", "--model", "antropic/claude-sonnet-5"], "anthropic"],
])("a typo in %j exits 2 with the nearest name, and no request is sent", async (args, nearest) => {
  const { gantry, model } = await bench([{ say: "Never." }]);
  const { exit, stderr } = await gantry(args);
  expect([exit, stderr]).toEqual([2, expect.stringMatching(new RegExp(`[Dd]id you mean.*${nearest}`))]);
  expect(model.requests).toEqual([]);
});

test("--resume takes an id and a unique prefix; another project's session is refused", async () => {
  const { run, model } = await bench([{ say: "One." }, { say: "Two." }, { say: "Three." }]);
  const { json } = await run("first");
  expect((await run("second", ["--resume", json.sessionId])).json).toMatchObject({ sessionId: json.sessionId, turns: 2 });
  expect((await run("third", ["--resume", json.sessionId.slice(0, -2)])).json).toMatchObject({ turns: 3 });
  expect(model.requests[2]?.body.messages).toHaveLength(5);
  expect(await run("fourth", ["--resume", "nothing-like-it"])).toMatchObject({
    exit: 1,
    json: { error: { code: "SESSION_NOT_FOUND" } },
  });
});
