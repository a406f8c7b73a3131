/** A background process that the model left behind ends with the run, however the run ends. */
import { expect, test } from "vitest";
import { gone, goneAltogether, there } from "../support/alive.ts";
import { bench, resultTexts } from "../support/cli.ts";

const background = (seconds: number) => ({
  call: { name: "Bash", input: { command: `sleep ${seconds} & sleep ${seconds}`, run_in_background: true } },
});
const always = ["--approve", "always"];

test.skipIf(process.platform !== "linux")("a background run is gone when the run has ended", async () => {
  const { run, model } = await bench([background(45_001), { call: { name: "BashOutput", input: {} } }, { say: "It goes on." }]);
  expect((await run("start", always)).exit).toBe(0);
  expect(resultTexts(model)[0]).toContain("sleep 45001");
  await goneAltogether("sleep 45001");
});

test.skipIf(process.platform !== "linux")("a background run is gone after kill -9 of the core", async () => {
  const { start } = await bench([background(45_002), { hang: true }]);
  const running = start(["run", "start", "--output", "stream-json", ...always]);
  await running.sees('"type":"tool.result"');
  await there("sleep 45002");
  running.child.kill("SIGKILL");
  expect((await running.finished).signal).toBe("SIGKILL");
  await gone("sleep 45002");
});

test.skipIf(process.platform !== "linux")(
  "a command with children that leave its group is gone after kill -9 of the core",
  async () => {
    const { start } = await bench([
      { call: { name: "Bash", input: { command: "setsid sleep 45003 >/dev/null 2>&1 & sleep 45004" } } },
    ]);
    const running = start(["run", "start", "--output", "stream-json", ...always]);
    await running.sees('"type":"tool.start"');
    await there("sleep 45003");
    await there("sleep 45004");
    running.child.kill("SIGKILL");
    await gone("sleep 45003");
    await gone("sleep 45004");
  },
);
