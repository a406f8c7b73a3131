/** kill -9 of the core, whatever its servers do at that moment: no process of theirs is left. Linux, where /proc tells. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "../support/alive.ts";
import { supportFile } from "../support/children.ts";
import { bench } from "../support/cli.ts";
import { descendantsOf } from "../support/descendants.ts";
import { serversOf } from "../support/mcp.ts";
import { mcpThread, plainServer, withVariable } from "../support/mcp-host.ts";

/** A core, once it has said `word`. */
async function startCore(moment: string, word = moment): Promise<{ child: ChildProcess; mark: string }> {
  const mark = randomUUID();
  const child = spawn(process.execPath, [supportFile("mcp-core-child.ts"), mcpThread, mark, moment], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: process.env["PATH"] ?? "" },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  for await (const line of createInterface({ input: child.stdout })) if (line === word) return { child, mark };
  return expect.fail(`the core ended without saying ${word}`);
}

async function kill({ child, mark }: { child: ChildProcess; mark: string }): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
  await until(async () => (await withVariable("GANTRY_TEST", mark)).length === 0, "a process of the server outlives the core");
}

describe.runIf(process.platform === "linux")("after kill -9 of the core", () => {
  test("a server that has not answered initialize, and will not end, is gone", async () => {
    const core = await startCore("initialize");
    await until(async () => (await withVariable("GANTRY_TEST", core.mark)).length > 0, "the server never started");
    await kill(core);
  });

  test("a server in a call is gone, with a child of it that has left its group", async () => {
    const core = await startCore("call");
    expect((await withVariable("GANTRY_TEST", core.mark)).length).toBe(2);
    await kill(core);
  });

  test("a server that is being ended, and does not hear of it, is gone", async () => {
    const core = await startCore("close");
    expect((await withVariable("GANTRY_TEST", core.mark)).length).toBe(2);
    await kill(core);
  });

  test("a server whose core is killed at any moment of its start is gone", async () => {
    for (let round = 0; round < 8; round++) {
      const core = await startCore("initialize", "opened");
      // Half of them before its program runs. From there in steps of no meaning: any of them must hold.
      if (round % 2 === 1)
        await until(async () => (await withVariable("GANTRY_TEST", core.mark)).length > 0, "it never started");
      for (let turn = 0; turn < round * 10; turn++) await readdir("/proc");
      await kill(core);
    }
  });

  test("a run that is killed in a call leaves nothing of its server", async () => {
    const mark = randomUUID();
    const found = await bench([{ call: { name: "mcp__one__wait", input: {} } }]);
    const { transport } = plainServer("one", {}, {});
    const entry =
      transport.kind === "stdio" ? { command: transport.command, args: transport.args, env: { GANTRY_TEST: mark } } : {};
    const { child } = found.start(["run", "wait", "--approve", "always", ...(await serversOf(found, { one: entry }))]);
    const inCall = async (): Promise<boolean> =>
      (await found.events().catch(() => [])).some(({ type }) => type === "tool.start");
    await until(inCall, "the call never began");
    await kill({ child, mark });
  });

  test("a server is gone where the reaper was killed before: another took its place", async () => {
    const core = await startCore("call");
    const reapers = () => descendantsOf(core.child.pid ?? 0).filter(({ line }) => line.includes("gantry-reaper"));
    const [first] = reapers();
    process.kill(first?.pid ?? 0, "SIGKILL");
    await until(() => reapers().some(({ pid }) => pid !== first?.pid), "there is no other reaper");
    await kill(core);
  });
});
