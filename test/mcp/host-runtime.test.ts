/** MCP servers of an embedded runtime: its sessions share them, what is required ends a turn, and the close ends them. */
import { randomUUID } from "node:crypto";
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
