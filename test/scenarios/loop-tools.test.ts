/** Several calls in one answer, and tools that say that they failed. */
import { expect, test } from "vitest";
import { goneAltogether } from "../support/alive.ts";
import { bench, resultTexts } from "../support/cli.ts";

test("reading calls of one answer overlap, their results come in the order of the calls", async () => {
  const names = Array.from({ length: 20 }, (_, index) => `file-${index}.txt`);
  const { run, model, events } = await bench(
    [{ calls: names.map((file_path) => ({ name: "Read", input: { file_path } })) }, { say: "All." }],
    Object.fromEntries(names.map((name) => [name, `content of ${name}\n`])),
  );
  const { json } = await run("read all");
  expect(json.toolCalls.map(({ input }) => input["file_path"])).toEqual(names);
  expect(resultTexts(model).map((text) => /content of (\S+)/.exec(text)?.[1])).toEqual(names);
  const order = (await events()).map(({ type }) => type);
  expect(order.indexOf("tool.result")).toBeGreaterThan(order.indexOf("tool.start", order.indexOf("tool.start") + 1));
});

test("changing calls of one answer run one by one, in order", async () => {
  const append = (text: string) => ({ name: "Bash", input: { command: `printf ${text} >> a.txt` } });
  const { run, file } = await bench([{ calls: ["1", "2", "3", "4"].map(append) }, { say: "Done." }]);
  expect((await run("append", ["--approve", "always"])).exit).toBe(0);
  expect(await file("a.txt")).toBe("1234");
});

test("a command that fails is an error result with its output and exit code, and the turn goes on", async () => {
  const { run, model } = await bench([
    { call: { name: "Bash", input: { command: "echo before; exit 7" } } },
    { say: "It failed." },
  ]);
  const { json, exit } = await run("run", ["--approve", "always"]);
  expect([exit, json.toolCalls[0]]).toMatchObject([0, { outcome: "error", code: "TOOL_FAILED" }]);
  expect(resultTexts(model)[0]).toMatch(/before[\s\S]*Exit code 7/);
});

test("a command over its time is ended with its children, and the model is told so", async () => {
  const { run, model } = await bench([
    { call: { name: "Bash", input: { command: "sleep 47001 & sleep 47001", timeout: 300 } } },
    { say: "Too slow." },
  ]);
  const { json } = await run("run", ["--approve", "always"]);
  expect(json.toolCalls).toMatchObject([{ outcome: "error", code: "TOOL_TIMEOUT" }]);
  expect(resultTexts(model)[0]).toContain("300 ms");
  await goneAltogether("sleep 47001");
});

test("terminal codes of a command reach neither the model nor the log", async () => {
  const { run, model, events } = await bench([
    { call: { name: "Bash", input: { command: "printf '\\033[31mred\\033[0m\\007'" } } },
    { say: "Red." },
  ]);
  await run("run", ["--approve", "always"]);
  expect(resultTexts(model)).toEqual(["red"]);
  expect(JSON.stringify(await events())).not.toMatch(/\\u001b\[31m|\\u0007"/);
});

test("the shell's folder is kept between calls; a resumed session begins where it is resumed", async () => {
  const pwd = { call: { name: "Bash", input: { command: "pwd" } } };
  const { run, model, cwd } = await bench(
    [{ call: { name: "Bash", input: { command: "cd inner" } } }, pwd, { say: "In." }, pwd, { say: "Still in." }],
    { "inner/a.txt": "a\n" },
  );
  await run("go", ["--approve", "always"]);
  expect(resultTexts(model)).toEqual([`${cwd}/inner`]);
  await run("where", ["--approve", "always", "--continue"]);
  expect(resultTexts(model)).toEqual([cwd]);
});

test("a call in a session without any tool is told that none is loaded", async () => {
  const { run, model } = await bench([{ call: { name: "Read", input: { file_path: "a.txt" } } }, { say: "Pity." }]);
  const { exit, json } = await run("read", ["--no-plugins"]);
  expect([exit, json.toolCalls[0]?.code]).toEqual([0, "TOOL_UNKNOWN"]);
  expect(resultTexts(model)[0]).toContain("there is no tool Read. No tool is loaded.");
});
