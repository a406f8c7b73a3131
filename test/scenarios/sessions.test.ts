/** The sessions commands on a session that a real run left behind. */
import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { bench } from "../support/cli.ts";

async function recorded() {
  const made = await bench([{ call: { name: "Read", input: { file_path: "a.txt" } } }, { say: "It holds **one** line." }], {
    "a.txt": "only line\n",
  });
  const { json } = await made.run("what is in a.txt?");
  return { ...made, id: json.sessionId };
}

test("list shows it, as text and as one JSON object", async () => {
  const { gantry, id, cwd } = await recorded();
  const { stdout, exit } = await gantry(["sessions", "list"]);
  expect([exit, stdout]).toEqual([0, expect.stringMatching(new RegExp(`${id}.*what is in a\\.txt\\?`))]);
  const json = JSON.parse((await gantry(["sessions", "list", "--json"])).stdout);
  expect(json).toMatchObject({ ok: true, kind: "sessions.list", data: { sessions: [{ id, project: cwd, turns: 1 }] } });
});

test("show tells the conversation, by id, by prefix and as last", async () => {
  const { gantry, id } = await recorded();
  for (const reference of [id, id.slice(0, 10), "last"]) {
    const { stdout, exit } = await gantry(["sessions", "show", reference]);
    expect(exit).toBe(0);
    for (const part of ["what is in a.txt?", "Read", "It holds **one** line."]) expect(stdout).toContain(part);
  }
  const wrong = await gantry(["sessions", "show", "2019", "--json"]);
  expect([wrong.exit, JSON.parse(wrong.stdout)]).toMatchObject([1, { ok: false, error: { code: "SESSION_NOT_FOUND" } }]);
});

test("export gives the events as JSON, and the conversation as Markdown", async () => {
  const { gantry, id, events } = await recorded();
  const markdown = await gantry(["sessions", "export", id, "--format", "markdown"]);
  expect([markdown.exit, markdown.stdout]).toEqual([0, expect.stringContaining("It holds **one** line.")]);
  const json = await gantry(["sessions", "export", id, "--format", "json"]);
  expect(json.exit).toBe(0);
  const types = (await events()).map(({ type }) => type);
  const exported = JSON.parse(json.stdout) as { events: { type: string }[] };
  expect(exported.events.map(({ type }) => type)).toEqual(types);
});

test("show and export end before a line that was changed, and say so; verify fails", async () => {
  const { gantry, id, logs, events } = await recorded();
  const [log = ""] = await logs();
  const changed = (await events()).find(({ type }) => type === "tool.result")?.seq ?? 0;
  await writeFile(log, (await readFile(log, "utf8")).replaceAll("only line", "other line"));
  const show = await gantry(["sessions", "show", id, "--json"]);
  const shown = JSON.parse(show.stdout) as { ok: boolean; data: { events: { seq: number }[] }; warnings: string[] };
  expect([show.exit, shown.ok, shown.data.events.at(-1)?.seq]).toEqual([0, true, changed - 1]);
  expect(shown.warnings).toEqual([expect.stringContaining(`line ${changed} was changed`)]);
  const text = await gantry(["sessions", "show", id]);
  expect([text.stdout, text.stderr]).toEqual([
    expect.not.stringContaining("other line"),
    expect.stringContaining("was changed"),
  ]);
  const exported = JSON.parse((await gantry(["sessions", "export", id, "--format", "json"])).stdout) as { events: unknown[] };
  expect(exported.events).toHaveLength(changed - 1);
  const verify = await gantry(["sessions", "verify", "--json"]);
  expect([verify.exit, JSON.parse(verify.stdout)]).toMatchObject([
    1,
    { ok: false, kind: "sessions.verify", error: { code: "SESSION_BROKEN", detail: { sessions: [{ id, ok: false }] } } },
  ]);
});

test("verify passes, for one and for all", async () => {
  const { gantry, id } = await recorded();
  for (const args of [[], [id]]) {
    const { exit, stdout } = await gantry(["sessions", "verify", ...args]);
    expect([exit, stdout]).toEqual([0, expect.stringContaining(`${id}  ok`)]);
  }
});
