/** Hooks and MCP servers through the built command: handlers of type mcp_tool, and what hooks say to servers' questions. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { gantryOnTerminal } from "../shell/gantry.ts";
import { type Bench, bench } from "../support/cli.ts";

const server = fileURLToPath(new URL("../fixtures/mcp/guard-server.mjs", import.meta.url));
const call = (name: string, input: object = {}) => ({ call: { name, input } });
const write = (file: string) => call("Write", { file_path: file, content: "x\n" });
const done = { say: "Done." };

async function place(steps: readonly unknown[], config: object = {}, entry: object = {}): Promise<Bench> {
  const found = await bench(steps);
  const folder = path.join(found.home, ".config/gantry");
  await mkdir(folder, { recursive: true });
  const mcpServers = { guard: { command: process.execPath, args: [server, path.join(found.home, "started")], ...entry } };
  await writeFile(path.join(folder, "config.json"), JSON.stringify({ mcpServers, ...config }, null, 2));
  return found;
}

const asking = (more: object = {}) => ({
  ...{ type: "mcp_tool", server: "guard", tool: "check", input: { path: `\${tool_input.file_path}` } },
  ...more,
});
const hooks = (event: string, hook: object, matcher?: string) => ({
  hooks: { [event]: [{ ...(matcher === undefined ? {} : { matcher }), hooks: [hook] }] },
});

describe("a hook of type mcp_tool", () => {
  test("guards by its tool's text, once per call, and no hook fires for its own call", async () => {
    const found = await place([write("no.txt"), write("yes.txt"), done], hooks("PreToolUse", asking()));
    const ran = await found.run("go", ["--approve", "always"]);
    expect(ran.exit, ran.stderr).toBe(0);
    await expect(found.file("no.txt")).rejects.toThrow("ENOENT");
    expect(await found.file("yes.txt")).toBe("x\n");
    const events = await found.events();
    const own = events.flatMap(({ type, data }) => (type === "tool.call" && data.callId.startsWith("hook_") ? [data] : []));
    expect(own.map(({ name, input }) => [name, input])).toEqual([
      ["mcp__guard__check", { path: path.join(found.cwd, "no.txt") }],
      ["mcp__guard__check", { path: path.join(found.cwd, "yes.txt") }],
    ]);
    const fired = events.flatMap((event) => (event.type === "hook.fired" ? [event.data] : []));
    expect(fired.every(({ callId = "" }) => !callId.startsWith("hook_"))).toBe(true);
    expect(fired.find(({ outcome }) => outcome === "deny")).toMatchObject({ message: "the server says no" });
    expect(found.model.requests[1]?.toolResults[0]?.text).toContain("the server says no");
  });

  test("whose tool the rules deny could not decide, and so blocks; with onFailure continue it does not", async () => {
    const permissions = { deny: ["mcp__guard__check"] };
    const blocked = await place([write("a.txt"), done], { permissions, ...hooks("PreToolUse", asking(), "Write") });
    await blocked.run("go", ["--approve", "always"]);
    await expect(blocked.file("a.txt")).rejects.toThrow("ENOENT");
    expect(blocked.model.requests[1]?.toolResults[0]?.text).toContain("denied by the rule mcp__guard__check");
    const goesOn = await place([write("a.txt"), done], {
      permissions,
      ...hooks("PreToolUse", asking({ onFailure: "continue" }), "Write"),
    });
    await goesOn.run("go", ["--approve", "always"]);
    expect(await goesOn.file("a.txt")).toBe("x\n");
  });

  test("at the start of a session gives the model its text; at its end it runs too", async () => {
    const tool = asking({ input: { path: `\${session_id}` } });
    const both = { hooks: { SessionStart: [{ hooks: [tool] }], SessionEnd: [{ hooks: [{ ...tool, timeout: 20 }] }] } };
    const found = await place([done], both);
    const ran = await found.run("go");
    expect(ran.exit, ran.stderr).toBe(0);
    expect(found.model.requests[0]?.text).toContain("the server has seen it");
    const fired = (await found.events()).flatMap((event) => (event.type === "hook.fired" ? [event.data] : []));
    expect(fired.map(({ event, outcome }) => [event, outcome])).toEqual([
      ["SessionStart", "ok"],
      ["SessionEnd", "ok"],
    ]);
  });

  test("is listed, explained and tried; a server that is not configured is a problem with the nearest name", async () => {
    const found = await place([done], hooks("PreToolUse", asking(), "Write"));
    const listed = await found.gantry(["hooks", "list", "--json"]);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      data: { hooks: [{ type: "mcp_tool", what: "check of the MCP server guard" }] },
    });
    const explained = await found.gantry(["hooks", "explain", "PreToolUse", "--tool", "Write", "--json"]);
    expect(explained.stdout).toContain("its matcher Write matches Write");
    await writeFile(path.join(found.cwd, "input.json"), '{"file_path":"no.txt","content":"x"}');
    const tried = await found.gantry(["hooks", "test", "PreToolUse", "--tool", "Write", "--input", "input.json", "--json"]);
    expect(tried.exit, tried.stderr).toBe(0);
    expect(JSON.parse(tried.stdout)).toMatchObject({
      data: { trials: [{ outcome: "deny", decision: "blocks: the server says no" }] },
    });
    const wrong = await place([done], hooks("PreToolUse", asking({ server: "gaurd" })));
    const refused = await wrong.gantry(["run", "go"]);
    expect([refused.exit, refused.stderr]).toMatchObject([
      2,
      expect.stringContaining('there is no MCP server "gaurd" in mcpServers; there are guard. Did you mean guard?'),
    ]);
  });
});

test("a matcher and an if speak of a server's tools and their input", async () => {
  const guard = { type: "command", command: "echo 'not the disk' >&2; exit 2", if: "mcp__guard__wipe(what:disk)" };
  const found = await place(
    [call("mcp__guard__wipe", { what: "cache" }), call("mcp__guard__wipe", { what: "disk" }), done],
    hooks("PreToolUse", guard, "mcp__guard__.*"),
  );
  const ran = await found.run("go", ["--approve", "always"]);
  expect(ran.json.toolCalls.map(({ outcome }) => outcome)).toEqual(["ok", "denied"]);
  expect(found.model.requests[2]?.toolResults[0]?.text).toContain("not the disk");
});

const says = (event: string, output: object): string =>
  `cat >> "$HOME/inputs.jsonl"; printf '%s' '${JSON.stringify({ hookSpecificOutput: { hookEventName: event, ...output } })}'`;
const inputsOf = async (found: Bench) =>
  (await readFile(path.join(found.home, "inputs.jsonl"), "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
const asksOf = async (found: Bench) => (await found.events()).flatMap((one) => (one.type === "mcp.ask" ? [one.data] : []));

describe("a server's question", () => {
  const form = [call("mcp__guard__form"), done];

  test("is answered by a trusted Elicitation hook, and ElicitationResult sees and replaces the answer", async () => {
    const command = (event: string, colour: string) => [
      {
        matcher: "guard",
        hooks: [{ type: "command", command: says(event, { action: "accept", content: { colour } }) }],
      },
    ];
    const found = await place(form, {
      hooks: { Elicitation: command("Elicitation", "red"), ElicitationResult: command("ElicitationResult", "green") },
    });
    const ran = await found.run("go");
    expect(ran.exit, ran.stderr).toBe(0);
    expect(found.model.requests[1]?.toolResults[0]?.text).toContain('{"action":"accept","content":{"colour":"green"}}');
    const shared = { mcp_server_name: "guard", message: "Which colour?", mode: "form", requested_schema: expect.any(Object) };
    expect(await inputsOf(found)).toMatchObject([
      { hook_event_name: "Elicitation", ...shared },
      { hook_event_name: "ElicitationResult", ...shared, action: "accept", content: { colour: "red" } },
    ]);
    expect(await asksOf(found)).toMatchObject([
      { server: "guard", kind: "form", answer: "accept", by: { kind: "hook" }, fields: ["colour"] },
    ]);
  });

  test("is declined by a hook that says no, in words where nobody can be asked, and the model is told", async () => {
    const no = await place(form, hooks("Elicitation", { type: "command", command: "echo 'not today' >&2; exit 2" }));
    await no.run("go");
    expect(no.model.requests[1]?.toolResults[0]?.text).toContain('{"action":"decline"}');
    expect(await asksOf(no)).toMatchObject([{ answer: "decline", by: { kind: "judge" }, reason: "not today" }]);
    const nobody = await place(form);
    await nobody.run("go", ["--approve", "prompt"], { stdin: "1\ny\n" });
    expect(nobody.model.requests[1]?.toolResults[0]?.text).toContain('{"action":"decline"}');
    expect(nobody.model.requests[1]?.text).toContain("asked the user to fill in a form");
    expect(await asksOf(nobody)).toMatchObject([{ answer: "decline", reason: "nobody can be asked in this run" }]);
  });

  test("on a terminal is asked field by field, an address is opened after a yes, and the model is lent after one", async () => {
    const found = await place([
      call("mcp__guard__form"),
      call("mcp__guard__url"),
      call("mcp__guard__sample"),
      { say: "Paris." },
      done,
    ]);
    const bin = path.join(found.home, "bin");
    await mkdir(bin);
    await writeFile(path.join(bin, "xdg-open"), '#!/bin/sh\nprintf "%s" "$1" > "$HOME/opened"\n', { mode: 0o755 });
    const env = { ...found.env, DISPLAY: ":0", PATH: `${bin}:${found.env["PATH"]}` };
    const terminal = gantryOnTerminal({ workspace: found.cwd, env }, ["run", "go"]);
    await terminal.shows("The MCP server guard asks you for an answer");
    await terminal.shows("2. green");
    terminal.types("2\r");
    await terminal.shows("Send it?");
    terminal.types("y\r");
    await terminal.shows("Open it?");
    expect(terminal.screen()).toContain("https://pay.example/x?token=t0p");
    terminal.types("y\r");
    await terminal.shows("wants to ask your model");
    terminal.types("y\r");
    expect(await terminal.ended).toBe(0);
    expect(await readFile(path.join(found.home, "opened"), "utf8")).toBe("https://pay.example/x?token=t0p");
    const asks = await asksOf(found);
    expect(asks).toMatchObject([
      { kind: "form", answer: "accept", by: { kind: "user" }, fields: ["colour"] },
      { kind: "url", answer: "accept", url: "pay.example" },
      { kind: "sample", answer: "accept", by: { kind: "user", name: "once" }, usage: expect.any(Object) },
    ]);
    expect(JSON.stringify(asks)).not.toMatch(/t0p|green/);
    expect(found.model.requests.at(-1)?.toolResults.at(-1)?.text).toContain("Paris.");
  });

  test("in the line session can be cancelled at any field; the turn goes on", async () => {
    const found = await place([call("mcp__guard__form"), { say: "It was cancelled." }]);
    const terminal = gantryOnTerminal({ workspace: found.cwd, env: found.env }, []);
    await terminal.shows("›");
    terminal.types("go\r");
    await terminal.shows("This is the server's question, not Gantry's.");
    await terminal.shows("a number:");
    terminal.types("/cancel\r");
    await terminal.shows("It was cancelled.");
    terminal.types("\u0004");
    expect(await terminal.ended).toBe(0);
    expect(found.model.requests[1]?.toolResults[0]?.text).toContain('{"action":"cancel"}');
    expect(await asksOf(found)).toMatchObject([{ answer: "cancel", by: { kind: "user" } }]);
  });

  test("for the model is denied where nobody can say yes, and its tokens are the session's where the config does", async () => {
    const steps = [call("mcp__guard__sample"), done];
    const denied = await place(steps);
    await denied.run("go");
    expect(denied.model.requests[1]?.toolResults[0]?.text).toContain("the session's model was not asked: nobody can be asked");
    expect(await asksOf(denied)).toMatchObject([{ kind: "sample", answer: "denied", message: "Capital?" }]);
    const allowed = await place([call("mcp__guard__sample"), { say: "Paris." }, done], {}, { sampling: { answer: "allow" } });
    const ran = await allowed.run("go");
    const [ask] = await asksOf(allowed);
    expect(ask).toMatchObject({ answer: "accept", by: { kind: "rule", name: "sampling allow" } });
    expect(allowed.model.requests[1]?.body).not.toHaveProperty("tools");
    const answers = (await allowed.events()).flatMap((one) => (one.type === "answer" ? [one.data.usage] : []));
    const total = [...answers, ...(ask?.usage ? [ask.usage] : [])].reduce((sum, { outputTokens }) => sum + outputTokens, 0);
    expect(ran.json.usage.outputTokens).toBe(total);
  });
});
