/** Which model a session goes on with, and what a session that cannot open leaves behind. */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { bench } from "../support/cli.ts";

const script = JSON.stringify({ steps: [{ say: "From the script." }] });

test("a resumed session keeps its model where nobody names another", async () => {
  const { run, model } = await bench([{ say: "From the server." }], { "s.json": script });
  await run("first", ["--model", "scripted/s.json"]);
  expect((await run("second", ["--continue"])).json.text).toBe("From the script.");
  expect((await run("third", ["--continue", "--model", "anthropic/claude-sonnet-5"])).json.text).toBe("From the server.");
  expect(model.requests).toHaveLength(1);
});

test("a model that nobody offers leaves no session and no lock behind", async () => {
  const { gantry, home } = await bench([]);
  expect((await gantry(["run", "hello", "--model", "nope/x"])).exit).toBe(2);
  const state = path.join(home, ".local/state/gantry/sessions");
  expect(await readdir(state, { recursive: true }).catch(() => [])).toEqual([]);
});
