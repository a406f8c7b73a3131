/** A command as a child, and the logs it leaves: bounded, alone in its environment, read as they grow. */
import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ChildEnd, startChild } from "../../plugins/parity/scenario/child.ts";
import { keepOutput } from "../../plugins/parity/scenario/kept-output.ts";
import { eventsSince, markLogs, seesEvent, sessionsFolder } from "../../plugins/parity/scenario/log-events.ts";
import { gone } from "../support/alive.ts";

const options = { cwd: tmpdir(), env: { ONLY: "this" }, stdin: "", timeoutMs: 20_000, signal: new AbortController().signal };
const run = (argv: readonly string[], more: Partial<typeof options> = {}): Promise<ChildEnd> =>
  startChild(argv, { ...options, ...more }).ended;

describe("a child", () => {
  test("has the environment it is given and no other, reads its stdin to the end, and is told by exit code or signal", async () => {
    const code =
      'process.stdin.on("data", (d) => process.stdout.write(JSON.stringify(process.env) + d)).on("end", () => process.exit(7))';
    expect(await run([process.execPath, "-e", code], { stdin: "y\n" })).toMatchObject({
      exit: 7,
      stdout: '{"ONLY":"this"}y\n',
      cut: [],
    });
    expect(await run(["/bin/sh", "-c", "kill -KILL $$"])).toMatchObject({ exit: "SIGKILL", isTimedOut: false });
    expect((await run(["/nowhere/at/all"])).exit).toMatch(/ENOENT/);
  });

  test("that takes too long, or is not wanted any more, is ended; what it leaves behind too", async () => {
    expect(await run(["/bin/sh", "-c", "sleep 86417"], { timeoutMs: 100 })).toMatchObject({
      exit: "SIGTERM",
      isTimedOut: true,
    });
    expect(await run(["/bin/sh", "-c", "sleep 86417"], { signal: AbortSignal.abort() })).toMatchObject({ exit: "SIGTERM" });
    expect(await run(["/bin/sh", "-c", "sleep 86417 >/dev/null 2>&1 & exit 0"])).toMatchObject({ exit: 0 });
    await gone("sleep 86417");
  });
});

describe("a kept output", () => {
  test("finds a text that comes in two pieces, and says when it has ended without one", async () => {
    const output = keepOutput(100);
    const [found, missed] = [output.sees("two words"), output.sees("three")];
    for (const piece of ["one two", " wor", "ds"]) output.add(Buffer.from(piece));
    expect(await found).toBe(true);
    expect(await output.sees("one")).toBe(true);
    output.end();
    expect([await missed, await output.sees("late"), output.text(), output.isCut()]).toEqual([
      false,
      false,
      "one two words",
      false,
    ]);
  });

  test("keeps what comes first, and still sees what comes later", async () => {
    const output = keepOutput(5);
    const late = output.sees("end");
    for (const piece of ["1234", "5678", "the end"]) output.add(Buffer.from(piece));
    expect([await late, output.text(), output.isCut()]).toEqual([true, "12345", true]);
  });
});

test("events of a step are the whole lines that came since it began, in logs old and new", async () => {
  const home = await mkdtemp(path.join(tmpdir(), "gantry-logs-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const folder = sessionsFolder({ HOME: home });
  expect(folder).toBe(path.join(home, ".local/state/gantry/sessions"));
  expect(await eventsSince(await markLogs(folder), folder)).toEqual([]);
  await mkdir(path.join(folder, "p"), { recursive: true });
  const old = path.join(folder, "p/a.jsonl");
  const line = (type: string, at: string): string => `${JSON.stringify({ type, at, data: {} })}\n`;
  await writeFile(old, `${line("input", "1")}{"type":"torn`);
  const mark = await markLogs(folder);
  // A resumed session cuts what was torn off before it goes on.
  await writeFile(old, `${line("input", "1")}${line("session.resume", "3")}no JSON\n`);
  await writeFile(path.join(folder, "p/b.jsonl"), line("session.open", "2"));
  expect((await eventsSince(mark, folder)).map(({ type }) => type)).toEqual(["session.open", "session.resume"]);
  const over = new AbortController();
  const seen = seesEvent("turn.end", mark, folder, over.signal);
  await appendFile(old, line("turn.end", "4"));
  expect(await seen).toBe(true);
  over.abort();
  expect(await seesEvent("limit", mark, folder, over.signal)).toBe(false);
});
