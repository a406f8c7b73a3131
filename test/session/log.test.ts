import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { hasCode } from "../../core/contract/errors.ts";
import { createLog } from "../../core/session/log.ts";
import { openFacts } from "../support/session-events.ts";
import { beside, newStateHome, newStore } from "../support/session-folder.ts";

const open = { id: "a", project: "/projects/sample", ...openFacts };
const newLog = (folder = newStateHome()) => createLog({ folder, id: "a", open });

test("each line holds the SHA-256 of the line before, over its bytes without the newline", async () => {
  const log = newLog();
  log.append("note", { text: "prüfe ✓ 🙂 \ud800" });
  log.append("note", { text: "line\nbreak" });
  await log.close();
  const text = readFileSync(log.path, "utf8");
  const lines = text.split("\n").slice(0, -1);
  const hashes = lines.map((line) => createHash("sha256").update(line).digest("hex"));
  expect(lines.map((line) => JSON.parse(line).prev)).toEqual(["0".repeat(64), hashes[0], hashes[1]]);
  expect(Object.keys(JSON.parse(lines[0] ?? ""))).toEqual(["v", "seq", "at", "type", "data", "prev"]);
  expect(text.endsWith("\n")).toBe(true);
});

test("append returns the event that the log will hold", async () => {
  const log = newLog();
  const event = log.append("turn.start", { turn: 1 });
  await log.close();
  const [, line = ""] = readFileSync(log.path, "utf8").split("\n");
  const { prev: _, ...logged } = JSON.parse(line);
  expect(event).toEqual(logged);
  expect([log.opened.seq, event.seq, log.count]).toEqual([1, 2, 2]);
});

test("the log appears with its first flush, readable by its owner only, and leaves no temporary file", async () => {
  const store = newStore();
  const { log } = await store.create(openFacts);
  expect(existsSync(log.path)).toBe(false);
  await log.flush();
  expect(statSync(log.path).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(log.path)).mode & 0o777).toBe(0o700);
  await log.close();
  expect(beside(log.path)).toEqual([`${log.id}.head`, `${log.id}.jsonl`]);
});

test("a flush covers all that was appended before it, also while another one runs", async () => {
  const log = newLog();
  const count = () => readFileSync(log.path, "utf8").split("\n").length - 1;
  const first = log.flush();
  log.append("turn.start", { turn: 1 });
  const second = log.flush();
  log.append("turn.start", { turn: 2 });
  const third = log.flush();
  await first;
  await second;
  expect(count()).toBeGreaterThanOrEqual(2);
  await third;
  expect(count()).toBe(3);
  await log.close();
});

test("flushes that ask for the same share one promise, and one with nothing to write resolves", async () => {
  const log = newLog();
  expect(log.flush()).toBe(log.flush());
  await log.flush();
  await log.flush();
  await log.close();
  expect(log.close()).toBe(log.close());
});

test("appends made during a commit go into the next one together", async () => {
  const log = newLog();
  await log.flush();
  log.append("turn.start", { turn: 1 });
  const running = log.flush();
  const following = Array.from({ length: 5 }, (_, index) => {
    log.append("turn.start", { turn: index + 2 });
    return log.flush();
  });
  expect(new Set(following).size).toBe(1);
  await Promise.all([running, ...following]);
  expect(readFileSync(log.path, "utf8").split("\n")).toHaveLength(8);
  await log.close();
});

test("the head file holds the count and the hash of the last line when the log is closed", async () => {
  const log = newLog();
  for (let turn = 1; turn <= 20; turn++) {
    log.append("turn.start", { turn });
    await log.flush();
  }
  await log.close();
  const last = readFileSync(log.path, "utf8").split("\n").at(-2) ?? "";
  const head = readFileSync(log.path.replace(/jsonl$/, "head"), "utf8");
  expect(head.trim().split(" ").slice(0, 2)).toEqual(["21", createHash("sha256").update(last).digest("hex")]);
});

test("a failed flush names the file and the reason, and the next one writes all", async () => {
  const log = newLog();
  await log.flush();
  const away = `${log.path}.away`;
  renameSync(log.path, away);
  log.append("turn.start", { turn: 1 });
  const failure = await log.flush().catch((error: unknown) => error);
  expect(hasCode(failure, "LOG_WRITE_FAILED")).toBe(true);
  expect(String(failure)).toContain(log.path);
  expect(String(failure)).toContain("ENOENT");
  renameSync(away, log.path);
  log.append("turn.start", { turn: 2 });
  await log.flush();
  expect(readFileSync(log.path, "utf8").split("\n")).toHaveLength(4);
  await log.close();
});

test.skipIf(process.getuid?.() === 0)(
  "a folder that may not be written fails the first flush and not the one after it was mended",
  async () => {
    const folder = newStateHome();
    const log = newLog(folder);
    chmodSync(folder, 0o500);
    await expect(log.flush()).rejects.toMatchObject({ code: "LOG_WRITE_FAILED" });
    chmodSync(folder, 0o700);
    await log.close();
    expect(beside(log.path)).toEqual(["a.head", "a.jsonl"]);
  },
);

test("a folder that is missing fails the first flush and not the one after it was made", async () => {
  const folder = join(newStateHome(), "later");
  const log = newLog(folder);
  await expect(log.flush()).rejects.toMatchObject({ code: "LOG_WRITE_FAILED" });
  mkdirSync(folder);
  await log.close();
  expect(beside(log.path)).toEqual(["a.head", "a.jsonl"]);
});

test("more than 64 MiB that wait for the disk are refused, and what waited before is kept", async () => {
  const log = newLog();
  const text = "x".repeat(16 * 1024 * 1024);
  for (let turn = 0; turn < 3; turn++) log.append("note", { text });
  expect(() => log.append("note", { text })).toThrow(expect.objectContaining({ code: "LOG_WRITE_FAILED" }));
  expect(log.count).toBe(4);
  await log.close();
  expect(statSync(log.path).size).toBeGreaterThan(3 * text.length);
});

test("a closed log takes no event", async () => {
  const log = newLog();
  await log.close();
  expect(() => log.append("turn.start", { turn: 1 })).toThrow(expect.objectContaining({ code: "INTERNAL" }));
});
