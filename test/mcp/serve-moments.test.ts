/** What happens around a served call: hooks, notes, a config that changes, questions of the agent, one place for each client. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { expect, test } from "vitest";
import * as z from "zod";
import { type Bench, bench } from "../support/cli.ts";
import { httpServer, overHttp, overStdio, textOf } from "../support/mcp-serve.ts";

async function configure(home: Bench, config: object): Promise<void> {
  const folder = path.join(home.home, ".config/gantry");
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "config.json"), JSON.stringify(config, null, 2));
}

const hook = (event: string, line: string, more: object = {}): object => ({
  hooks: { [event]: [{ ...more, hooks: [{ type: "command", command: line }] }] },
});

test("a hook denies a served call as it denies a model's, and what it says reaches the client as a log message", async () => {
  const home = await bench([]);
  const reply = JSON.stringify({
    systemMessage: "the guard speaks",
    hookSpecificOutput: {
      hookEventName: "PreToolUse",
      permissionDecision: "deny",
      permissionDecisionReason: "not on a Friday",
    },
  });
  await configure(home, hook("PreToolUse", `echo '${reply}'`, { matcher: "Bash" }));
  const { call, client, notes } = await overStdio(home, ["--approve", "always"]);
  const denied = await call("Bash", { command: "touch a.txt" });
  expect(denied).toMatchObject({ isError: true, _meta: { "gantry/code": "APPROVAL_DENIED" } });
  expect(textOf(denied)).toContain("not on a Friday");
  await client.ping();
  expect(notes.join("\n")).toContain("the guard speaks");
  notes.length = 0;
  await client.setLoggingLevel("error");
  await call("Bash", { command: "touch a.txt" });
  await client.ping();
  expect(notes).toEqual([]);
});

test("plan mode, an ask rule and --approve never hold for a client as for a model", async () => {
  const home = await bench([], { "a.txt": "alpha\n" });
  const yes = { answer: () => ({ action: "accept" as const, content: { allow: true } }) };
  const planned = await overStdio(home, ["--permission-mode", "plan"], yes);
  expect(textOf(await planned.call("Write", { file_path: "b.txt", content: "" }))).toContain("plan");
  expect(planned.asked).toEqual([]);
  const asking = await overStdio(home, ["--ask", "Read"], yes);
  expect(textOf(await asking.call("Read", { file_path: "a.txt" }))).toContain("alpha");
  expect(asking.asked).toHaveLength(1);
  const never = await overStdio(home, ["--approve", "never", "--tools", "Write,Read"], yes);
  expect((await never.client.listTools()).tools.map(({ name }) => name)).toEqual(["Read", "Write", "run"]);
  expect((await never.call("Write", { file_path: "b.txt", content: "" })).isError).toBe(true);
  await expect(never.call("Bash", { command: "true" })).rejects.toMatchObject({ code: -32_602 });
  expect(never.asked).toEqual([]);
});

test("a config that changes counts from the next call on, and the client is told of another list", async () => {
  const home = await bench([], { "a.txt": "alpha\n" });
  await configure(home, { permissions: { allow: ["Bash"] } });
  const { call, client, notes } = await overStdio(home);
  const { promise: changed, resolve } = Promise.withResolvers<void>();
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve());
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain("Grep");
  expect((await call("Bash", { command: "touch b.txt" })).isError).toBeUndefined();
  await configure(home, { permissions: { allow: ["Bash"], deny: ["Grep", "Bash(touch:*)"] } });
  const denied = await call("Bash", { command: "touch c.txt" });
  expect(denied).toMatchObject({ isError: true, _meta: { "gantry/code": "APPROVAL_DENIED" } });
  await changed;
  expect(notes.join("\n")).toContain("the config has changed");
  expect((await client.listTools()).tools.map(({ name }) => name)).not.toContain("Grep");
  await expect(call("Grep", { pattern: "a" })).rejects.toMatchObject({ code: -32_602 });
});

test("a question that its call is cancelled under is taken back, and the next one is asked", async () => {
  const home = await bench([]);
  const { promise: shown, resolve } = Promise.withResolvers<void>();
  const answers = [new Promise<never>(() => undefined), { action: "accept" as const, content: { allow: true } }];
  const { call, asked } = await overStdio(home, [], {
    answer() {
      resolve();
      return answers.shift() ?? { action: "cancel" };
    },
  });
  const cancel = new AbortController();
  const first = call("Write", { file_path: "a.txt", content: "a" }, { signal: cancel.signal });
  await shown;
  cancel.abort("changed my mind");
  await expect(first).rejects.toThrow(/changed my mind/);
  expect((await call("Write", { file_path: "b.txt", content: "b" })).isError).toBeUndefined();
  await expect(home.file("a.txt")).rejects.toThrow("ENOENT");
  expect(asked).toHaveLength(2);
});

test("the agent's own question in a run is a form for the client's user, over HTTP too", async () => {
  const questions = [
    {
      question: "Which colour?",
      header: "Colour",
      options: [
        { label: "red", description: "warm" },
        { label: "blue", description: "cold" },
      ],
      multiSelect: false,
    },
  ];
  const ask = { call: { name: "AskUserQuestion", input: { questions } } };
  const home = await bench([ask, { say: "Blue it is." }, ask, { say: "Never mind." }]);
  const server = await httpServer(home);
  const asked = await overHttp(server, { answer: () => ({ action: "accept", content: { answer: "blue" } }) });
  expect((await asked.call("run", { prompt: "paint" })).structuredContent).toMatchObject({ text: "Blue it is." });
  expect(asked.asked).toEqual(["Which colour?"]);
  expect(home.model.requests.at(-1)?.toolResults[0]?.text).toContain("blue");
  const silent = await overHttp(server);
  await silent.call("run", { prompt: "paint" });
  expect(home.model.requests.at(-1)?.toolResults[0]?.isError).toBe(true);
});

test("a shell of one client is not another's, and a call that kills itself leaves the server as it was", async () => {
  const home = await bench([]);
  const server = await httpServer(home, ["--approve", "always"]);
  const [one, other] = [await overHttp(server), await overHttp(server)];
  const started = await one.call("Bash", { command: "echo of one; sleep 600", run_in_background: true });
  const { bash_id } = z.object({ bash_id: z.string() }).parse(started._meta?.["gantry/data"]);
  expect((await one.call("BashOutput", { bash_id })).isError).toBeUndefined();
  expect((await other.call("BashOutput", { bash_id })).isError).toBe(true);
  expect(textOf(await other.call("BashOutput", {}))).toContain("There are no background runs");
  await other.call("Bash", { command: "kill -9 $$" });
  expect(textOf(await other.call("Bash", { command: "echo still here" }))).toContain("still here");
});
