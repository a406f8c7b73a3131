/**
 * kill -9 at every file-system call that `gantry run --continue` makes on a session that a dead process left torn, locked and
 * with a call in doubt: what mends a session may itself be killed, as often as one likes.
 * Calls that only read, close or sync are no moments of their own (test/support/kill-points.ts).
 */
import { appendFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { createStore } from "../../core/session/store.ts";
import { runChild } from "../support/children.ts";
import { type Place, sweepRun } from "../support/run-sweep.ts";
import { callOf, openFacts, recorder, usage } from "../support/session-events.ts";

const torn = '{"v":1,"seq":7,"at":"2026-11-22T10:0';

async function leaveTorn({ cwd, home }: Place, holder: object): Promise<void> {
  const stateHome = path.join(home, ".local/state/gantry");
  await mkdir(stateHome, { recursive: true });
  const opened = await createStore({ stateHome, project: cwd }).create({ ...openFacts, cwd });
  const record = recorder(opened);
  record("input", { content: [{ type: "text", text: "go" }], source: "prompt" });
  record("answer", { step: 1, message: { role: "assistant", content: [callOf("1")] }, stop: "tool_use", usage, model: "a" });
  record("tool.start", { callId: "1" });
  await opened.log.close();
  await appendFile(opened.log.path, torn);
  await writeFile(opened.log.path.replace(/jsonl$/, "lock"), JSON.stringify(holder));
}

test("a run that mends and goes on with a torn session may be killed at any file-system call", {
  timeout: 600_000,
}, async () => {
  const gone = await runChild(["-p", "process.pid"]);
  const holder = { pid: Number(gone.stdout), host: hostname(), at: "2026-01-01T00:00:00.000Z", nonce: "0123456789abcdef" };
  const swept = await sweepRun({
    steps: [{ expect: { toolResult: { callId: "1", contains: "may or may not have happened" } } }, { say: "Done." }],
    files: {},
    args: ["--continue"],
    prepare: (place) => leaveTorn(place, holder),
    paths: ({ home }) => `^${home}/.*/sessions`,
    thread: "main",
    async check({ home }, at) {
      const names = await readdir(home, { recursive: true });
      const log = names.find((name) => name.endsWith(".jsonl")) ?? "";
      const kept = names.filter((name) => name.includes(".torn-"));
      const texts = await Promise.all([log, ...kept].map((name) => readFile(path.join(home, name), "utf8")));
      // Cut off only when it is kept; a half-kept one is kept again.
      expect([at, texts.some((text) => text.endsWith(torn))]).toEqual([at, true]);
    },
  });
  process.stdout.write(`resume of a torn session: ${JSON.stringify(swept)}\n`);
  expect(swept.killed).toBeGreaterThan(30);
  expect(swept.inDoubt).toBeGreaterThanOrEqual(swept.points);
});
