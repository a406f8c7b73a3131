/** Signals: the first stops the turn cleanly, the second ends the process at once; the session is kept either way. */
import { expect, test } from "vitest";
import { gone, there } from "../support/alive.ts";
import { bench } from "../support/cli.ts";

// A command that a polite stop cannot end: the second signal must.
const deaf = { call: { name: "Bash", input: { command: "trap '' INT TERM HUP; sleep 46001; sleep 46002" } } };

test.skipIf(process.platform !== "linux")("SIGINT twice ends at once with 130, and the session goes on", async () => {
  const { start, run, gantry, events } = await bench([deaf, { say: "Going on." }]);
  const running = start(["run", "sleep", "--approve", "always", "--output", "stream-json"]);
  await running.sees('"type":"tool.start"');
  await there("sleep 46001");
  // Two signals that wait together are one: so again and again, until one comes as the second.
  const again = setInterval(() => running.child.kill("SIGINT"), 5);
  const { exit } = await running.finished.finally(() => clearInterval(again));
  expect(exit).toBe(130);
  expect((await events()).map(({ type }) => type)).not.toContain("turn.end");
  await gone("sleep 46001");
  expect((await gantry(["sessions", "verify"])).exit).toBe(0);
  expect(await run("go on", ["--continue"])).toMatchObject({ exit: 0, json: { text: "Going on." } });
});

test("SIGTERM stops the turn cleanly with 143", async () => {
  const { start, events } = await bench([{ hang: true }]);
  const running = start(["run", "hello", "--output", "stream-json"]);
  await running.sees('"type":"step.start"');
  running.child.kill("SIGTERM");
  expect((await running.finished).exit).toBe(143);
  expect((await events()).at(-1)).toMatchObject({ type: "session.close", data: { reason: "interrupted" } });
});
