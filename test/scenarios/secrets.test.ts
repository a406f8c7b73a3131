/** What looks like a credential in a tool's result reaches neither the model nor the log; what the user wrote is not touched. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { bench, resultTexts } from "../support/cli.ts";

const token = `ghp_${"a1B2c3D4e5".repeat(4)}`;
const envSecret = "correct-horse-battery-staple";

test("secrets in tool results are redacted in the request, the log and the stream", async () => {
  const { gantry, model, logs } = await bench(
    [
      { call: { name: "Read", input: { file_path: "notes.txt" } } },
      { call: { name: "Bash", input: { command: "cat notes.txt; echo $DEPLOY_TOKEN" } } },
      { say: "Seen." },
    ],
    { "notes.txt": `token ${token}\nand ${envSecret}\n` },
  );
  const { stdout, exit } = await gantry(["run", "read", "--approve", "always", "--output", "stream-json"], {
    env: { DEPLOY_TOKEN: envSecret },
  });
  expect(exit).toBe(0);
  for (const request of [1, 2]) {
    expect(resultTexts(model, request)[0]).toContain("token [redacted]");
    expect(resultTexts(model, request)[0]).toContain("and [redacted]");
  }
  const log = await readFile((await logs())[0] ?? "", "utf8");
  for (const text of [model.requests[1]?.text, model.requests[2]?.text, log, stdout]) {
    expect(text).not.toContain(token);
    expect(text).not.toContain(envSecret);
  }
});

test("the key of the provider is in no log, no output and no tool's environment", async () => {
  const key = "sk-ant-test-0123456789abcdefghijklmnopqrstuv";
  const { gantry, model, logs } = await bench([
    { call: { name: "Bash", input: { command: "env" } } },
    { fail: { status: 401, type: "authentication_error", message: `invalid x-api-key ${key}` } },
  ]);
  const { stdout, stderr } = await gantry(["run", "env", "--approve", "always", "--output", "stream-json"], {
    env: { ANTHROPIC_API_KEY: key },
  });
  expect(model.requests[0]?.headers["x-api-key"]).toBe(key);
  const log = await readFile((await logs())[0] ?? "", "utf8");
  for (const text of [model.requests[1]?.text, log, stdout, stderr]) expect(text).not.toContain(key);
});

test("what the user wrote is sent as it is", async () => {
  const { run, model } = await bench([{ say: "Seen." }]);
  await run(`my token is ${token}`);
  expect(model.requests[0]?.text).toContain(token);
});
