import { mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/alive.ts";
import { type BrokerBench, refusal, startBroker } from "../support/broker.ts";

let bench: BrokerBench;
beforeAll(async () => {
  bench = await startBroker({
    env: { GANTRY_HOME: "/x", ANTHROPIC_API_KEY: "key", NODE_OPTIONS: "--no-warnings", LD_LIBRARY_PATH: "/x", MORE: "m" },
  });
  await mkdir(join(bench.workspace, "sub"));
  await symlink(bench.outside, join(bench.workspace, "way-out"));
});
afterAll(() => bench.close());

/** Waits until the process is no more, or only a zombie. */
async function isGone(pid: string): Promise<void> {
  const state = async () => /\) (.)/.exec(await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""))?.[1] ?? "Z";
  await until(async () => (await state()) === "Z", `${pid} is still alive`);
}

const any = { "process.run": ["*"] };

test("a program runs by its arguments, without a shell, in the call's folder", async () => {
  bench.grant({ "process.run": ["printf:*"] });
  expect(await bench.ask("process.exec", ["printf", "%s-", "a b", "$HOME", "*"])).toEqual({
    ...{ exitCode: 0, signal: null, timedOut: false, cut: false },
    ...{ stdout: "a b-$HOME-*-", stderr: "" },
  });
});

test("its environment is PATH, HOME, LANG, what was given, and the mark of ours", async () => {
  bench.grant(any);
  const { stdout } = (await bench.ask("process.exec", ["env"], { env: { MINE: "1" } })) as { stdout: string };
  const names = stdout
    .trim()
    .split("\n")
    .map((line) => line.split("=")[0]);
  expect(names.sort()).toEqual(["GANTRY_RUN", "HOME", "LANG", "MINE", "PATH"]);
});

test.each(["GANTRY_RUN", "LD_PRELOAD", "NODE_OPTIONS", "A B", "A=B"])("%s is never given to it", async (name) => {
  bench.grant(any);
  expect((await refusal(bench.ask("process.exec", ["env"], { env: { [name]: "x" } }))).code).toBe("REQUEST_INVALID");
});

test.each<[string[], { [key: string]: string }]>([
  [["git", "push"], {}],
  [["git", "log", "--output=x"], {}],
  [["sh", "-c", "git log"], {}],
  [["git", "log"], { GIT_SSH_COMMAND: "x" }],
  [["git", "log"], { PATH: "/evil" }],
])("a grant of git log does not run %j with %j", async (argv, env) => {
  bench.grant({ "process.run": ["git log:*"] });
  const { code, message } = await refusal(bench.ask("process.exec", argv, { env }));
  expect(code).toBe("PERMISSION_DENIED");
  expect(message).toContain("it holds process.run for git log:*");
});

test("a shell line needs a grant for shell lines", async () => {
  bench.grant({ "process.run": ["printf:*"] });
  const line = { command: "printf x", timeoutMs: 5_000, maxOutputBytes: 1_000, maxOutputLines: 10 };
  expect((await refusal(bench.ask("process.run", line))).code).toBe("PERMISSION_DENIED");
  bench.grant({ "process.run": ["shell:printf:*"] });
  expect(await bench.ask("process.run", line)).toMatchObject({ exitCode: 0, output: "x" });
  expect((await refusal(bench.ask("process.run", { ...line, command: "printf x; id" }))).code).toBe("PERMISSION_DENIED");
  expect((await refusal(bench.ask("process.exec", ["printf", "x"]))).code).toBe("PERMISSION_DENIED");
});

test("background lines are started, listed, read and stopped", async () => {
  bench.grant(any);
  const run = { command: "echo hello; sleep 60", maxOutputBytes: 1_000, maxOutputLines: 10 };
  const { id } = (await bench.ask("process.start", run)) as { id: string };
  expect(await bench.ask("process.list")).toMatchObject([{ id, state: "running" }]);
  expect(await bench.ask("process.stop", id)).toMatchObject({ id });
  expect(await bench.ask("process.output", id, 0)).toMatchObject({ nextByte: expect.any(Number) });
  expect((await refusal(bench.ask("process.output", "nobody", "unread"))).code).toBe("RUN_UNKNOWN");
});

test("a plugin has at most four background lines alive in a session, and what others have is not counted", async () => {
  bench.grant(any);
  const { ask } = bench.newCall({ sessionId: "full" });
  const run = { command: "exec sleep 600", maxOutputBytes: 1_000, maxOutputLines: 10 };
  const ids: string[] = [];
  for (let i = 0; i < 4; i++) ids.push(((await ask("process.start", run)) as { id: string }).id);
  expect(await refusal(ask("process.start", run))).toMatchObject({ code: "RUN_LIMIT", message: expect.stringContaining("4") });
  await ask("process.stop", ids[0] ?? "");
  const again = await Promise.allSettled([ask("process.start", run), ask("process.start", run)]);
  const started = again.flatMap((one) => (one.status === "fulfilled" ? [(one.value as { id: string }).id] : []));
  expect(started.length).toBeLessThanOrEqual(1);
  for (const id of [...ids.slice(1), ...started]) await ask("process.stop", id);
});

test("a hosted program ends with the grant it was started under", async () => {
  bench.grant({ "process.host": [["cat"]] });
  const { ask } = bench.newCall();
  const handle = (await ask("process.host", ["cat"])) as string;
  await ask("process.write", handle, "one");
  bench.grant({ "process.host": [["sh"]] });
  expect((await refusal(ask("process.write", handle, "two"))).code).toBe("PERMISSION_DENIED");
  bench.grant({ "process.host": [["cat"]] });
  expect((await refusal(ask("process.read", handle))).code).toBe("HANDLE_UNKNOWN");
});

test("a folder outside the reach is PATH_OUTSIDE, by a link too", async () => {
  bench.grant(any);
  expect(await bench.ask("process.exec", ["pwd"], { cwd: "sub" })).toMatchObject({ stdout: `${bench.workspace}/sub\n` });
  for (const cwd of ["..", "/", "way-out", "~"]) {
    expect((await refusal(bench.ask("process.exec", ["pwd"], { cwd }))).code).toBe("PATH_OUTSIDE");
  }
});

test("a program that is not there is RUN_FAILED", async () => {
  bench.grant(any);
  expect((await refusal(bench.ask("process.exec", ["no-such-program"]))).code).toBe("RUN_FAILED");
  expect((await refusal(bench.ask("process.exec", ["a\0b"]))).code).toBe("PERMISSION_DENIED");
  expect((await refusal(bench.ask("process.exec", []))).code).toBe("REQUEST_INVALID");
});

test("it reads what it is given, and what it writes is capped", async () => {
  bench.grant(any);
  expect(await bench.ask("process.exec", ["cat"], { stdin: "in" })).toMatchObject({ stdout: "in", exitCode: 0 });
  const flood = (await bench.ask("process.exec", ["yes"], { maxOutputBytes: 1_000 })) as { stdout: string };
  expect(flood).toMatchObject({ cut: true, exitCode: null, signal: "SIGKILL" });
  expect(flood.stdout).toHaveLength(1_000);
});

test("at its time it ends with its children, and with its call too", async () => {
  bench.grant(any);
  const pids = join(bench.workspace, "pids");
  const argv = ["sh", "-c", `sleep 600 & echo $! $$ > ${pids}.new; mv ${pids}.new ${pids}; wait`];
  const written = async (): Promise<string> => await readFile(pids, "utf8").catch(() => "");
  // With more time until it came so far: a shell may start slowly.
  for (let timeoutMs = 300; (await written()) === "" && timeoutMs < 30_000; timeoutMs *= 4)
    expect(await bench.ask("process.exec", argv, { timeoutMs })).toMatchObject({ timedOut: true, signal: "SIGKILL" });
  const started = (await written()).trim().split(" ");
  expect(started).toHaveLength(2);
  for (const pid of started) await isGone(pid);
  const { call, ask } = bench.newCall();
  const running = refusal(ask("process.exec", ["sleep", "600"]));
  await Promise.resolve();
  bench.broker.endCall(call);
  expect((await running).code).toBe("CALL_ENDED");
});

test("what it leaves running in its group ends with it", async () => {
  bench.grant(any);
  const { stdout } = (await bench.ask("process.exec", ["sh", "-c", "sleep 600 & echo $!"])) as { stdout: string };
  await isGone(stdout.trim());
});

test("a hosted program talks until its call ends, and only by the granted words", async () => {
  bench.grant({ "process.host": [["cat"]] });
  for (const argv of [["cat", "-"], ["cat", ""], ["/bin/cat"], ["sh", "-c", "cat"]]) {
    expect((await refusal(bench.ask("process.host", argv))).code).toBe("PERMISSION_DENIED");
  }
  const { call, ask } = bench.newCall();
  const handle = (await ask("process.host", ["cat"])) as string;
  expect(handle).toMatch(/^[0-9a-f]{32}$/);
  await ask("process.write", handle, "one");
  expect(await ask("process.read", handle)).toEqual({ $bytes: "b25l" });
  expect((await refusal(bench.ask("process.write", handle, "x"))).code).toBe("HANDLE_UNKNOWN");
  expect(await ask("process.end", handle)).toEqual({ exitCode: 0, signal: null });
  expect((await refusal(ask("process.read", handle))).code).toBe("HANDLE_UNKNOWN");
  const second = (await ask("process.host", ["cat"])) as string;
  const reading = refusal(ask("process.read", second));
  bench.broker.endCall(call);
  expect((await reading).code).toBe("CALL_ENDED");
});

test("a hosted program that does not end with its input is killed with its group", async () => {
  const argv = ["sh", "-c", "echo $$; trap '' TERM; sleep 600 & wait"];
  bench.grant({ "process.host": [argv] });
  const { call, ask } = bench.newCall();
  const handle = (await ask("process.host", argv)) as string;
  const { $bytes } = (await ask("process.read", handle)) as { $bytes: string };
  bench.broker.endCall(call);
  await isGone(Buffer.from($bytes, "base64").toString().trim());
});
