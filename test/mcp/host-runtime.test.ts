/** MCP servers of an embedded runtime: its sessions share them, what is required ends a turn, and the close ends them. */
import { randomUUID } from "node:crypto";
import { appendFile, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { McpServerSpec } from "../../core/contract/mcp.ts";
import { embed, say } from "../support/embed.ts";
import { plainServer, withVariable } from "../support/mcp-host.ts";

function projectFile(servers: Record<string, McpServerSpec & { required: boolean }>, mark: string): string {
  const entries = Object.entries(servers).map(([name, { transport, required }]) => {
    if (transport.kind !== "stdio") throw new TypeError("a program is wanted");
    return [name, { command: transport.command, args: transport.args, env: { GANTRY_TEST: mark }, required }];
  });
  return JSON.stringify({ mcpServers: Object.fromEntries(entries) });
}

test("two sessions of a runtime share one server, and its close ends it", async () => {
  const mark = randomUUID();
  const add = (a: number) => ({ call: { name: "mcp__one__add", input: { a, b: 1 } } });
  const found = await embed([add(1), { say: "Two." }, add(2), { say: "Three." }], {
    files: { ".mcp.json": projectFile({ one: plainServer("one") }, mark) },
    trust: true,
  });
  const [first, second] = [await found.runtime.openSession({}), await found.runtime.openSession({})];
  expect(await withVariable("GANTRY_TEST", mark)).toEqual([]);
  await first.send(say("add"));
  const [pid] = await withVariable("GANTRY_TEST", mark);
  await second.send(say("add"));
  expect(await withVariable("GANTRY_TEST", mark)).toEqual([pid]);
  const results = found.events.flatMap((event) => (event.type === "tool.result" ? [event.data.content] : []));
  expect(results).toEqual([[{ type: "text", text: "2" }], [{ type: "text", text: "3" }]]);
  await found.runtime.close();
  expect(await withVariable("GANTRY_TEST", mark)).toEqual([]);
});

test("a required server that cannot start ends the turn before the first request", async () => {
  const broken = { ...plainServer("one"), required: true };
  const transport = { ...broken.transport, args: ["-e", "process.exit(1)"] } as McpServerSpec["transport"];
  const found = await embed([{ say: "Never said." }], {
    files: { ".mcp.json": projectFile({ one: { ...broken, transport } }, randomUUID()) },
    trust: true,
  });
  const outcome = await (await found.runtime.openSession({})).send(say("go"));
  expect([outcome.error?.code, found.model.requests.length]).toEqual(["MCP_REQUIRED", 0]);
});

test("a project's program is not started when it is no longer the file that was trusted: not the first time, not after a crash", async () => {
  const program = await readFile(new URL("../fixtures/mcp/plain-server.cjs", import.meta.url), "utf8");
  const entry = (file: string) => ({ command: process.execPath, args: [file] });
  const crash = { call: { name: "mcp__late__die", input: {} } };
  const found = await embed(
    [
      crash,
      { call: { name: "mcp__late__add", input: { a: 1, b: 1 } } },
      { call: { name: "mcp__early__add", input: { a: 1, b: 1 } } },
      { say: "Neither." },
    ],
    {
      files: {
        ...{ "early.cjs": program, "late.cjs": program },
        ".mcp.json": JSON.stringify({ mcpServers: { early: entry("early.cjs"), late: entry("./late.cjs") } }, null, 2),
      },
      ...{ trust: true, approve: "always" as const },
    },
  );
  const { runtime, cwd } = found;
  await appendFile(path.join(cwd, "early.cjs"), "// another program\n");
  const never = new AbortController().signal;
  await runtime.mcp?.settled({ boundMs: 30_000, signal: never });
  const stateOf = (name: string) => runtime.mcp?.facts().find((facts) => facts.name === name);
  expect(stateOf("late")?.state).toBe("ready");
  const why = (file: string) =>
    expect.stringContaining(`is not started: ${path.join(cwd, file)} is not what it was when the project was trusted`);
  expect(stateOf("early")).toMatchObject({ state: "failed", code: "MCP_START_FAILED", why: why("early.cjs") });
  await appendFile(path.join(cwd, "late.cjs"), "// another program\n");
  await (await runtime.openSession({})).send(say("go"));
  const failed = found.events.flatMap((event) => (event.type === "tool.failed" ? [[event.data.code, event.data.message]] : []));
  expect(failed).toEqual([
    ["MCP_DISCONNECTED", expect.anything()],
    ["MCP_START_FAILED", why("late.cjs")],
    ["MCP_START_FAILED", why("early.cjs")],
  ]);
  expect(stateOf("late")).toMatchObject({ state: "failed", code: "MCP_START_FAILED", why: why("late.cjs") });
  await runtime.close();
});
