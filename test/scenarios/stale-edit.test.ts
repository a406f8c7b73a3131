/** An edit rests on what the model last saw of a file: when that is not what is there, it is refused and nothing is lost. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { bench, resultTexts } from "../support/cli.ts";

const edit = { call: { name: "Edit", input: { file_path: "a.txt", old_string: "two", new_string: "TWO" } } };
const write = { call: { name: "Write", input: { file_path: "a.txt", content: "all new\n" } } };
const read = { call: { name: "Read", input: { file_path: "a.txt" } } };
const edits = ["--permission-mode", "acceptEdits"];

test.each([
  ["Edit", edit],
  ["Write", write],
])("%s of a file that was not read is refused", async (_name, change) => {
  const { run, file, model } = await bench([change, { say: "Not read." }], { "a.txt": "one\ntwo\n" });
  const { json, exit } = await run("change", edits);
  expect([exit, json.toolCalls[0]?.code]).toEqual([0, "FILE_NOT_READ"]);
  expect(resultTexts(model)[0]).toContain("a.txt");
  expect(await file("a.txt")).toBe("one\ntwo\n");
});

test.each([
  ["Edit", edit],
  ["Write", write],
])("%s of a file that somebody changed since it was read is refused, with what changed", async (_name, change) => {
  const { run, file, model, cwd } = await bench([read, { say: "Read." }, change, { say: "Changed." }], {
    "a.txt": "one\ntwo\n",
  });
  await run("read", edits);
  await writeFile(path.join(cwd, "a.txt"), "one\ntwo\nthree of somebody else\n");
  const { json, exit } = await run("change", ["--continue", ...edits]);
  expect([exit, json.toolCalls[0]?.code]).toEqual([0, "FILE_CHANGED"]);
  expect(resultTexts(model)[0]).toContain("three of somebody else");
  expect(await file("a.txt")).toBe("one\ntwo\nthree of somebody else\n");
});

test("a shell command between read and edit counts as somebody; read again, the edit goes through", async () => {
  const command = { call: { name: "Bash", input: { command: "echo more >> a.txt" } } };
  const { run, file } = await bench([read, command, edit, read, edit, { say: "Done." }], { "a.txt": "one\ntwo\n" });
  const { json } = await run("change", ["--approve", "always"]);
  expect(json.toolCalls.map(({ code }) => code)).toEqual([undefined, undefined, "FILE_CHANGED", undefined, undefined]);
  expect(await file("a.txt")).toBe("one\nTWO\nmore\n");
});

test("a file read in an earlier run may be edited in a resumed one while it is unchanged", async () => {
  const { run, file } = await bench([read, { say: "Read." }, edit, edit, { say: "Done." }], { "a.txt": "one\ntwo\ntwo" });
  await run("read", edits);
  const { json } = await run("change", ["--continue", ...edits]);
  expect(json.toolCalls.map(({ code }) => code)).toEqual(["EDIT_NOT_UNIQUE", "EDIT_NOT_UNIQUE"]);
  expect(await file("a.txt")).toBe("one\ntwo\ntwo");
});
