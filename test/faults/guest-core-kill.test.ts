/** kill -9 of the core leaves no guest behind: real cores and guests, whatever the guest does at that moment. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { until } from "../support/alive.ts";
import { supportFile } from "../support/children.ts";
import { hasProcess, leftFolders } from "../support/guest-table.ts";

let core: ChildProcess | undefined;
/** Where the cores of this test make their folders: others make theirs too. */
let temporary = "";

beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), "gantry-kill-"));
});
afterEach(async () => {
  core?.kill("SIGKILL");
  await rm(temporary, { recursive: true, force: true });
});

/** A core whose guest runs `body`; the words that follow `word` in what it prints. */
async function startCore(boundary: string, body: string, word: string): Promise<{ child: ChildProcess; pids: number[] }> {
  const child = spawn(process.execPath, [supportFile("guest-holder-child.ts"), boundary, body], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TMPDIR: temporary },
  });
  core = child;
  for await (const line of createInterface({ input: child.stdout })) {
    const [first, ...rest] = line.split(" ");
    if (first === word) return { child, pids: rest.map(Number) };
  }
  return expect.fail(`the core ended without saying ${word}`);
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

describe.runIf(process.platform === "linux").each(["none", "boundary"])("after kill -9 of the core (%s)", (boundary) => {
  test.each([
    ["waits", "await new Promise(() => undefined)"],
    ["computes without end", "setTimeout(() => { for (;;); }, 0); await new Promise(() => undefined)"],
    ["asks without end", "for (;;) await ctx.storage.get('x')"],
  ])("a guest that %s is gone", async (_, body) => {
    const { child, pids } = await startCore(boundary, `ctx.progress("on"); ${body}`, "running");
    expect(pids.length).toBeGreaterThan(boundary === "boundary" ? 1 : 0);
    expect(pids.every(hasProcess)).toBe(true);
    await kill(child);
    await until(() => !pids.some(hasProcess), "a guest outlives its core");
  });

  test("a guest that is stopped, and so sees no end of its input, is gone", async () => {
    const { child, pids } = await startCore(boundary, `ctx.progress("on"); await new Promise(() => undefined)`, "running");
    for (const pid of pids) process.kill(pid, "SIGSTOP");
    await kill(child);
    await until(() => !pids.some(hasProcess), "a stopped guest outlives its core");
  });

  test("a guest whose core is killed at any moment of its start is gone, and leaves no folder once it ran", async () => {
    for (let round = 0; round < 8; round++) {
      const { child, pids } = await startCore(boundary, 'ctx.progress("on"); await new Promise(() => undefined)', "started");
      // From at once to well after hello, in steps of no meaning: any of them must hold.
      for (let turn = 0; turn < round * 4; turn++) await readdir("/proc");
      await kill(child);
      await until(() => !pids.some(hasProcess), "a guest outlives its core");
    }
    const { child, pids } = await startCore(boundary, 'ctx.progress("on"); await new Promise(() => undefined)', "running");
    await kill(child);
    await until(() => !pids.some(hasProcess), "a guest outlives its core");
    // Only those that were killed before hello may have left theirs, which is empty.
    expect(leftFolders(temporary).length).toBeLessThanOrEqual(8);
  });
});
