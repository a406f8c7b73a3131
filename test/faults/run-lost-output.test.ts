/** Places that cannot be written: said, with a code of their own, and never a success. */
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { bench } from "../support/cli.ts";

// A device that is always full; `sh` points stdout at it.
const toFullDevice = { shell: "exec >/dev/full; exec" };

test.skipIf(!existsSync("/dev/full")).each([["text"], ["json"], ["stream-json"]])(
  "a run whose stdout takes nothing as %s ends with OUTPUT_FAILED, exit 1, and its session is kept",
  async (format) => {
    const { gantry } = await bench([{ say: "Lost." }]);
    const { exit, stderr } = await gantry(["run", "hello", "--output", format], toFullDevice);
    expect([exit, stderr]).toEqual([1, expect.stringMatching(/OUTPUT_FAILED: .*ENOSPC/)]);
    expect((await gantry(["sessions", "verify"])).exit).toBe(0);
  },
);

test.skipIf(!existsSync("/dev/full"))("so does any other command", async () => {
  const { gantry, run } = await bench([{ say: "Kept." }]);
  await run("hello");
  for (const args of [["sessions", "export", "last"], ["config", "show", "--json"], ["--help"]]) {
    const { exit, stderr } = await gantry(args, toFullDevice);
    expect([args, exit, stderr]).toEqual([args, 1, expect.stringContaining("OUTPUT_FAILED")]);
  }
});

test("a state folder that cannot be made is LOG_WRITE_FAILED with its path, before any request", async () => {
  const { run, model } = await bench([{ say: "Never." }]);
  const { exit, json } = await run("hello", [], { env: { XDG_STATE_HOME: "/dev/null" } });
  expect([exit, json.error]).toMatchObject([1, { code: "LOG_WRITE_FAILED", message: expect.stringContaining("/dev/null") }]);
  expect(model.requests).toEqual([]);
});
