/**
 * kill -9 at every system call of a Write and an Edit that changes something, in a real child process: before it, in the middle
 * of a write, and at the end. The file is the old one or the new one, whole; what is left over is a temp file that can be told
 * by its name. What only reads, closes or syncs is no moment of its own (test/support/kill-points.ts).
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { bundledFile, compileCache } from "../support/children.ts";
import { killPoints } from "../support/kill-points.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const killer = here("../support/kill-at-syscall.cjs");
const programs = mkdtempSync(join(tmpdir(), "gantry-kill-programs-"));
afterAll(() => rmSync(programs, { recursive: true, force: true }));
const program = await bundledFile("change-once.ts", programs);

const oldText = `${"old line\n".repeat(3000)}end\n`;
const newText = `${"new line, and a longer one\n".repeat(3000)}end\n`;
const tempName = /^\.a\.txt\.gantry-[0-9a-f]{12}\.tmp$/;

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "gantry-kill-")));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Change {
  tool: "Write" | "Edit";
  /** Undefined: the file is new. */
  before: string | undefined;
  after: string;
}

const changes: Record<string, Change> = {
  "a Write over a file": { tool: "Write", before: oldText, after: newText },
  "a Write of a new file": { tool: "Write", before: undefined, after: newText },
  "an Edit": { tool: "Edit", before: oldText, after: oldText.replaceAll("old", "changed") },
};

/** Runs the change in a fresh folder; the folder's files afterwards. */
function run({ tool, before, after }: Change, kill: Record<string, string>) {
  const work = mkdtempSync(join(folder, "w-"));
  const file = join(work, "a.txt");
  if (before !== undefined) writeFileSync(file, before, { mode: 0o640 });
  const sha256 = before === undefined ? "" : createHash("sha256").update(before).digest("hex");
  const input =
    tool === "Write"
      ? { file_path: "a.txt", content: after }
      : { file_path: "a.txt", old_string: "old", new_string: "changed", replace_all: true };
  const child = spawnSync(process.execPath, ["--require", killer, program, work, tool, JSON.stringify(input), sha256], {
    encoding: "utf8",
    env: { KILL_PATH: `/a\\.txt$|/\\.a\\.txt\\.gantry-|^${work}$`, ...compileCache, ...kill },
  });
  return { child, work, names: readdirSync(work) };
}

for (const [name, change] of Object.entries(changes)) {
  test(`${name}, killed at any system call, leaves the old file or the new one`, { timeout: 240_000 }, () => {
    const report = join(folder, "calls");
    const whole = run(change, { KILL_REPORT: report });
    expect([whole.child.status, whole.child.stderr, whole.names]).toEqual([0, "", ["a.txt"]]);
    const calls = readFileSync(report, "utf8").trim().split("\n");
    expect(calls.map((call) => call.split(" ")[0])).toEqual(expect.arrayContaining(["openSync", "writeSync", "fsyncSync"]));
    const seen = { old: 0, new: 0, temp: 0 };
    for (const { at, when, call } of killPoints(calls)) {
      const { child, work, names } = run(change, { KILL_AT: String(at), KILL_WHEN: when });
      const moment = `${when} ${at} ${call}`;
      expect([moment, child.signal]).toEqual([moment, "SIGKILL"]);
      const others = names.filter((other) => other !== "a.txt");
      expect([moment, others.filter((other) => !tempName.test(other))]).toEqual([moment, []]);
      seen.temp += others.length;
      const text = names.includes("a.txt") ? readFileSync(join(work, "a.txt"), "utf8") : undefined;
      if (text === change.before) seen.old++;
      else if (text === change.after) seen.new++;
      else throw new Error(`torn at ${moment}: ${text?.length} characters`);
      if (change.before !== undefined) expect([moment, statSync(join(work, "a.txt")).mode & 0o777]).toEqual([moment, 0o640]);
    }
    // biome-ignore lint/suspicious/noConsole: the count of kill points is part of what this test shows
    console.log(`${name}: ${calls.length} system calls, ${seen.old + seen.new} kills: ${JSON.stringify(seen)}`);
    expect(Math.min(seen.old, seen.new, seen.temp)).toBeGreaterThan(0);
  });
}
