/** Programs that misbehave as hooks: each is bounded, reported, and decided as a guard that could not decide, or not. */
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConfigHook } from "../../core/config-hooks/declared/config-hook.ts";
import type { HookRun } from "../../core/config-hooks/run.ts";
import type { JsonObject } from "../../core/contract/messages.ts";
import { gone } from "../support/alive.ts";
import { commandHook, type HookBench, hookBench, hookOf } from "../support/hook-bench.ts";

let bench: HookBench;
const mebibyte = 1024 * 1024;

beforeAll(async () => {
  bench = await hookBench();
});

afterAll(async () => bench.close());

/** The same program as a guard, as a guard whose failures pass, and at an event that guards nothing. */
async function threeWays(command: string, over: Partial<ConfigHook> = {}, input: JsonObject = {}): Promise<HookRun[]> {
  const runs: HookRun[] = [];
  for (const kind of [{}, { onFailure: "continue" }, { event: "PostToolUse" }] as Partial<ConfigHook>[])
    runs.push(await bench.run(commandHook(command, { ...over, ...kind }), input));
  return runs;
}

function expectUndecided(runs: HookRun[], why: string): void {
  const [guard, lenient, other] = runs.map(({ reply }) => reply);
  expect(guard).toMatchObject({ verdict: "deny" });
  expect(guard?.undecided).toContain(why);
  expect(guard?.reason).toContain('onFailure "continue"');
  for (const reply of [lenient, other]) {
    expect(reply?.verdict).toBeUndefined();
    expect(reply?.failed).toContain(why);
  }
}

test("a hook that prints a gigabyte is ended, and 1 MiB of it is kept", async () => {
  const runs = await threeWays("head -c 1000000000 /dev/zero | tr '\\0' x");
  expectUndecided(runs, "went on printing beyond 64 MiB");
  for (const { stdout, violations } of runs) {
    expect(stdout).toHaveLength(mebibyte);
    expect(violations).toContain("more than 1 MiB was printed: the rest was not read");
  }
});

test("a hook that prints two mebibytes is read to its end, and decides by its exit code", async () => {
  const run = await bench.run(commandHook("head -c 2097152 /dev/zero | tr '\\0' x; echo no >&2; exit 2"));
  expect(run).toMatchObject({ exit: 2, reply: { verdict: "deny", reason: "no" } });
  expect(run.stdout).toHaveLength(mebibyte);
});

test("a hook that never reads a mebibyte of input just ends", async () => {
  const input = { tool_input: { content: "x".repeat(mebibyte) } };
  for (const run of await threeWays("exit 0", {}, input)) expect(run).toMatchObject({ outcome: "ok", reply: {} });
});

test("a hook that reads a mebibyte of input gets it all", async () => {
  const { stdout } = await bench.run(commandHook("wc -c"), { tool_input: { content: "x".repeat(mebibyte) } });
  expect(Number(stdout)).toBeGreaterThan(mebibyte);
});

test("a grandchild that holds the pipes keeps nobody waiting, and is ended", async () => {
  const runs = await threeWays("sleep 7811 & echo done; exit 0");
  for (const { stdout, outcome, violations } of runs) {
    expect({ stdout, outcome }).toEqual({ stdout: "done\n", outcome: "ok" });
    expect(violations).toEqual(["1 process that it left running was ended"]);
  }
  await gone("sleep 7811");
});

test("one that left the group is ended too", async () => {
  const run = await bench.run(commandHook("setsid sleep 7812 & exit 0"));
  expect(run.outcome).toBe("ok");
  await gone("sleep 7812");
});

test("one that left the group and closed its pipes is ended soon after", async () => {
  await bench.run(commandHook("setsid sleep 7813 </dev/null >/dev/null 2>&1 & exit 0"));
  await gone("sleep 7813");
});

test("a hook that ignores the polite signal dies at its timeout, its children too", async () => {
  const run = await bench.run(commandHook("trap '' TERM; sleep 7814 & while :; do sleep 0.1; done", { timeoutMs: 100 }));
  expect(run).toMatchObject({ outcome: "timeout", reply: { verdict: "deny" } });
  expect(run.reply.undecided).toContain("no end within 100 ms");
  await gone("sleep 7814");
});

test("a hook that takes too long could not decide", async () => {
  expectUndecided(await threeWays('echo \'{"decision":"approve"}\'; sleep 7815', { timeoutMs: 50 }), "no end within 50 ms");
});

test("what is not UTF-8 is replaced", async () => {
  const [guard, , other] = await threeWays("printf 'a\\377b' >&2; exit 2");
  expect(guard?.reply).toEqual({ verdict: "deny", reason: "a\uFFFDb" });
  expect(other?.reply).toEqual({ context: "a\uFFFDb" });
});

test("half a JSON object is no decision of a guard; of another hook it is plain text, and said to be a violation", async () => {
  const what = "stdout begins with { and is no JSON object";
  const [guard, ...others] = await threeWays('printf \'{"decision": "blo\'');
  expect(guard).toMatchObject({ outcome: "failed", reply: { verdict: "deny", undecided: what }, violations: [what] });
  for (const run of others) {
    expect(run).toMatchObject({ outcome: "ok", reply: {}, violations: [`${what}: it is plain text`] });
  }
});

test("terminal codes reach nobody, in plain text or in JSON", async () => {
  const plain = await bench.run(commandHook("printf '\\033[31mred\\033[0m\\033]0;title\\007' >&2; exit 2"));
  expect(plain.reply).toEqual({ verdict: "deny", reason: "red" });
  const json = '{"systemMessage":"\\u001b[2Jhi\\u0007","terminalSequence":"\\u0007"}';
  const escaped = await bench.run(commandHook("sed s/session_id/x/", { event: "Stop" }), JSON.parse(json) as JsonObject);
  expect(escaped.reply.say).toBe("hi");
});

test("a hook that is killed could not decide", async () => {
  expectUndecided(await threeWays("kill -KILL $$"), "killed by SIGKILL");
  expectUndecided(await threeWays("sh -c 'kill -SEGV $$'; exit $?"), "killed by signal 11");
});

test("a program that is not there, by a shell and without one", async () => {
  expectUndecided(await threeWays("./missing.sh"), "its program was not found (exit code 127)");
  const direct = await bench.run(hookOf("PreToolUse", { type: "command", command: "./missing", args: [] }));
  expect(direct.reply.undecided).toContain("./missing could not be started in");
  expect(direct.reply.undecided).toContain("ENOENT");
});

test("a script that may not be run", async () => {
  const script = join(bench.place, "guard.sh");
  await writeFile(script, "#!/bin/sh\nexit 0\n");
  await chmod(script, 0o644);
  expectUndecided(await threeWays("./guard.sh"), "its program could not be run (exit code 126)");
  const direct = await bench.run(hookOf("PreToolUse", { type: "command", command: script, args: [] }));
  expect(direct.reply.undecided).toContain("EACCES");
});

test("a folder that is gone", async () => {
  const run = await bench.run(commandHook("exit 0", { layer: "user" }), { cwd: join(bench.place, "gone") });
  expect(run.reply.undecided).toContain("could not be started in");
  expect(run.reply.verdict).toBe("deny");
});

test("a line with a NUL", async () => {
  expect((await bench.run(commandHook("echo \0"))).reply).toMatchObject({ verdict: "deny" });
});

test.each(["python3 missing.py", "sh missing.sh", "if true; then", "echo 'unclosed", "grep x missing"])(
  "an accident by exit code 2 blocks and is said to be one: %s",
  async (command) => {
    // dash and bash differ in their code for a missing script: bash has 127.
    const { reply } = await bench.run(commandHook(command));
    expect(reply.verdict).toBe("deny");
    expect(reply.reason).toMatch(/looks like an accident .* the hook at gantry\.config\.jsonc:7|its program was not found/);
  },
);

test("a redirection to a name that cannot be opened is said, with the one that works", async () => {
  const run = await bench.run(commandHook("echo no > /dev/stderr; exit 2"));
  expect(run.reply.verdict).toBe("deny");
  expect(run.violations).toEqual(["what it wrote to /dev/stderr is lost: that cannot be opened here; redirect with >&2"]);
});

test("hooks that run when the core closes are ended", async () => {
  const closing = await hookBench();
  const running = closing.run(commandHook("sleep 7816"));
  await closing.processes.close();
  expect((await running).reply.undecided).toBe("it was cancelled");
  await gone("sleep 7816");
  await closing.close();
});
