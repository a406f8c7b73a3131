/** What a person answers on a terminal holds as long as they said: this call, this session, always; and no longer. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { gantry, gantryOnTerminal, makePlace } from "../shell/gantry.ts";

const touch = { call: { name: "Bash", input: { command: "touch made.txt" } } };
const other = { call: { name: "Bash", input: { command: "touch other.txt" } } };

test("`always` writes the rule shown into the user's own file for this project, and later runs are not asked", async () => {
  const place = await makePlace();
  const model = await place.script([touch, { say: "Done." }]);
  const terminal = gantryOnTerminal(place, ["run", "go", "--model", model]);
  await terminal.shows("(y/s/a/N)");
  expect(terminal.screen()).toContain("always, as Bash(touch made.txt)");
  terminal.types("a\r");
  expect(await terminal.ended).toBe(0);

  const files = (await readdir(place.home, { recursive: true })).filter((name) => /\/projects\/[^/]+$/.test(name));
  expect(files).toHaveLength(1);
  const file = path.join(place.home, files[0] ?? "");
  const text = await readFile(file, "utf8");
  const line = text.split("\n").findIndex((part) => part.includes("Bash(touch made.txt)")) + 1;
  expect(line).toBeGreaterThan(0);
  expect(terminal.screen().replaceAll(/\s+/g, "")).toContain(`${file}:${line}`);
  expect(await readdir(place.workspace)).toEqual([".git", "made.txt"]);

  const stream = await gantry(place, ["run", "go", "--model", model, "--output", "stream-json"]);
  expect(stream.exit).toBe(0);
  expect(stream.stdout).toContain(`"by":{"kind":"rule","name":"Bash(touch made.txt)","source":"${file}:${line}"}`);
  const explained = await gantry(place, ["config", "explain", "permissions.allow"]);
  expect(explained.stdout).toContain(`${file}:${line}`);
});

test("`this session` holds for the same call in the resumed session, and in no other", async () => {
  const place = await makePlace();
  const model = await place.script([touch, touch, { say: "Done." }]);
  const terminal = gantryOnTerminal(place, ["run", "go", "--model", model]);
  await terminal.shows("(y/s/a/N)");
  terminal.types("s\r");
  expect(await terminal.ended).toBe(0);
  await place.script([touch, other, { say: "Done." }]);
  const resumed = await gantry(place, ["run", "again", "--model", model, "--continue", "--output", "json"]);
  const { toolCalls } = JSON.parse(resumed.stdout) as { toolCalls: { code?: string }[] };
  expect([resumed.exit, toolCalls.map(({ code }) => code)]).toEqual([3, [undefined, "APPROVAL_UNAVAILABLE"]]);
  expect((await gantry(place, ["run", "anew", "--model", model])).exit).toBe(3);
});

test("a call that an ask rule names is asked without `always` and without `this session`", async () => {
  const place = await makePlace();
  const model = await place.script([touch, { say: "Done." }]);
  const terminal = gantryOnTerminal(place, ["run", "go", "--model", model, "--ask", "Bash(touch:*)"]);
  await terminal.shows("(y/N)");
  terminal.types("a\r");
  await terminal.shows("(y/N)");
  terminal.types("y\r");
  expect(await terminal.ended).toBe(0);
  expect((await readdir(place.home, { recursive: true })).filter((name) => name.includes("projects/"))).toEqual([]);
});

test("what the model asks the user is asked on the terminal; without one the model is told that nobody can answer", async () => {
  const place = await makePlace();
  const options = ["left", "right"].map((label) => ({ label, description: `go ${label}` }));
  const question = { question: "Which way?", header: "Way", multiSelect: false, options };
  const asks = { call: { name: "AskUserQuestion", input: { questions: [question] } } };
  const model = await place.script([asks, { expect: { toolResult: { contains: "right" } } }, { say: "Right it is." }]);
  const terminal = gantryOnTerminal(place, ["run", "go", "--model", model]);
  await terminal.shows("Which way?");
  terminal.types("2\r");
  expect(await terminal.ended).toBe(0);
  await place.script([asks, { say: "I decide." }]);
  const headless = await gantry(place, ["run", "go", "--model", model, "--output", "json"]);
  expect([headless.exit, JSON.parse(headless.stdout)]).toMatchObject([0, { toolCalls: [{ code: "USER_UNAVAILABLE" }] }]);
});

test("a question of the model uses up no line that answers an approval on stdin", async () => {
  const place = await makePlace();
  const options = ["left", "right"].map((label) => ({ label, description: `go ${label}` }));
  const question = { question: "Which way?", header: "Way", multiSelect: false, options };
  const asks = { call: { name: "AskUserQuestion", input: { questions: [question] } } };
  const model = await place.script([asks, touch, { say: "Done." }]);
  const { exit, stdout } = await gantry(
    place,
    ["run", "go", "--model", model, "--output", "json", "--approve", "prompt", "--ask", "Bash(touch:*)"],
    { input: "y\n" },
  );
  expect([exit, JSON.parse(stdout)]).toMatchObject([0, { toolCalls: [{ code: "USER_UNAVAILABLE" }, { outcome: "ok" }] }]);
});
