/** The exit codes of the contract, each from a run that earns it. 7 is not among them: nothing in this build can be required. */
import { expect, test } from "vitest";
import { bench } from "../support/cli.ts";

interface Case {
  steps: unknown[];
  args?: string[];
  files?: Record<string, string>;
  env?: Record<string, string>;
}

const bash = { call: { name: "Bash", input: { command: "true" } } };

test.each<[number, string, Case]>([
  [0, "done", { steps: [{ say: "Hello." }] }],
  [0, "denied by a flag, which is an answer", { steps: [bash, { say: "No." }], args: ["--approve", "never"] }],
  [1, "the model refused", { steps: [{ say: "No.", stopReason: "refusal" }] }],
  [1, "ANSWER_CUT: the answer ended at its token limit", { steps: [{ say: "Half of", stopReason: "max_tokens" }] }],
  [1, "the provider rejects the request", { steps: [{ fail: { status: 400, type: "invalid_request_error" } }] }],
  [1, "no such session", { steps: [], args: ["--resume", "none"] }],
  [2, "a flag is wrong", { steps: [], args: ["--max-turns", "zero"] }],
  [2, "the config is wrong", { steps: [], files: { "gantry.config.json": "{" } }],
  [3, "nobody to approve", { steps: [bash, { say: "No." }] }],
  [3, "nobody to trust the project", { steps: [], files: { "gantry.config.json": '{"permissions":{"allow":["Bash"]}}' } }],
  [4, "the turn limit", { steps: [bash, bash], args: ["--max-turns", "1", "--approve", "always"] }],
  [5, "the credentials are refused", { steps: [{ fail: { status: 401, type: "authentication_error" } }] }],
  [5, "there are no credentials", { steps: [], env: { ANTHROPIC_API_KEY: "" } }],
])("exit %i: %s", async (code, _name, { steps, args = [], files = {}, env = {} }) => {
  const { gantry } = await bench(steps, files);
  const { exit, stderr, signal } = await gantry(["run", "hello", ...args], { env });
  expect([exit, signal, stderr]).toEqual([code, null, code === 0 ? expect.anything() : expect.stringMatching(/\S/)]);
  expect(stderr).not.toMatch(/^\s+at /m);
});

test("exit 6: the provider kept failing as long as its Retry-After allows", async () => {
  const { run, model } = await bench([{ fail: { status: 529, retryAfter: 3_600 } }]);
  const { exit, json } = await run("hello");
  expect([exit, json.error?.code]).toEqual([6, "PROVIDER_OVERLOADED"]);
  expect(model.requests).toHaveLength(1);
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s: exit %i", async (signal, code) => {
  const { start } = await bench([{ hang: true }]);
  const running = start(["run", "hello", "--output", "stream-json"]);
  await running.sees('"type":"step.start"');
  running.child.kill(signal);
  expect((await running.finished).exit).toBe(code);
});

test("EPIPE on stdout ends the run without a stack, and the session is whole", async () => {
  const { start, gantry } = await bench([{ textBytes: 2_000_000, deltas: 2_000 }]);
  const running = start(["run", "talk", "--output", "stream-json", "--include-deltas"]);
  await running.sees('"type":"delta"');
  running.child.stdout?.destroy();
  const { stderr } = await running.finished;
  expect(stderr).not.toMatch(/EPIPE|^\s+at /m);
  expect((await gantry(["sessions", "verify"])).exit).toBe(0);
});
