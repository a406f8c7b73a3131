/**
 * kill -9 at every file-system call that a real `gantry run` makes on its session: what it had shown is in the log, the
 * session goes on, and a command that may have run is reported as in doubt and never run again.
 * Calls that only read, close or sync are no moments of their own (test/support/kill-points.ts).
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { sweepRun } from "../support/run-sweep.ts";

test("a run may be killed at any file-system call on its session", { timeout: 600_000 }, async () => {
  const swept = await sweepRun({
    steps: [
      { call: { name: "Read", input: { file_path: "a.txt" } } },
      { call: { name: "Bash", input: { command: "echo once >> count.txt" } } },
      { say: "Done." },
    ],
    files: { "a.txt": "one line\n" },
    args: ["--approve", "always"],
    paths: ({ home }) => `^${home}/.*/sessions`,
    thread: "main",
    async check({ cwd }, at) {
      const count = await readFile(path.join(cwd, "count.txt"), "utf8").catch(() => "");
      expect([at, count]).toEqual([at, expect.stringMatching(/^(?:once\n)?$/)]);
    },
  });
  process.stdout.write(`session of a run: ${JSON.stringify(swept)}\n`);
  // Each batch of events is opened, written, synced and closed.
  expect(swept.killed).toBeGreaterThan(30);
  expect(swept.inDoubt).toBeGreaterThan(0);
});
