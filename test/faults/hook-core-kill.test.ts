/** kill -9 of the core leaves no program of a hook behind. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { alive, gone, there } from "../support/alive.ts";

let core: ChildProcess | undefined;

afterEach(() => {
  core?.kill("SIGKILL");
});

test.runIf(process.platform === "linux")("a hook and its children are gone, one with a session of its own too", async () => {
  const script = join(import.meta.dirname, "../support/hook-child.ts");
  const command = "setsid sleep 43101 >/dev/null 2>&1 & sleep 43102 & sleep 43103; true";
  core = spawn(process.execPath, [script, command], { stdio: ["ignore", "pipe", "inherit"] });
  const words = ["sleep 43101", "sleep 43102", "sleep 43103"];
  for (const each of words) await there(each);
  core.kill("SIGKILL");
  await once(core, "exit");
  for (const each of words) await gone(each);
  expect(await alive("sleep 4310")).toEqual([]);
});
