/** Two real processes want to write one session. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { expect, test } from "vitest";
import { createStore } from "../../core/session/store.ts";
import { runChild, supportFile } from "../support/children.ts";
import { newStore, writeSession } from "../support/session-folder.ts";

function hold(stateHome: string, ...flags: string[]) {
  const child = spawn(process.execPath, [...flags, supportFile("session-child.ts"), "hold", stateHome], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  const holds = once(child.stdout, "data").then(() => "holds" as const);
  return { child, ended, outcome: Promise.race([holds, ended.then(() => "refused" as const)]) };
}

test("while one process writes a session, another is told who holds it; when it is killed, the next takes over and says so", async () => {
  const store = newStore();
  const { id } = await writeSession(store);
  const { child, ended, outcome } = hold(store.stateHome);
  expect(await outcome).toBe("holds");
  const second = await runChild([supportFile("session-child.ts"), "hold", store.stateHome]);
  expect(second.exitCode).toBe(1);
  expect(second.stderr).toContain(`session ${id} is in use by process ${child.pid} on ${hostname()}`);
  expect(await store.list({ all: false })).toMatchObject([{ id, lockedBy: { pid: child.pid, host: hostname() } }]);
  child.kill("SIGKILL");
  await ended;
  expect((await store.list({ all: false }))[0]).not.toHaveProperty("lockedBy");
  const { log, recovery, appended } = await store.resume(id);
  expect(recovery?.takenFrom?.pid).toBe(child.pid);
  expect(appended.map(({ data }) => data)).toContainEqual({
    text: `The lock of process ${child.pid}, which is gone, was taken over.`,
  });
  await log.close();
  expect(await store.verify(id)).toMatchObject([{ ok: true }]);
});

test("of processes that race for a stale lock one wins, and the log has one writer", async () => {
  const store = newStore();
  const { id } = await writeSession(store);
  const dead = hold(store.stateHome);
  await dead.outcome;
  dead.child.kill("SIGKILL");
  await dead.ended;
  const racers = Array.from({ length: 4 }, () => hold(store.stateHome));
  const outcomes = await Promise.all(racers.map(({ outcome }) => outcome));
  expect(outcomes.filter((outcome) => outcome === "holds")).toHaveLength(1);
  for (const { child } of racers) child.stdin.end("close\n");
  await Promise.all(racers.map(({ ended }) => ended));
  const again = createStore({ stateHome: store.stateHome, project: "/projects/sample" });
  expect(await again.verify(id)).toMatchObject([{ ok: true }]);
  expect((await again.read(id)).events.map(({ type }) => type)).toEqual(["session.open", "session.resume", "note"]);
});

test("where the file system has no hard links, a session has one writer all the same", async () => {
  const store = newStore();
  await writeSession(store);
  const withoutLinks = ["--require", supportFile("no-links.cjs")];
  const dead = hold(store.stateHome, ...withoutLinks);
  expect(await dead.outcome).toBe("holds");
  expect(await hold(store.stateHome, ...withoutLinks).outcome).toBe("refused");
  dead.child.kill("SIGKILL");
  await dead.ended;
  const next = hold(store.stateHome, ...withoutLinks);
  expect(await next.outcome).toBe("holds");
  expect(await hold(store.stateHome, ...withoutLinks).outcome).toBe("refused");
  next.child.stdin.end("close\n");
  await next.ended;
  expect(await store.verify("last")).toMatchObject([{ ok: true }]);
});
