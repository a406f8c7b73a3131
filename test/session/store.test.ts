import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { createStore } from "../../core/session/store.ts";
import { addTurn, openFacts, recorder } from "../support/session-events.ts";
import { newStore, writeSession } from "../support/session-folder.ts";

const nothing = async (): Promise<void> => {};

test("a session lies in a folder named after its project, under an id that begins with the time", async () => {
  const store = newStore("/projects/My App");
  const { id, path } = await writeSession(store);
  expect(id).toMatch(/^\d{8}T\d{6}-[a-z2-7]{6}$/);
  expect(path).toBe(join(store.stateHome, "sessions", basename(dirname(path)), `${id}.jsonl`));
  expect(basename(dirname(path))).toMatch(/^my-app-[0-9a-f]{10}$/);
  expect(store.outputDir(id)).toBe(join(dirname(path), `${id}.output`));
});

test("projects of one name have different folders", async () => {
  const a = await writeSession(newStore("/a/app"));
  const b = await writeSession(newStore("/b/app"));
  expect(basename(dirname(a.path))).not.toBe(basename(dirname(b.path)));
});

test("a resumed session has the state it was left with, and its log goes on", async () => {
  const store = newStore();
  let left: unknown;
  const { id } = await writeSession(store, async (session) => {
    await addTurn(session, 1, nothing);
    left = structuredClone(session.state);
  });
  const { log, state, appended, recovery } = await store.resume(id, { cwd: "/projects/sample/src", model: "scripted/b.json" });
  const { updatedAt: _, ...before } = left as typeof state;
  expect(state).toMatchObject({ ...before, cwd: "/projects/sample/src", model: "scripted/b.json", events: log.count });
  expect(appended.map(({ type, data }) => [type, data])).toEqual([
    ["session.resume", { cwd: "/projects/sample/src", model: "scripted/b.json" }],
  ]);
  expect(recovery).toEqual({ lostLines: 0, inDoubt: [], notStarted: [], answerLost: false, notes: [] });
  await log.close();
  expect(await store.verify(id)).toEqual([{ id, ok: true, events: log.count, problems: [] }]);
});

test("a session is found by its id, a unique beginning of it, and last", async () => {
  const store = newStore();
  const first = await writeSession(store);
  const second = await writeSession(store);
  utimesSync(second.path, new Date(1_000), new Date(1_000));
  expect((await store.read(first.id)).summary.id).toBe(first.id);
  expect((await store.read(second.id.slice(0, -1))).summary.id).toBe(second.id);
  expect((await store.read("last")).summary.id).toBe(first.id);
});

test("an unknown id is an error with the nearest one, an ambiguous one names the candidates", async () => {
  const store = newStore();
  await expect(store.resume("last")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  const { id } = await writeSession(store);
  const wrong = `${id.slice(0, -1)}0`;
  await expect(store.resume(wrong)).rejects.toMatchObject({
    code: "SESSION_NOT_FOUND",
    message: expect.stringContaining(`Did you mean ${id}?`),
  });
  const other = await writeSession(store);
  const error = store.read(id.slice(0, 4));
  await expect(error).rejects.toMatchObject({ code: "SESSION_AMBIGUOUS", detail: { candidates: [id, other.id].sort() } });
  await expect(error).rejects.toThrow(other.id);
  await expect(store.read("")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
});

test("a session of another project can be read, and is resumed only there", async () => {
  const there = newStore("/projects/there");
  const { id } = await writeSession(there);
  const here = createStore({ stateHome: there.stateHome, project: "/projects/here" });
  expect((await here.read(id)).summary.project).toBe("/projects/there");
  await expect(here.resume(id)).rejects.toMatchObject({
    code: "SESSION_NOT_FOUND",
    message: expect.stringContaining("/projects/there"),
  });
  await expect(here.read("last")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
});

test("a list shows the newest first, of this project or of all", async () => {
  const store = newStore();
  const first = await writeSession(store, (session) => addTurn(session, 1, nothing));
  const second = await writeSession(store);
  // Clocks of files are coarse: what is written one after the other may have one time.
  utimesSync(second.path, new Date(1_000), new Date(1_000));
  utimesSync(first.path, new Date(2_000), new Date(2_000));
  const other = await writeSession(createStore({ stateHome: store.stateHome, project: "/projects/other" }));
  const own = await store.list({ all: false });
  expect(own.map(({ id }) => id)).toEqual([first.id, second.id]);
  expect(own[0]).toMatchObject({
    project: "/projects/sample",
    title: "Task 1 – prüfe ✓",
    events: 11,
    turns: 1,
    model: openFacts.model,
  });
  expect(own[1]).toMatchObject({ title: "", events: 1, turns: 0, updatedAt: new Date(1_000).toISOString() });
  expect((await store.list({ all: true })).map(({ id }) => id)).toEqual([other.id, first.id, second.id]);
});

test("a list of no sessions is empty, and a stray file among the projects is passed over", async () => {
  const store = newStore();
  expect(await store.list({ all: true })).toEqual([]);
  await writeSession(store);
  writeFileSync(join(store.stateHome, "sessions", "stray"), "x");
  expect(await store.list({ all: true })).toHaveLength(1);
});

test("what a list shows is what the state says", async () => {
  const store = newStore();
  const { id } = await writeSession(store, async (session) => {
    for (let turn = 1; turn <= 3; turn++) await addTurn(session, turn, nothing);
  });
  const { log, state } = await store.resume(id, { model: "scripted/other.json" });
  await log.close();
  const [summary] = await store.list({ all: false });
  const { title, turns, model, createdAt, project, events } = state;
  expect(summary).toMatchObject({ id, title, turns, model, createdAt, project, events });
});

test("a session that is open cannot be opened again, and can be read, listed and verified", async () => {
  const store = newStore();
  const { log, state } = await store.create(openFacts);
  recorder({ log, state })("input", { content: [{ type: "text", text: "hello" }], source: "prompt" });
  await log.flush();
  const locked = store.resume(log.id);
  await expect(locked).rejects.toMatchObject({ code: "SESSION_LOCKED", detail: { pid: process.pid, host: hostname() } });
  await expect(locked).rejects.toThrow(`process ${process.pid} on ${hostname()}`);
  expect((await store.read(log.id)).events).toHaveLength(2);
  expect((await store.verify(log.id))[0]?.ok).toBe(true);
  await log.close();
  await (await store.resume(log.id)).log.close();
  expect(readdirSync(dirname(log.path)).sort()).toEqual([`${log.id}.head`, `${log.id}.jsonl`]);
});

test("a session that was created and never flushed leaves nothing that a list shows", async () => {
  const store = newStore();
  await store.create(openFacts);
  expect(await store.list({ all: true })).toEqual([]);
});

/** Puts something else in the place of a log, a head or a lock. */
const foreign = {
  pipe: (path: string) => void execFileSync("mkfifo", [path]),
  folder: (path: string) => mkdirSync(path),
  "file of 2 GiB": (path: string) => {
    writeFileSync(path, "");
    truncateSync(path, 2 ** 31);
  },
};

test.each(Object.entries(foreign))("a %s named as a log is broken, and hides no other session", async (_name, put) => {
  const store = newStore();
  const { id, path } = await writeSession(store);
  const other = join(dirname(path), "20990101T000000-aaaaaa.jsonl");
  put(other);
  const listed = await store.list({ all: false });
  expect(listed.map((summary) => [summary.id, summary.broken?.includes(other) ?? false]).sort()).toEqual([
    [id, false],
    [basename(other, ".jsonl"), true],
  ]);
  for (const act of [store.read, store.resume])
    await expect(act("20990101")).rejects.toMatchObject({ code: "SESSION_BROKEN", message: expect.stringContaining(other) });
  expect((await store.verify(undefined)).map(({ ok }) => ok)).toEqual([true, false]);
});

test("last passes over what is no file", async () => {
  const store = newStore();
  const { id, path } = await writeSession(store);
  mkdirSync(join(dirname(path), "20990101T000000-aaaaaa.jsonl"));
  expect((await store.read("last")).summary.id).toBe(id);
});

test.each(Object.entries(foreign))("a %s in the place of the head is no head, and the session goes on", async (_name, put) => {
  const store = newStore();
  const { id, path } = await writeSession(store);
  const head = path.replace(/jsonl$/, "head");
  rmSync(head);
  put(head);
  const { log } = await store.resume(id);
  await log.close();
  expect((await store.verify(id))[0]).toMatchObject({ ok: true, events: 2 });
});

test("a lock that could not be read is taken over with a note", async () => {
  const store = newStore();
  const { id, path } = await writeSession(store);
  const lock = path.replace(/jsonl$/, "lock");
  writeFileSync(lock, "trash");
  expect((await store.list({ all: false }))[0]?.lockedBy).toBeUndefined();
  utimesSync(lock, new Date(1_000), new Date(1_000));
  const { log, recovery } = await store.resume(id);
  expect(recovery?.notes).toEqual(["A lock that could not be read was taken over."]);
  await log.close();
});
