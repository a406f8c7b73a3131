/** Servers that are written wrongly: what is refused when they are added or named, and what a run goes on without. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { SessionEvent } from "gantry/events";
import { expect, test } from "vitest";
import { createPlace } from "../config/place.ts";
import { bench } from "../support/cli.ts";
import { serversOf } from "../support/mcp.ts";
import { newestTexts, sentNames, sessionServer } from "../support/mcp-session.ts";

test("a required entry of .mcp.json that is wrong waits for trust, and stops a run only with it", async () => {
  const place = createPlace();
  place.write(".mcp.json", { must: { command: "x", args: 5, required: true } });
  const before = await place.load();
  const message = "MCP server must: args must be a list of texts; it is a number; it is left out";
  expect(before.problems).toMatchObject([{ code: "CONFIG_INVALID", severity: "warning", line: 4, message }]);
  expect([before.trust.state, before.mcp.waiting.map(({ name }) => name)]).toEqual(["untrusted", ["must"]]);
  await before.host().trust("grant");
  const trusted = await place.load();
  expect(trusted.problems).toMatchObject([{ code: "MCP_REQUIRED", line: 4, message }]);
  expect([trusted.trust.state, trusted.mcp.servers]).toEqual(["trusted", []]);
});

test("a broken .mcp.json is told with its line, and the run goes on without it", async () => {
  const found = await bench([{ say: "Done." }], { ".mcp.json": '{"mcpServers": {\n"a": {"command": "x"},\n"b" {}}}' });
  const ran = await found.run("go");
  expect([ran.exit, ran.stderr]).toEqual([0, expect.stringMatching(/^warning: .*\.mcp\.json:3: .*; the file is left out$/m)]);
});

test("what is no address and what is no name is not written; a broken entry is named with why", async () => {
  const made = await bench([]);
  const said = async (args: string[]): Promise<[number | null, string]> => {
    const { exit, stderr } = await made.gantry(args);
    return [exit, stderr];
  };
  const nothing = /Nothing is written/;
  expect(await said(["mcp", "add", "q", "--transport", "http", "node"])).toEqual([2, expect.stringMatching(nothing)]);
  expect(await said(["mcp", "add", "--", "-x", "y"])).toEqual([2, expect.stringMatching(nothing)]);
  expect(await said(["mcp", "add", "a/b", "y"])).toEqual([2, expect.stringMatching(/a server's name has letters/)]);
  expect((await made.gantry(["mcp", "list"])).stdout).toContain("No MCP server is configured");
  await writeFile(path.join(made.cwd, ".mcp.json"), "{}");
  const more = path.join(made.home, ".config/gantry/config.json");
  expect((await made.gantry(["mcp", "add", "p", "--scope", "user", "node"])).exit).toBe(0);
  await writeFile(more, (await readFile(more, "utf8")).replace('"command": "node"', '"url": "node"'));
  const broken = await said(["mcp", "inspect", "p"]);
  expect(broken).toEqual([2, expect.stringMatching(/config\.json:\d+: MCP server p: its url is none/)]);
});

test("--tools takes servers and globs as rules do, refuses servers that are not there, and tells of tools that are not", async () => {
  const found = await bench([{ say: "Done." }, { say: "Done." }]);
  const flags = await serversOf(found, { notes: sessionServer({}, { alwaysLoad: true }) });
  const names = ["mcp__notes__touch", "mcp__notes__grow", "mcp__notes__leave"];
  const whole = await found.run("go", [...flags, "--tools", "Read,mcp__notes"]);
  expect([whole.exit, sentNames(found.model, 0)]).toEqual([0, names]);
  const some = await found.run("go", [...flags, "--tools", "mcp__notes__t*,mcp__notes__gorw"]);
  expect([some.exit, sentNames(found.model, 1)]).toEqual([0, ["mcp__notes__touch"]]);
  // Of this run: both began in one second, and which log is the newest is not told by their names.
  const log = (await found.logs()).find((file) => file.includes(some.json.sessionId)) ?? "";
  const lines = (await readFile(log, "utf8")).trimEnd().split("\n");
  const events = lines.map((line) => JSON.parse(line) as SessionEvent);
  const notes = events.flatMap((event) => (event.type === "note" ? [event.data.text] : []));
  expect(notes).toEqual([
    "--tools: the MCP server notes has no tool named like mcp__notes__gorw. Did you mean mcp__notes__grow?",
  ]);
  const unknown = await found.run("go", [...flags, "--tools", "mcp__note__x,mcp__zz"]);
  expect([unknown.exit, unknown.json.error?.message]).toEqual([
    2,
    expect.stringMatching(/no MCP server note;.*Did you mean notes\?.*no MCP server zz; the configured MCP servers are notes/),
  ]);
});

test("a resumed session whose server is configured no more is told so once", async () => {
  const done = { say: "Done." };
  const found = await bench([done, done, done]);
  const flags = await serversOf(found, { notes: sessionServer({}, { alwaysLoad: true }) });
  const { json } = await found.run("go", flags);
  const alone = async (): Promise<number | null> => (await found.run("on", ["--resume", json.sessionId])).exit;
  expect([await alone(), await alone()]).toEqual([0, 0]);
  expect(newestTexts(found.model, 1).join("\n")).toMatch(/on[\s\S]*The MCP server notes is not there any more/);
  expect(newestTexts(found.model, 2).join("\n")).not.toContain("not there any more");
});
