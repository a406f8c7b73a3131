/** Servers of npm at the moments that need more than a plain run: trust, an interrupt, a terminal, a lost connection, a hook. */
import { access, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { gantryOnTerminal } from "../shell/gantry.ts";
import { until } from "../support/alive.ts";
import { type Bench, bench, jsonLines, resultTexts } from "../support/cli.ts";
import { everythingOverHttp, npmServer, serversOf } from "../support/mcp.ts";
import { withVariable } from "../support/mcp-host.ts";
import { newestTexts, sentNames } from "../support/mcp-session.ts";

const call = (name: string, input: Record<string, unknown> = {}) => ({ call: { name, input } });
const tool = (name: string, input: Record<string, unknown> = {}) => call(`mcp__everything__${name}`, input);
const done = { say: "Done." };
const yes = ["--approve", "always"];
const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

async function statesOf(found: Bench): Promise<string[]> {
  return (await found.events()).flatMap((event) => (event.type === "mcp.server" ? [event.data.state] : []));
}

test("a project's servers wait for trust; then variables are filled in, denied tools are gone, and one that cannot start takes no other along", async () => {
  const found = await bench([tool("get-env"), tool("get-sum", { a: 1, b: 2 }), tool("echo"), done]);
  const { command, args } = npmServer("everything", [`\${TRANSPORT:-stdio}`]);
  const everything = { command, args, env: { MY_KEY: `\${SECRET_OF_MINE}` }, tools: { allow: ["get-*"], deny: ["get-sum"] } };
  const servers = { everything, gone: { command: "no-such-program-anywhere" } };
  await writeFile(path.join(found.cwd, ".mcp.json"), JSON.stringify({ mcpServers: servers }));
  const env = { SECRET_OF_MINE: "s3cret-of-mine-77" };
  const refused = await found.gantry(["run", "go"], { env });
  expect([refused.exit, refused.stderr]).toEqual([3, expect.stringMatching(/TRUST_REQUIRED: [\s\S]*MCP server everything: /)]);
  expect(refused.stderr).not.toContain("s3cret");
  expect((await found.gantry(["trust", "grant"], { env })).exit).toBe(0);
  const ran = await found.run("go", [], { env });
  expect(ran.exit, ran.stderr).toBe(0);
  expect(ran.json.toolCalls).toMatchObject([{ outcome: "ok" }, { code: "TOOL_UNKNOWN" }, { code: "TOOL_UNKNOWN" }]);
  expect(ran.json).toMatchObject({
    mcpServers: [
      { name: "everything", state: "ready" },
      { name: "gone", state: "failed", code: "MCP_START_FAILED" },
    ],
  });
  // The server has it, and says so; nobody else is told.
  expect(resultTexts(found.model, 1)[0]).toContain('"MY_KEY": "[redacted]"');
  expect(sentNames(found.model, 1)).not.toContain("mcp__everything__echo");
  const [log = ""] = await found.logs();
  expect(`${await readFile(log, "utf8")}${ran.stdout}${ran.stderr}`).not.toContain("s3cret");
});

test("a run that is interrupted in a call ends the call, and nothing of its server is left", async () => {
  const found = await bench([tool("trigger-long-running-operation", { duration: 600, steps: 6_000 }), done]);
  const mark = found.home;
  const entry = npmServer("everything", ["stdio"], { env: { GANTRY_TEST: mark } });
  const flags = await serversOf(found, { everything: entry });
  const run = found.start(["run", "wait", ...flags, "--output", "stream-json", "--include-deltas"]);
  await run.sees('"kind":"progress"');
  expect((await withVariable("GANTRY_TEST", mark)).length).toBeGreaterThan(0);
  run.child.kill("SIGINT");
  const { exit, stdout } = await run.finished;
  expect(exit).toBe(130);
  expect(jsonLines(stdout)).toContainEqual(
    expect.objectContaining({ type: "tool.failed", data: expect.objectContaining({ code: "TOOL_INTERRUPTED" }) }),
  );
  await until(async () => (await withVariable("GANTRY_TEST", mark)).length === 0, "a process of the server outlives the run");
});

test("a resource that a server adds is listed, its changes are told, and many tools are not sent before they are used", async () => {
  const uri = "demo://resource/session/made.gz";
  const found = await bench([
    call("ToolSearch", { query: "gzip compression", max_results: 1 }),
    tool("gzip-file-as-resource", { name: "made.gz", data: "data:text/plain,hello", outputType: "resourceLink" }),
    call("SubscribeMcpResource", { server: "everything", uri }),
    tool("toggle-subscriber-updates"),
    tool("trigger-long-running-operation", { duration: 2, steps: 2 }),
    call("ListMcpResources", { server: "everything" }),
    call("ReadMcpResource", { server: "everything", uri }),
    done,
  ]);
  const flags = await serversOf(found, { everything: npmServer("everything", ["stdio"]) });
  const ran = await found.run("go", [...flags, ...yes, "--set", "limits.mcpToolsPercent=0.1"]);
  expect(ran.exit, ran.stderr).toBe(0);
  expect(ran.json.toolCalls.map(({ outcome }) => outcome)).toEqual(Array(7).fill("ok"));
  expect(sentNames(found.model, 1)).toContain("mcp__everything__gzip-file-as-resource");
  expect(sentNames(found.model, 1)).not.toContain("mcp__everything__echo");
  expect(resultTexts(found.model, 2)[0]).toContain(`Resource ${uri}`);
  const news = [4, 5].flatMap((request) => newestTexts(found.model, request)).join("\n");
  expect(news).toContain(`The resource ${uri} of the server everything has changed`);
  expect(resultTexts(found.model, 6)[0]).toContain(`everything ${uri} [application/gzip] made.gz`);
  expect(resultTexts(found.model, 7)[0]).toMatch(/application\/gzip, \d+ bytes, not shown/);
});

test("on a terminal a form is filled in, an address opened, the model lent, and prompts and mentions completed with Tab", async () => {
  const found = await bench([
    tool("trigger-elicitation-request"),
    tool("trigger-url-elicitation", { url: "https://example.com/pay?x=1" }),
    tool("trigger-sampling-request", { prompt: "Say it.", maxTokens: 9 }),
    { say: "Four words of sampling." },
    { say: "All of it is done." },
    { say: "Nice weather." },
    { say: "It is read." },
  ]);
  const bin = path.join(found.home, "bin");
  await mkdir(bin);
  await writeFile(path.join(bin, "xdg-open"), '#!/bin/sh\nprintf "%s" "$1" > "$HOME/opened"\n', { mode: 0o755 });
  const env = { ...found.env, DISPLAY: ":0", PATH: `${bin}:${found.env["PATH"]}` };
  const flags = [...(await serversOf(found, { everything: npmServer("everything", ["stdio"]) })), "--allow", "mcp__everything"];
  const terminal = gantryOnTerminal({ workspace: found.cwd, env }, flags, { columns: 120 });
  await terminal.shows("›");
  terminal.types("go\r");
  await terminal.shows("String (name)");
  await terminal.shows("└");
  terminal.types("\r");
  await terminal.shows("name is required");
  terminal.types("Ada Lovelace\r");
  const fields = ["check", "firstLine", "email", "homepage", "birthdate", "integer", "number"];
  const choices = ["untitledSingle", "untitledMultiple", "titledSingle", "titledMultiple", "legacyTitled"];
  for (const field of [...fields, ...choices]) {
    await terminal.shows(`(${field}`);
    await terminal.shows("└");
    terminal.types("\r");
  }
  await terminal.shows("Send it?");
  terminal.types("y\r");
  await terminal.shows("Open it?");
  expect(terminal.screen()).toContain("https://example.com/pay?x=1");
  terminal.types("y\r");
  await terminal.shows("wants to ask your model");
  terminal.types("y\r");
  await terminal.shows("All of it is done.");
  const results = found.model.requests.flatMap(({ toolResults }) => toolResults.map(({ text }) => text)).join("\n");
  expect(results).toMatch(/Ada Lovelace[\s\S]*It was a dark and stormy night\.[\s\S]*Four words of sampling\./);
  const opened = async (): Promise<string> => await readFile(path.join(found.home, "opened"), "utf8").catch(() => "");
  await until(async () => (await opened()) === "https://example.com/pay?x=1", "the address was not opened");
  await terminal.shows("›");
  terminal.types("/mcp__everything__completable-prompt Eng\t");
  await terminal.shows("Engineering");
  terminal.types(" Al\t");
  await terminal.shows("Alice");
  terminal.types("\r");
  await terminal.shows("Nice weather.");
  expect(found.model.requests.at(-1)?.text).toMatch(/Alice[\s\S]*Engineering/);
  await terminal.shows("›");
  terminal.types("read @everything:demo://resource/static/document/feat\t");
  await terminal.shows("features.md");
  terminal.types("\r");
  await terminal.shows("It is read.");
  expect(newestTexts(found.model, found.model.requests.length - 1).join("\n")).toContain(
    '<mcp-resource server="everything" uri="demo://',
  );
  await terminal.shows("›");
  terminal.types("/exit\r");
  expect(await terminal.ended).toBe(0);
});

describe("over HTTP", () => {
  test("a server that goes away is connected to again and its state is told; it reads roots and asks the model as over stdio", async () => {
    const first = await everythingOverHttp("streamableHttp");
    const found = await bench([
      tool("get-roots-list"),
      tool("trigger-sampling-request", { prompt: "Say.", maxTokens: 9 }),
      { say: "Four words." },
      call("Bash", { command: "touch away; while [ -e away ]; do sleep 0.05; done" }),
      tool("echo", { message: "here again" }),
      done,
    ]);
    const entry = { url: first.url, sampling: { answer: "allow" } };
    const running = found.run("go", [...(await serversOf(found, { everything: entry })), ...yes]);
    const away = path.join(found.cwd, "away");
    await until(async () => await isThere(away), "the run never came to its third call");
    await first.end();
    await until(async () => (await statesOf(found)).at(-1) === "starting", "nobody saw the server go");
    await everythingOverHttp("streamableHttp", first.port);
    await rm(away);
    const ran = await running;
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.json.toolCalls.map(({ outcome }) => outcome)).toEqual(["ok", "ok", "ok", "ok"]);
    expect(resultTexts(found.model, 1)[0]).toContain(found.cwd);
    expect(resultTexts(found.model, 3)[0]).toContain("Four words.");
    expect(resultTexts(found.model)[0]).toContain("here again");
    const states = await statesOf(found);
    expect([states.slice(0, 3), states.at(-1)]).toEqual([["starting", "ready", "starting"], "ready"]);
  });
});

test("a hook of type mcp_tool calls a server's tool, and what it says is told to the model", async () => {
  const found = await bench([done]);
  const config = path.join(found.home, "config.json");
  const hook = { type: "mcp_tool", server: "everything", tool: "echo", input: { message: `session \${session_id} begins` } };
  await writeFile(config, JSON.stringify({ hooks: { SessionStart: [{ hooks: [hook] }] } }));
  const flags = await serversOf(found, { everything: npmServer("everything", ["stdio"]) });
  const ran = await found.run("go", [...flags, "--config", config]);
  expect(ran.exit, ran.stderr).toBe(0);
  expect(found.model.requests[0]?.text).toContain(`Echo: session ${ran.json.sessionId} begins`);
});
