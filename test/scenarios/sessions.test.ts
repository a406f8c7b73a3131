/** The sessions commands on a session that a real run left behind. */
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

test("verify passes, for one and for all", async () => {
  const { gantry, id } = await recorded();
  for (const args of [[], [id]]) {
    const { exit, stdout } = await gantry(["sessions", "verify", ...args]);
    expect([exit, stdout]).toEqual([0, expect.stringContaining(`${id}  ok`)]);
  }
});
