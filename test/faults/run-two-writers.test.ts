/** One writer per session: the second is told who holds it, and leaves it as it is. */
import { expect, test } from "vitest";
import { bench } from "../support/cli.ts";

test("a session in use is refused with its holder's pid, exit 1, and listed as in use", async () => {
  const { start, run, gantry, events } = await bench([{ hang: true }, { say: "Mine now." }]);
  const holder = start(["run", "first", "--output", "stream-json"]);
  await holder.sees('"type":"step.start"');
  const before = (await events()).length;
  const second = await run("second", ["--continue"]);
  expect(second).toMatchObject({ exit: 1, json: { ok: false, error: { code: "SESSION_LOCKED" } } });
  expect(second.json.error?.message).toContain(`process ${holder.child.pid}`);
  expect((await gantry(["sessions", "list"])).stdout).toContain(`in use by process ${holder.child.pid}`);
  expect(await events()).toHaveLength(before);

  holder.child.kill("SIGKILL");
  await holder.finished;
  const { exit, json, stderr } = await run("third", ["--continue"]);
  expect([exit, json.text]).toEqual([0, "Mine now."]);
  expect(stderr).toContain(`process ${holder.child.pid}`);
  expect((await gantry(["sessions", "verify"])).exit).toBe(0);
});
