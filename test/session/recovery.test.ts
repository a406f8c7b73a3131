import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { EventType } from "../../core/contract/events.ts";
import type { SessionLog } from "../../core/session/log.ts";
import { assertPairs } from "../../core/session/pairs.ts";
import type { OpenedSession } from "../../core/session/store.ts";
import { addTurn, callOf, recorder, usage } from "../support/session-events.ts";
import { beside, newStore, writeSession } from "../support/session-folder.ts";

const nothing = async (): Promise<void> => {};
const oneTurn = (session: OpenedSession): Promise<void> => addTurn(session, 1, nothing);
const close = ({ log }: { log: SessionLog }): Promise<void> => log.close();

test("a log torn at any byte of its last line loses that line only, which is kept aside and reported", async () => {
  const store = newStore();
  const { id, path } = await writeSession(store, oneTurn);
  const whole = readFileSync(path);
  const head = readFileSync(path.replace(/jsonl$/, "head"));
  const lastLine = whole.lastIndexOf(10, whole.length - 2) + 1;
  for (let size = lastLine + 1; size < whole.length; size++) {
    writeFileSync(path, whole.subarray(0, size));
    writeFileSync(path.replace(/jsonl$/, "head"), head);
    const { log, state, recovery, appended } = await store.resume(id);
    const keptAs = join(dirname(path), `${id}.torn-${size - lastLine}`);
    expect(recovery).toMatchObject({ cut: { bytes: size - lastLine, keptAs }, lostLines: 1 });
    expect(appended[0]?.data).toMatchObject({ recovered: { cutBytes: size - lastLine, keptAs } });
    expect(readFileSync(keptAs)).toEqual(whole.subarray(lastLine, size));
    expect(state.turns).toBe(1);
    await log.close();
  }
  expect(await store.verify(id)).toMatchObject([{ ok: true }]);
  expect(beside(path).filter((name) => name.endsWith(".jsonl"))).toEqual([`${id}.jsonl`]);
});

test("verify sees a change of any byte of a closed log, and resume refuses one anywhere but in the last newline", async () => {
  const store = newStore();
  const { id, path } = await writeSession(store, oneTurn);
  const whole = readFileSync(path);
  let refused = 0;
  for (let place = 0; place < whole.length; place++) {
    const changed = Buffer.from(whole);
    changed[place] = (changed[place] ?? 0) ^ 1;
    writeFileSync(path, changed);
    const [report] = await store.verify(id);
    if (report?.ok !== false) throw new Error(`byte ${place} was changed unseen`);
    const line = whole.subarray(0, place).filter((byte) => byte === 10).length + 1;
    expect(Math.abs((report.problems[0]?.line ?? 0) - line)).toBeLessThanOrEqual(1);
    if (place === whole.length - 1 || place % 16 !== 0) continue;
    await expect(store.resume(id)).rejects.toMatchObject({ code: "SESSION_BROKEN" });
    refused++;
  }
  expect(refused).toBe(Math.ceil((whole.length - 1) / 16));
});

test("a changed line is named by its number, and the session is read up to what is proven", async () => {
  const store = newStore();
  const { id, path } = await writeSession(store, oneTurn);
  const lines = readFileSync(path, "utf8").split("\n");
  writeFileSync(path, lines.map((line, index) => (index === 6 ? line.replace("allow", "adlow") : line)).join("\n"));
  const problems = [{ line: 7, what: "was changed after it was written: its hash is not what the chain says" }];
  expect(await store.verify(id)).toEqual([{ id, ok: false, events: 7, problems }]);
  await expect(store.resume(id)).rejects.toMatchObject({ code: "SESSION_BROKEN", message: expect.stringContaining("line 7 ") });
  expect(await store.read(id)).toMatchObject({ problems, summary: { id, events: 11 } });
  // A refused session is let go of: another may look at it, and nothing was written.
  expect(beside(path)).toEqual([`${id}.head`, `${id}.jsonl`]);
});

test.each<[string, (lines: string[]) => void, { line: number; what: RegExp }]>([
  ["a line that is missing", (lines) => void lines.splice(4, 1), { line: 5, what: /event 5 is missing/ }],
  ["lines that are missing", (lines) => void lines.splice(4, 3), { line: 5, what: /events 5 to 7 are missing/ }],
  ["the first line missing", (lines) => void lines.splice(0, 1), { line: 1, what: /event 1 is missing/ }],
  ["a line put in twice", (lines) => void lines.splice(4, 0, lines[4] ?? ""), { line: 6, what: /is event 5 where 6 is due/ }],
  ["a line that is no event", (lines) => void lines.splice(4, 1, "{}"), { line: 5, what: /is not an event/ }],
  [
    "a changed prev",
    (lines) => void lines.splice(4, 1, (lines[4] ?? "").replace(/"prev":"./, '"prev":"z')),
    { line: 5, what: /was changed/ },
  ],
  [
    "a changed last line",
    (lines) => void lines.splice(10, 1, (lines[10] ?? "").replace("turn.end", "turn.ent")),
    { line: 11, what: /head file/ },
  ],
  [
    "a newer version",
    (lines) => void lines.splice(4, 1, (lines[4] ?? "").replace('"v":1', '"v":2')),
    { line: 5, what: /version 2/ },
  ],
])("%s is named by its number", async (_, change, { line, what }) => {
  const store = newStore();
  const { id, path } = await writeSession(store, oneTurn);
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  change(lines);
  writeFileSync(path, lines.map((each) => `${each}\n`).join(""));
  const [report] = await store.verify(id);
  expect(report?.problems[0]).toEqual({ line, what: expect.stringMatching(what) });
  await expect(store.resume(id)).rejects.toMatchObject({ code: "SESSION_BROKEN", detail: { line } });
});

test("an empty log is broken at line 1, for reading too", async () => {
  const store = newStore();
  const { id, path } = await writeSession(store);
  truncateSync(path, 0);
  expect(await store.verify(id)).toMatchObject([{ ok: false, problems: [{ line: 1 }] }]);
  await expect(store.resume(id)).rejects.toMatchObject({ code: "SESSION_BROKEN" });
  await expect(store.read(id)).rejects.toMatchObject({ code: "SESSION_BROKEN" });
  expect(await store.list({ all: false })).toMatchObject([{ id, events: 0 }]);
});

test("whole lines lost at the end are reported once, and the session goes on without them", async () => {
  const store = newStore();
  const { id, path } = await writeSession(store, oneTurn);
  const lines = readFileSync(path, "utf8").split("\n");
  writeFileSync(
    path,
    lines
      .slice(0, 8)
      .map((line) => `${line}\n`)
      .join(""),
  );
  expect(await store.verify(id)).toMatchObject([
    { ok: false, events: 8, problems: [{ line: 9, what: expect.stringContaining("3 events") }] },
  ]);
  const { log, recovery } = await store.resume(id);
  expect(recovery?.lostLines).toBe(3);
  expect(recovery?.notes.join(" ")).toContain("3 events that were in the log are gone");
  await log.close();
  const again = await store.resume(id);
  expect(again.recovery?.lostLines).toBe(0);
  await again.log.close();
  expect(await store.verify(id)).toMatchObject([{ ok: true }]);
});

test("a head file that is missing or half written is not believed: only a loss at the end cannot be seen then", async () => {
  const store = newStore();
  const { id, path } = await writeSession(store, oneTurn);
  const head = path.replace(/jsonl$/, "head");
  const whole = readFileSync(head, "utf8");
  for (const text of ["garbage", whole.replace("11", "10"), whole.replace("11", "12"), whole.slice(0, -2)]) {
    writeFileSync(head, text);
    expect(await store.verify(id)).toMatchObject([{ ok: true, events: 11 }]);
  }
  rmSync(head);
  expect(await store.verify(id)).toMatchObject([{ ok: true, events: 11 }]);
});

test("calls without a result are answered once: in doubt if they may have run, not started if they cannot have", async () => {
  const store = newStore();
  const by = { kind: "user", name: "once" } as const;
  const { id } = await writeSession(store, (session) => {
    const record = recorder(session);
    record("input", { content: [{ type: "text", text: "go" }], source: "prompt" });
    const content = ["asked", "called", "denied", "allowed", "started", "done"].map((callId) => callOf(callId));
    record("answer", { step: 1, message: { role: "assistant", content }, stop: "tool_use", usage, model: "a" });
    for (const callId of ["called", "denied", "allowed", "started", "done"])
      record("tool.call", { callId, name: "Read", input: {} });
    record("tool.approval", { callId: "denied", verdict: "deny", asked: true, by, reason: "not that file" });
    for (const callId of ["allowed", "started"]) record("tool.approval", { callId, verdict: "allow", asked: true, by });
    record("tool.start", { callId: "started" });
    record("tool.result", { callId: "done", content: [{ type: "text", text: "fine" }], isError: false, durationMs: 1 });
  });
  const first = await store.resume(id);
  expect(first.recovery?.inDoubt.map(({ callId }) => callId)).toEqual(["allowed", "started"]);
  expect(first.recovery?.notStarted.map(({ callId }) => callId)).toEqual(["asked", "called", "denied"]);
  const notStarted = {
    code: "TOOL_INTERRUPTED",
    message: "not started: the session ended before this call began.",
    durationMs: 0,
  };
  const inDoubt = {
    code: "TOOL_INTERRUPTED",
    message: expect.stringMatching(/^interrupted: it may or may not have happened/),
    durationMs: 0,
    inDoubt: true,
  };
  expect(first.appended.filter(({ type }) => type === "tool.failed").map(({ data }) => data)).toEqual([
    { callId: "asked", ...notStarted },
    { callId: "called", ...notStarted },
    { callId: "denied", code: "APPROVAL_DENIED", message: "not that file. The call was not run.", durationMs: 0 },
    { callId: "allowed", ...inDoubt },
    { callId: "started", ...inDoubt },
  ]);
  assertPairs(first.state.messages);
  const results = first.state.messages.at(-1)?.content.map((block) => (block.type === "tool_result" ? block.callId : ""));
  expect(results).toEqual(["asked", "called", "denied", "allowed", "started", "done"]);
  await close(first);
  const second = await store.resume(id);
  expect(second.appended.map(({ type }) => type)).toEqual<EventType[]>(["session.resume"]);
  expect(second.state.messages).toEqual(first.state.messages);
  await close(second);
});

test("an answer that was being given when the session ended is said to be lost", async () => {
  const store = newStore();
  const { id } = await writeSession(store, (session) => {
    const record = recorder(session);
    record("input", { content: [{ type: "text", text: "go" }], source: "prompt" });
    record("step.start", { step: 1, model: "a", promptSha256: "", messages: 1 });
  });
  const session = await store.resume(id);
  expect(session.recovery).toMatchObject({ answerLost: true, notes: [expect.stringContaining("The model was answering")] });
  await close(session);
});
