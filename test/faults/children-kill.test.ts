/** kill -9 of the core leaves no child behind: real core processes, killed while their children live. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { alive, gone, goneAltogether, there, until } from "../support/alive.ts";

let place: string;
let core: ChildProcess | undefined;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), "gantry-kill-"));
});

afterEach(async () => {
  core?.kill("SIGKILL");
  await rm(place, { recursive: true, force: true });
});

async function startCore(mode: "foreground" | "background", command: string): Promise<ChildProcess> {
  const script = join(import.meta.dirname, "../support/process-core.ts");
  const child = spawn(process.execPath, [script, place, mode, command], { stdio: ["ignore", "pipe", "inherit"] });
  core = child;
  await once(child.stdout, "data");
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

describe.runIf(process.platform === "linux")("after kill -9 of the core", () => {
  test.each(["foreground", "background"] as const)("a %s run and its children are gone", async (mode) => {
    const child = await startCore(mode, "sleep 43001 & sleep 43002; true");
    await there("sleep 43001");
    await there("sleep 43002");
    await kill(child);
    await gone("sleep 43001");
    await gone("sleep 43002");
  });

  test("a grandchild with a session of its own, and no descriptor of ours, is gone", async () => {
    const child = await startCore("foreground", "setsid sleep 43003 3>&- >/dev/null 2>&1 & sleep 43004; true");
    await there("sleep 43003");
    await kill(child);
    await gone("sleep 43003");
    await gone("sleep 43004");
  });

  test("a grandchild without mark, parent and output is gone", async () => {
    const child = await startCore("foreground", "env -i setsid -f sleep 43008 >/dev/null 2>&1; sleep 43009; true");
    await there("sleep 43008");
    await kill(child);
    await gone("sleep 43008");
    await gone("sleep 43009");
  });

  test("a child that ignores polite signals is gone", async () => {
    const child = await startCore("background", "trap '' TERM HUP INT; sleep 43005; sleep 43005; true");
    await there("sleep 43005");
    await kill(child);
    await gone("sleep 43005");
  });

  test("the reaper is gone too", async () => {
    const child = await startCore("background", "sleep 43006");
    await there("sleep 43006");
    const [reaper = 0, ...others] = await reapers(child);
    expect([reaper > 0, others]).toEqual([true, []]);
    await kill(child);
    await gone("sleep 43006");
    // This core's: those of other tests come and go meanwhile.
    await until(async () => !(await alive("/bin/sh -c \ntrap")).includes(reaper), "the reaper outlives its core");
  });

  test("a child whose core is killed at any moment of its start does not outlive it", async () => {
    for (let round = 0; round < 12; round++) {
      const child = await startCore("foreground", "exec sleep 43007");
      // From at once to well after the shell has become sleep, in steps of no meaning: any of them must hold.
      for (let turn = 0; turn < round * 3; turn++) await readdir("/proc");
      await kill(child);
      await goneAltogether("sleep 43007");
    }
  });
});

/** Reapers started by this core: they carry its pid as their parent. */
async function reapers(child: ChildProcess): Promise<number[]> {
  const { readFile } = await import("node:fs/promises");
  const all = await alive("/bin/sh -c \ntrap");
  const parents = await Promise.all(
    all.map(async (pid) => [pid, await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")] as const),
  );
  return parents.filter(([, stat]) => stat.includes(` ${child.pid} `)).map(([pid]) => pid);
}
