/**
 * Kill -9 at every file-system call of a session's writer, in a real process: nothing it had announced is ever lost. What is
 * announced after a sync is held against a kill before the next call that changes something (test/support/kill-points.ts).
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { assertPairs } from "../../core/session/pairs.ts";
import { createStore, type SessionStore } from "../../core/session/store.ts";
import { bundledFile, eachOfTwo, runChild, supportFile } from "../support/children.ts";
import { type KillPoint, killPoints } from "../support/kill-points.ts";
import { callOf, recorder, usage } from "../support/session-events.ts";
import { newStateHome, newStore, writeSession } from "../support/session-folder.ts";

const project = "/projects/sample";
const folder = mkdtempSync(join(tmpdir(), "gantry-log-kill-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const child = await bundledFile("session-child.ts", folder);

/** Which files' calls are swept. The head is written by time, beside the log; all else comes in one order, each time the same. */
const swept = { log: "/sessions(?!.*\\.head$)", head: "\\.head$" } as const;

type Swept = keyof typeof swept;

function writer(mode: "new" | "resume", stateHome: string, env: Record<string, string>): ReturnType<typeof runChild> {
  const args = ["--require", supportFile("kill-at-syscall.cjs"), child, mode, stateHome];
  return runChild(args, { env });
}

/** The calls of a run that is not killed, and the kill points they make. */
async function countCalls(
  mode: "new" | "resume",
  stateHome: string,
  what: Swept,
): Promise<{ calls: string[]; points: KillPoint[]; promised: string[] }> {
  const report = join(newStateHome(), "calls");
  const { exitCode, stderr, stdout } = await writer(mode, stateHome, { KILL_PATH: swept[what], KILL_REPORT: report });
  expect([exitCode, stderr]).toEqual([0, ""]);
  const calls = readFileSync(report, "utf8").split("\n").slice(0, -1);
  return { calls, points: killPoints(calls), promised: stdout.split("\n") };
}

async function typesOf(store: SessionStore): Promise<string[]> {
  return (await store.read("last")).events.map(({ type }) => type);
}

/** What the dead process had announced is in the log that the next one opens, and that one is sound. */
async function assertNothingLost(stateHome: string, stdout: string, complete: readonly string[]): Promise<void> {
  const store = createStore({ stateHome, project });
  const durable = Math.max(0, ...[...stdout.matchAll(/^durable (\d+)$/gm)].map(([, count]) => Number(count)));
  const [session] = await store.list({ all: false });
  if (!session) {
    expect(durable).toBe(0);
    return;
  }
  const { log, state, recovery } = await store.resume(session.id);
  expect(recovery?.lostLines).toBe(0);
  assertPairs(state.messages);
  await log.close();
  expect(await store.verify(undefined)).toEqual([{ id: session.id, ok: true, events: log.count, problems: [] }]);
  const types = await typesOf(store);
  const resumed = types.lastIndexOf("session.resume");
  expect(resumed).toBeGreaterThanOrEqual(durable);
  expect(types.slice(0, resumed)).toEqual(complete.slice(0, resumed));
}

async function sweep(mode: "new" | "resume", what: Swept, template?: string): Promise<void> {
  const start = (): string => {
    const stateHome = newStateHome();
    if (template !== undefined) cpSync(template, stateHome, { recursive: true });
    return stateHome;
  };
  const unharmed = start();
  const { calls, points } = await countCalls(mode, unharmed, what);
  const complete = await typesOf(createStore({ stateHome: unharmed, project }));
  let killed = 0;
  await eachOfTwo(points, async ({ at, when }) => {
    const stateHome = start();
    const kill = { KILL_PATH: swept[what], KILL_AT: String(at), KILL_WHEN: when };
    const { signal, exitCode, stdout, stderr } = await writer(mode, stateHome, kill);
    if (signal === "SIGKILL") killed++;
    else expect([exitCode, stderr]).toEqual([0, ""]);
    await assertNothingLost(stateHome, stdout, complete);
  });
  process.stdout.write(
    `${mode}, ${what}: ${calls.length} calls, ${points.length} kill points swept, ${killed} processes killed\n`,
  );
  // A quick run writes the head less often than the one that was counted; one that was not killed has ended well (above).
  if (what === "log") expect(killed).toBe(points.length);
  else expect(killed).toBeGreaterThan(0);
}

test("a new session's writer may be killed at any file-system call", { timeout: 300_000 }, async () => {
  await sweep("new", "log");
  await sweep("new", "head");
});

test("a writer that recovers a torn session with a stale lock and a call in doubt may be killed at any call", {
  timeout: 300_000,
}, async () => {
  const store = newStore();
  const { path } = await writeSession(store, (session) => {
    const record = recorder(session);
    record("input", { content: [{ type: "text", text: "go" }], source: "prompt" });
    record("answer", { step: 1, message: { role: "assistant", content: [callOf("1")] }, stop: "tool_use", usage, model: "a" });
    record("tool.start", { callId: "1" });
  });
  writeFileSync(path, '{"v":1,"seq":5,"at":"2026', { flag: "a" });
  const gone = await runChild(["-p", "process.pid"]);
  const holder = {
    pid: Number(gone.stdout),
    host: hostname(),
    at: "2026-01-01T00:00:00.000Z",
    nonce: "0123456789abcdef",
  };
  writeFileSync(path.replace(/jsonl$/, "lock"), JSON.stringify(holder));
  mkdirSync(store.outputDir("x"));
  await sweep("resume", "log", store.stateHome);
  await sweep("resume", "head", store.stateHome);
});
