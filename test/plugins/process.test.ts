/** Bash, BashOutput and KillShell as a model meets them: through the pool, a real thread and real shells. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ToolExecution, ToolOutcome } from "../../core/contract/execution.ts";
import type { JsonObject } from "../../core/contract/messages.ts";
import { gone, there, until } from "../support/alive.ts";
import { startPool, type TestPool } from "../support/pool.ts";

let at: TestPool;
beforeAll(async () => {
  at = await startPool();
});
afterAll(() => at.close());

const call = (tool: string, input: JsonObject, options: Partial<ToolExecution> = {}): Promise<ToolOutcome> =>
  at.call(tool, input, { plugin: "process", timeoutMs: "own", ...options });
const bash = (command: string, more: JsonObject = {}, options: Partial<ToolExecution> = {}): Promise<ToolOutcome> =>
  call("Bash", { command, ...more }, options);
const text = (outcome: ToolOutcome): string => outcome.content.map((part) => (part.type === "text" ? part.text : "")).join("");

test("Bash shows what a line printed", async () => {
  const outcome = await bash("echo hello");
  expect(outcome).toEqual({
    content: [{ type: "text", text: "hello" }],
    isError: false,
    data: { stdout: "hello\n", stderr: "", interrupted: false, exitCode: 0, signal: null, durationMs: expect.any(Number) },
  });
});

test("a line without output says so", async () => {
  expect(text(await bash("true"))).toBe("(no output)");
});

test("another exit code than 0 is an error result with output and code", async () => {
  const outcome = await bash("echo broken; exit 3");
  expect(outcome).toMatchObject({ isError: true, code: "TOOL_FAILED", data: { exitCode: 3 } });
  expect(text(outcome)).toBe("broken\n\nExit code 3");
});

test("a line ended by a signal names it", async () => {
  expect(text(await bash("kill -SEGV $$"))).toBe("The command was ended by SIGSEGV.");
});

test("a line over its time is TOOL_TIMEOUT and what it printed is kept", async () => {
  const outcome = await bash("echo begun; exec sleep 44001", { timeout: 200 });
  expect(outcome).toMatchObject({ isError: true, code: "TOOL_TIMEOUT", data: { interrupted: true } });
  expect(text(outcome)).toBe("begun\n\nThe command did not end within 200 ms and was ended with all its children.");
  await gone("sleep 44001");
});

test("the outcome tells the folder when the shell moved, and only then", async () => {
  await mkdir(join(at.workspace, "deep"));
  expect((await bash("cd deep")).cwd).toBe(join(at.workspace, "deep"));
  expect(await bash("pwd")).not.toHaveProperty("cwd");
});

test("cut output names the file that holds all of it", async () => {
  const outcome = await bash("seq 1 100000");
  const { outputFile } = outcome.data ?? {};
  expect(text(outcome)).toContain(`the whole output is in ${outputFile}`);
  expect(Buffer.byteLength(text(outcome))).toBeLessThan(31_000);
});

test("thousands of short lines are cut in the middle: the tail and the exit code stay, within what a result may hold", async () => {
  const outcome = await bash("seq 1 5000; exit 3");
  expect(text(outcome)).toMatch(/^1\n2\n[\s\S]*\n4999\n5000\n\nExit code 3$/);
  expect(text(outcome).split("\n").length).toBeLessThanOrEqual(2_000);
});

test("a child left running is told of", async () => {
  expect(text(await bash('sleep 44002 & until [ "$(cat /proc/$!/comm)" = sleep ]; do :; done; echo hi'))).toMatch(
    /^hi\n\n1 process it left running was ended \(sleep\); use run_in_background/,
  );
});

test.each([
  ["an empty command", { command: "" }],
  ["a timeout over ten minutes", { command: "true", timeout: 600_001 }],
  ["a field that is not there", { command: "true", cwd: "/" }],
])("%s is TOOL_INPUT_INVALID", async (_what, input) => {
  await expect(call("Bash", input)).rejects.toMatchObject({ code: "TOOL_INPUT_INVALID" });
});

test("cancel of a call ends the line and tells what it had printed", async () => {
  const control = new AbortController();
  const failed = bash("echo so far; exec sleep 44003", {}, { signal: control.signal });
  await there("sleep 44003");
  control.abort();
  await expect(failed).rejects.toMatchObject({ code: "TOOL_INTERRUPTED", message: expect.stringContaining("so far") });
  await gone("sleep 44003");
});

test("a background run is started, listed, read, filtered and ended", async () => {
  expect(text(await call("BashOutput", {}))).toBe("There are no background runs in this session.");
  const started = await bash("printf 'one\\ntwo\\nthree\\n'; exec sleep 44004", { run_in_background: true });
  expect(started.data).toMatchObject({ bash_id: "bash_1" });
  await there("sleep 44004");
  expect(text(await call("BashOutput", { bash_id: "bash_1", filter: "^t" }))).toMatch(
    /^bash_1 is running since .*\.\n\ntwo\nthree$/,
  );
  expect(text(await call("BashOutput", { bash_id: "bash_1" }))).toMatch(/\n\n\(no new output\)$/);
  expect(text(await call("BashOutput", {}))).toMatch(/^bash_1: running since .*, 14 bytes of output: printf/);
  const ended = await call("KillShell", { shell_id: "bash_1" });
  expect(text(ended)).toMatch(/^bash_1 and its children are gone/);
  expect(ended.data).toMatchObject({ state: "stopped", signal: "SIGTERM" });
  await gone("sleep 44004");
  expect(text(await call("KillShell", { shell_id: "bash_1" }))).toBe("bash_1 had already stopped (by SIGTERM).");
});

test("a background run that ended by itself says how", async () => {
  const { data } = await bash("echo bye; exit 5", { run_in_background: true });
  const id = String(data?.["bash_id"]);
  await until(async () => (await at.shells.list()).find((run) => run.id === id)?.state === "exited", "it never ended");
  expect(text(await call("BashOutput", { bash_id: id }))).toBe(`${id} is ended (exit code 5).\n\nbye`);
});

test("a filter that is no pattern is PATTERN_INVALID and uses nothing up", async () => {
  const { data } = await bash("echo kept", { run_in_background: true });
  const id = String(data?.["bash_id"]);
  await until(async () => (await at.shells.list()).find((run) => run.id === id)?.state === "exited", "it never ended");
  await expect(call("BashOutput", { bash_id: id, filter: "(" })).rejects.toMatchObject({ code: "PATTERN_INVALID" });
  expect(text(await call("BashOutput", { bash_id: id }))).toMatch(/kept$/);
});

test("a filter that would backtrack for ever is not used, and says so", async () => {
  const { data } = await bash(`printf '${"a".repeat(40)}!\\n'`, { run_in_background: true });
  const id = String(data?.["bash_id"]);
  await until(async () => (await at.shells.list()).find((run) => run.id === id)?.state === "exited", "it never ended");
  expect(text(await call("BashOutput", { bash_id: id, filter: "^(a+)+$" }))).toMatch(
    /the filter did not come to an end and was not used.*\na+!$/s,
  );
});

test("a run that does not exist is RUN_UNKNOWN", async () => {
  await expect(call("BashOutput", { bash_id: "bash_99" })).rejects.toMatchObject({ code: "RUN_UNKNOWN" });
  await expect(call("KillShell", { shell_id: "bash_99" })).rejects.toMatchObject({ code: "RUN_UNKNOWN" });
});

test("a long output of a background run is read in parts, and no line of it is lost", async () => {
  const { data } = await bash("seq 1 5000", { run_in_background: true });
  const seen: string[] = [];
  await until(async () => {
    const outcome = await call("BashOutput", { bash_id: data?.["bash_id"] ?? "" });
    seen.push(
      ...text(outcome)
        .split("\n")
        .filter((line) => /^\d+$/.test(line)),
    );
    expect(text(outcome).split("\n").length).toBeLessThanOrEqual(2_000);
    return seen.length >= 5_000;
  }, "the end of the output was never read");
  expect(seen).toEqual(Array.from({ length: 5_000 }, (_, index) => String(index + 1)));
});
