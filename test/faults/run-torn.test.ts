/** A log whose last line was torn: reported by verify, cut and kept aside by --continue, and nothing else is lost. */
import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { bench, jsonLines } from "../support/cli.ts";

const torn = '{"v":1,"seq":9,"at":"2026-11-22T10:00:00.000Z","type":"answ';

test("a torn last line is reported, kept aside and gone on from", async () => {
  const { run, gantry, logs, events } = await bench([{ say: "First." }, { say: "Second." }]);
  const { json } = await run("first");
  const before = (await events()).length;
  const [log = ""] = await logs();
  await appendFile(log, torn);
  const verified = await gantry(["sessions", "verify", json.sessionId]);
  expect([verified.exit, verified.stdout]).toEqual([1, expect.stringContaining(`${torn.length} bytes`)]);

  const { stdout, stderr, exit } = await gantry(["run", "second", "--continue", "--output", "stream-json"]);
  expect(exit).toBe(0);
  const keptAs = path.join(path.dirname(log), `${json.sessionId}.torn-1`);
  expect(await readFile(keptAs, "utf8")).toBe(torn);
  expect(stderr).toContain(keptAs);
  expect(jsonLines(stdout)[0]).toMatchObject({
    seq: before + 1,
    type: "session.resume",
    data: { recovered: { cutBytes: torn.length, keptAs } },
  });
  expect((await gantry(["sessions", "verify", json.sessionId])).exit).toBe(0);
  expect((await readdir(path.dirname(log))).filter((name) => name.endsWith(".jsonl"))).toHaveLength(1);
});

test("a line changed by hand is named by verify, and the session is not gone on with", async () => {
  const { run, gantry, logs } = await bench([{ say: "First." }]);
  const { json } = await run("first");
  const [log = ""] = await logs();
  await writeFile(log, (await readFile(log, "utf8")).replace('"First."', '"Other."'));
  const verified = await gantry(["sessions", "verify"]);
  expect([verified.exit, verified.stdout]).toEqual([1, expect.stringMatching(/line \d+/)]);
  expect(await run("second", ["--continue"])).toMatchObject({
    exit: 1,
    json: { ok: false, error: { code: "SESSION_BROKEN" } },
  });
  expect((await gantry(["sessions", "show", json.sessionId])).stdout).toContain("first");
});
