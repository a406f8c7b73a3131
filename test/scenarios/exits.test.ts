/** The exit codes of the contract, each from a run that earns it. 7 is not among them: nothing in this build can be required. */
import type { ErrorCode } from "gantry/errors";
import { expect, test } from "vitest";
import { until } from "../support/alive.ts";
import { bench, type RunJson } from "../support/cli.ts";

interface Case {
  steps: unknown[];
  args?: string[];
  files?: Record<string, string>;
  env?: Record<string, string>;
}

const bash = { call: { name: "Bash", input: { command: "touch made" } } };

test.each<[number, ErrorCode | undefined, string, Case]>([
  [0, undefined, "done", { steps: [{ say: "Hello." }] }],
  [0, undefined, "denied by a flag, which is an answer", { steps: [bash, { say: "No." }], args: ["--approve", "never"] }],
  [1, "ANSWER_REFUSED", "the model refused", { steps: [{ say: "No.", stopReason: "refusal" }] }],
  [1, "ANSWER_CUT", "the answer ended at its token limit", { steps: [{ say: "Half of", stopReason: "max_tokens" }] }],
  [
    1,
    "PROVIDER_REJECTED",
    "the provider rejects the request",
    { steps: [{ fail: { status: 400, type: "invalid_request_error" } }] },
  ],
  [1, "SESSION_NOT_FOUND", "no such session", { steps: [], args: ["--resume", "none"] }],
  [2, "USAGE_INVALID", "a flag is wrong", { steps: [], args: ["--max-turns", "zero"] }],
  [2, "CONFIG_INVALID", "the config is wrong", { steps: [], files: { "gantry.config.json": "{" } }],
  [3, "APPROVAL_UNAVAILABLE", "nobody to approve", { steps: [bash, { say: "No." }] }],
  [
    3,
    "TRUST_REQUIRED",
    "nobody to trust the project",
    { steps: [], files: { "gantry.config.json": '{"permissions":{"allow":["Bash"]}}' } },
  ],
  [4, "LIMIT_TURNS", "the turn limit", { steps: [bash, bash], args: ["--max-turns", "1", "--approve", "always"] }],
  [5, "PROVIDER_AUTH", "the credentials are refused", { steps: [{ fail: { status: 401, type: "authentication_error" } }] }],
  [5, "PROVIDER_AUTH", "there are no credentials", { steps: [], env: { ANTHROPIC_API_KEY: "" } }],
])("exit %i, %s: %s", async (due, code, _name, { steps, args = [], files = {}, env = {} }) => {
  const { gantry } = await bench(steps, files);
  const { exit, stderr, signal } = await gantry(["run", "hello", ...args], { env });
  expect([exit, signal, stderr.match(/^[A-Z_]+(?=: )/m)?.[0]]).toEqual([due, null, code]);
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
  const { start, model } = await bench([{ hang: true }]);
  const running = start(["run", "hello", "--output", "json"]);
  await until(() => model.requests.length > 0, "the model was never asked");
  running.child.kill(signal);
  const { exit, stdout } = await running.finished;
  const { ok, error } = JSON.parse(stdout) as RunJson;
  expect([exit, ok, error?.code]).toEqual([code, false, "INTERRUPTED"]);
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
