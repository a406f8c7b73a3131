/**
 * kill -9 at every file-system call that the threads of a real `gantry run` make on the files they change: each file is the
 * old one or the new one, whole, and the change is reported as in doubt.
 * Calls that only read, close or sync are no moments of their own (test/support/kill-points.ts).
 */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { sweepRun } from "../support/run-sweep.ts";

const oldText = `${"old line\n".repeat(2_000)}last\n`;
const newText = oldText.replaceAll("old", "new, and longer");
const other = "written whole\n".repeat(2_000);
const temp = /^\.[ab]\.txt\.gantry-[0-9a-f]{12}\.tmp$/;

test("a run may be killed at any file-system call of an Edit and of a Write", { timeout: 600_000 }, async () => {
  const seen = { old: 0, new: 0, left: 0 };
  const swept = await sweepRun({
    steps: [
      { call: { name: "Read", input: { file_path: "a.txt", limit: 5 } } },
      {
        call: {
          name: "Edit",
          input: { file_path: "a.txt", old_string: "old", new_string: "new, and longer", replace_all: true },
        },
      },
      { call: { name: "Write", input: { file_path: "b.txt", content: other } } },
      { say: "Done." },
    ],
    files: { "a.txt": oldText },
    args: ["--permission-mode", "acceptEdits"],
    // The effects open the folder once and name the files in it by its descriptor.
    paths: ({ cwd }) => `^${cwd}$|^(?:${cwd}|/proc/self/fd/\\d+)/(?:[ab]\\.txt|\\.[ab]\\.txt\\.gantry-[0-9a-f]+\\.tmp)$`,
    thread: "worker",
    async check({ cwd }, at) {
      const text = await readFile(path.join(cwd, "a.txt"), "utf8");
      expect([at, text === oldText || text === newText]).toEqual([at, true]);
      seen[text === oldText ? "old" : "new"]++;
      const written = await readFile(path.join(cwd, "b.txt"), "utf8").catch(() => undefined);
      expect([at, written === undefined || written === other]).toEqual([at, true]);
      const others = (await readdir(cwd)).filter((name) => !["a.txt", "b.txt", ".git"].includes(name));
      expect([at, others.filter((name) => !temp.test(name))]).toEqual([at, []]);
      seen.left += others.length;
    },
  });
  process.stdout.write(`changed files of a run: ${JSON.stringify({ ...swept, ...seen })}\n`);
  expect(swept.killed).toBe(swept.points);
  expect(Math.min(seen.old, seen.new, seen.left, swept.inDoubt)).toBeGreaterThan(0);
});
