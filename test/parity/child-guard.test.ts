/** What a command of parity started ends with it, also when it is killed and can say nothing. */
import { spawn } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { until } from "../support/alive.ts";
import { descendantsOf, isAlive } from "../support/descendants.ts";

const guarding = pathToFileURL(path.join(import.meta.dirname, "../../plugins/parity/child-guard.ts")).href;

/** A process with a guarded child, which starts another in its group; `then` comes when both are there. */
function start(program: string, then = "setInterval(() => {}, 1000)") {
  const code = `import { spawn } from "node:child_process"; import { guardChild } from ${JSON.stringify(guarding)};
    const child = spawn("/bin/sh", ["-c", ${JSON.stringify(program)}], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
    const guard = guardChild(child, 300);
    child.stdout.once("data", async () => { console.log("ready"); ${then} });`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void parent.kill("SIGKILL"));
  return { parent, ready: new Promise<void>((resolve) => parent.stdout.once("data", () => resolve())) };
}

test("a killed parent takes the child and its group with it; one that asks for time gets it, and no more", async () => {
  const polite = start("sleep 600 & trap 'exit 0' TERM; echo; wait");
  const deaf = start("trap '' TERM; sleep 600 & echo; wait");
  await Promise.all([polite.ready, deaf.ready]);
  const below = [polite, deaf].flatMap(({ parent }) => descendantsOf(parent.pid ?? 0));
  expect(below.filter(({ line }) => line.startsWith("sleep 600"))).toHaveLength(2);
  for (const { parent } of [polite, deaf]) parent.kill("SIGKILL");
  await until(() => !below.some(isAlive), "something of a killed parent is still alive");
});

test("a guard that is dismissed leaves the child alone, and is gone itself", async () => {
  const { parent, ready } = start(
    "echo; exec sleep 600",
    "await guard.dismiss(); console.log('dismissed'); setInterval(() => {}, 1000)",
  );
  await ready;
  await until(
    () => !descendantsOf(parent.pid ?? 0).some(({ line }) => line.includes("gantry-guard")),
    "the guard is still there",
  );
  const [child, ...more] = descendantsOf(parent.pid ?? 0);
  expect([child?.line, more]).toEqual(["sleep 600", []]);
  process.kill(child?.pid ?? 0, "SIGKILL");
});
