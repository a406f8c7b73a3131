import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findLiveHolder, takeLock } from "../../core/session/lock.ts";
import { findProcess } from "../../core/session/process-start.ts";
import { newStateHome } from "../support/session-folder.ts";

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  return child.pid ?? 0;
}

function holder(pid: number, more: Record<string, string> = {}): string {
  return JSON.stringify({
    ...{ pid, host: hostname(), started: "1", at: "2026-01-01T00:00:00.000Z", nonce: "00112233445566aa" },
    ...more,
  });
}

/** How this process's own locks say when it started. */
async function ownStart(): Promise<Record<string, string>> {
  return (await findProcess(process.pid)) ?? {};
}

test("a lock is held by one, named to others, and gone when given back", async () => {
  const path = join(newStateHome(), "a.lock");
  const lock = await takeLock(path, "a");
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ pid: process.pid, host: hostname() });
  expect(await findLiveHolder(path)).toMatchObject({ pid: process.pid });
  await expect(takeLock(path, "a")).rejects.toMatchObject({ code: "SESSION_LOCKED", detail: { pid: process.pid, lock: path } });
  await lock.release();
  expect(readdirSync(join(path, ".."))).toEqual([]);
  expect(await findLiveHolder(path)).toBeUndefined();
});

test("the lock of a process that is gone is taken over by exactly one of many takers", async () => {
  const pid = await deadPid();
  for (let round = 0; round < 20; round++) {
    const folder = newStateHome();
    const path = join(folder, "a.lock");
    writeFileSync(path, holder(pid));
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(path, "a")));
    const taken = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    expect(taken).toHaveLength(1);
    expect(taken[0]?.takenFrom).toMatchObject({ pid });
    for (const result of results)
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "SESSION_LOCKED" });
    await taken[0]?.release();
    expect(readdirSync(folder)).toEqual([]);
  }
});

test("a taker that died between its claim and the replaced lock is itself taken over", async () => {
  const pid = await deadPid();
  const path = join(newStateHome(), "a.lock");
  writeFileSync(path, holder(pid));
  writeFileSync(`${path}.after-00112233445566aa`, holder(pid, { nonce: "ffeeddccbbaa0099" }));
  const lock = await takeLock(path, "a");
  expect(lock.takenFrom?.nonce).toBe("ffeeddccbbaa0099");
  expect(readdirSync(join(path, ".."))).toEqual(["a.lock"]);
  await lock.release();
});

test("a live claim on a stale lock is respected", async () => {
  const path = join(newStateHome(), "a.lock");
  writeFileSync(path, holder(await deadPid()));
  writeFileSync(`${path}.after-00112233445566aa`, holder(process.pid, { nonce: "ffeeddccbbaa0099", ...(await ownStart()) }));
  await expect(takeLock(path, "a")).rejects.toMatchObject({ code: "SESSION_LOCKED" });
});

test.runIf(process.platform === "linux")("a pid that was given to another process since does not hold the lock", async () => {
  const path = join(newStateHome(), "a.lock");
  writeFileSync(path, holder(process.pid, { started: "1" }));
  expect(await findLiveHolder(path)).toBeUndefined();
  await (await takeLock(path, "a")).release();
});

test.runIf(process.platform === "linux")("a process that ended and was not waited for does not run", async () => {
  // The shell's child ends while its parent, replaced by sleep, never waits: a zombie.
  const shell = spawn("sh", ["-c", "true & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
  const [first] = await once(shell.stdout, "data");
  const pid = Number(String(first));
  while (await findProcess(pid)) await new Promise((resolve) => setImmediate(resolve));
  expect(await findProcess(pid)).toBeUndefined();
  expect(await findProcess(shell.pid ?? 0)).toMatchObject({ started: expect.stringMatching(/^\d+$/) });
  shell.kill("SIGKILL");
  await once(shell, "exit");
});

test("a lock of another machine is never taken over, and the way out is named", async () => {
  const path = join(newStateHome(), "a.lock");
  writeFileSync(path, holder(1, { host: "elsewhere.example" }));
  await expect(takeLock(path, "a")).rejects.toThrow(
    `on elsewhere.example since 2026-01-01T00:00:00.000Z; if that machine no longer runs it, delete ${path}`,
  );
});

test("a lock cut by a power loss is taken over", async () => {
  const path = join(newStateHome(), "a.lock");
  writeFileSync(path, "");
  utimesSync(path, new Date(1_000), new Date(1_000));
  const lock = await takeLock(path, "a");
  expect(lock.takenFrom?.nonce).toBe("unreadable");
  await lock.release();
  expect(readdirSync(join(path, ".."))).toEqual([]);
});

const old = (path: string): void => utimesSync(path, new Date(1_000), new Date(1_000));

test.each([
  ["no JSON", "\0\u0001 trash"],
  ["JSON of another kind", "[1]"],
  ["process 0", holder(0)],
  ["longer than any lock", holder(process.pid, { more: "x".repeat(10_000) })],
])("a lock that cannot be read is taken over when it is not fresh: %s", async (_name, text) => {
  const path = join(newStateHome(), "a.lock");
  writeFileSync(path, text);
  await expect(takeLock(path, "a")).rejects.toThrow(`its lock ${path}`);
  old(path);
  expect(await findLiveHolder(path)).toBeUndefined();
  await (await takeLock(path, "a")).release();
});

test.runIf(process.platform === "linux")("a lock that names a living process and not when it started is nobody's", async () => {
  const path = join(newStateHome(), "a.lock");
  const at = "2026-01-01T00:00:00.000Z";
  writeFileSync(path, JSON.stringify({ pid: 1, host: hostname(), at, nonce: "00112233445566aa" }));
  await (await takeLock(path, "a")).release();
});

test("a lock that cannot be read and is dated into the future is taken over", async () => {
  const path = join(newStateHome(), "a.lock");
  writeFileSync(path, "trash");
  utimesSync(path, new Date("2199-01-01"), new Date("2199-01-01"));
  await (await takeLock(path, "a")).release();
});

test("a pipe in the lock's place holds nobody up, a folder is named", async () => {
  const folder = newStateHome();
  const [pipe, place] = [join(folder, "a.lock"), join(folder, "b.lock")];
  execFileSync("mkfifo", [pipe]);
  mkdirSync(place);
  for (const path of [pipe, place]) old(path);
  await (await takeLock(pipe, "a")).release();
  await expect(takeLock(place, "b")).rejects.toMatchObject({ code: "SESSION_LOCKED", detail: { lock: place } });
});

test("a lock that somebody else took after it was removed by hand is not given back by its first holder", async () => {
  const path = join(newStateHome(), "a.lock");
  const lock = await takeLock(path, "a");
  writeFileSync(path, holder(process.pid, { nonce: "ffeeddccbbaa0099" }));
  await lock.release();
  expect(readdirSync(join(path, ".."))).toEqual(["a.lock"]);
});
