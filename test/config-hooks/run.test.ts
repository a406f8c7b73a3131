/** Hooks that really run: programs, HTTP requests, questions to a model. */
import { once } from "node:events";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseSessionEnv } from "../../core/config-hooks/session-env.ts";
import type { JsonObject } from "../../core/contract/messages.ts";
import { makeEnvFile, readEnvFile } from "../../workers/hook-env-file.ts";
import { gone } from "../support/alive.ts";
import { commandHook, type HookBench, hookBench, hookOf } from "../support/hook-bench.ts";

let bench: HookBench;
const usage = { inputTokens: 3, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0 };

beforeEach(async () => {
  bench = await hookBench(
    { configEnv: { FROM_CONFIG: "yes" } },
    { ...process.env, NPM_TOKEN: "secret", CLAUDE_X: "x", A: "a" },
  );
});

afterEach(async () => bench.close());

describe("a command", () => {
  test("reads its input as JSON; one that prints it, as tee does, has said nothing", async () => {
    const run = await bench.run(commandHook("cat"), { tool_name: "Bash" });
    const input = { session_id: "s1", hook_event_name: "PreToolUse", cwd: bench.place, tool_name: "Bash" };
    expect(JSON.parse(run.stdout)).toEqual(input);
    expect(run).toMatchObject({ exit: 0, outcome: "ok", reply: {} });
    expect(run.violations).toEqual(["it printed its own input, which says nothing"]);
  });

  test.each(["project", "local"] as const)("of the %s runs at the project's root, wherever the session is", async (layer) => {
    const cwd = join(bench.place, "sub");
    await mkdir(cwd);
    await writeFile(join(bench.place, "guard.mjs"), "process.exit(2)");
    const run = await bench.run(commandHook("pwd -P; node guard.mjs", { layer }), { cwd });
    expect(run).toMatchObject({ stdout: `${bench.place}\n`, exit: 2, outcome: "deny" });
  });

  test("of the user runs in the session's folder", async () => {
    const cwd = join(bench.place, "sub");
    await mkdir(cwd);
    expect((await bench.run(commandHook("pwd -P", { layer: "user" }), { cwd })).stdout).toBe(`${cwd}\n`);
  });

  test("may open its input by name, as many scripts do", async () => {
    const run = await bench.run(commandHook("cat /dev/stdin"), { tool_name: "Bash" });
    expect(JSON.parse(run.stdout)).toMatchObject({ tool_name: "Bash" });
  });

  test("is given the config's variables and the project, and no secrets", async () => {
    const names = "$FROM_CONFIG|$CLAUDE_PROJECT_DIR|$GANTRY_PROJECT_DIR|$A|$NPM_TOKEN|$CLAUDE_X|$CLAUDE_ENV_FILE";
    const { stdout } = await bench.run(commandHook(`echo "${names}"`));
    expect(stdout).toBe(`yes|${bench.place}|${bench.place}|a|||\n`);
  });

  test("without a shell takes its arguments as they are, the project's folder put in", async () => {
    const script = join(bench.place, "guard.sh");
    await writeFile(script, '#!/bin/sh\nprintf "%s," "$@"\n');
    await chmod(script, 0o755);
    const args = [`\${CLAUDE_PROJECT_DIR}/x y`, "$HOME;", "`id`"];
    const command = `\${CLAUDE_PROJECT_DIR}/guard.sh`;
    const run = await bench.run(hookOf("PreToolUse", { type: "command", command, args }));
    expect(run.stdout).toBe(`${bench.place}/x y,$HOME;,\`id\`,`);
  });

  test("of shell bash is run by bash", async () => {
    const command = "[[ a == a ]] && echo $BASH_VERSION";
    const run = await bench.run(hookOf("PreToolUse", { type: "command", command, shell: "bash" }));
    expect(run.stdout).toMatch(/^\d+\./);
  });

  test("decides by exit code and by JSON", async () => {
    const deny = await bench.run(commandHook("echo no >&2; exit 2"));
    expect(deny).toMatchObject({ outcome: "deny", exit: 2, reply: { verdict: "deny", reason: "no" } });
    const json = JSON.stringify({ hookSpecificOutput: { hookEventName: "PreToolUse", permissionDecision: "ask" } });
    expect(await bench.run(commandHook(`echo '${json}'`))).toMatchObject({ outcome: "ask", reply: { verdict: "ask" } });
  });

  test("that is cancelled is ended with its children", async () => {
    const abort = new AbortController();
    const running = bench.run(commandHook("sleep 7801 & sleep 7802; exit 0"), {}, abort.signal);
    setImmediate(() => abort.abort());
    expect(await running).toMatchObject({ outcome: "failed", reply: { verdict: "deny", undecided: "it was cancelled" } });
    await gone("sleep 7801");
    await gone("sleep 7802");
  });

  test("of SessionStart leaves variables for later shells", async () => {
    const folder = join(bench.place, "output");
    const envFile = async (): Promise<string> => makeEnvFile(folder);
    const withFile = await hookBench({ envFile });
    const lines = String.raw`export A=1\nexport B="b c"\nexport C='"'"'d $x'"'"'\nexport D=$(id)\nE=5\n# note`;
    await withFile.run(commandHook(`printf '${lines}' >> "$CLAUDE_ENV_FILE"`, { event: "SessionStart" }));
    await withFile.close();
    const { env, problems } = parseSessionEnv(await readEnvFile(await envFile()));
    expect(env).toEqual({ A: "1", B: "b c", C: "d $x" });
    expect(problems.map((problem) => problem.slice(0, 7))).toEqual(["line 4 ", "line 5 "]);
  });
});

describe("an http hook", () => {
  let server: Server;
  let url: string;
  let answer: { status: number; headers?: Record<string, string>; body: string };
  let seen: { request: IncomingMessage; body: JsonObject }[];

  beforeEach(async () => {
    seen = [];
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      seen.push({ request, body: JSON.parse(Buffer.concat(chunks).toString()) as JsonObject });
      if (answer.status === 0) return;
      if (answer.status === 1) response.writeHead(200).write("{");
      if (answer.status === 1) return;
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  test("posts the input, with variables only where they are allowed", async () => {
    answer = { status: 200, body: "" };
    const headers = { "x-a": "$A", "x-token": `v=\${NPM_TOKEN}` };
    const run = await bench.run(hookOf("PreToolUse", { type: "http", url, headers, allowedEnvVars: ["A"] }), {
      tool_name: "Bash",
    });
    expect(seen[0]?.body).toMatchObject({ tool_name: "Bash", hook_event_name: "PreToolUse" });
    expect(seen[0]?.request.method).toBe("POST");
    expect(seen[0]?.request.headers).toMatchObject({ "x-a": "a", "x-token": "v=", "content-type": "application/json" });
    expect(run).toMatchObject({ outcome: "ok", exit: 200 });
    expect(run.violations).toEqual(["header x-token: $NPM_TOKEN is empty, allowedEnvVars does not list it"]);
  });

  test("decides by its JSON", async () => {
    answer = { status: 200, body: '{"decision":"block","reason":"r"}' };
    expect(await bench.run(hookOf("PreToolUse", { type: "http", url }))).toMatchObject({
      ...{ outcome: "deny", reply: { verdict: "deny", reason: "r" } },
    });
  });

  test.each([
    ["follows no redirect", { status: 302, headers: { location: "/other" }, body: "" }, "status 302"],
    ["is no decision at 500", { status: 500, body: "boom" }, "status 500: boom"],
    ["is no decision as text", { status: 200, body: "fine" }, "not a JSON object: fine"],
    ["is no decision when it is too long", { status: 200, body: `{"x":"${"y".repeat(2 ** 21)}"}` }, "longer than 1048576"],
  ])("%s, and so a guard blocks", async (_what, given, why) => {
    answer = given;
    const run = await bench.run(hookOf("PreToolUse", { type: "http", url }));
    expect(run.outcome).toBe("failed");
    expect(run.reply.undecided).toContain(why);
    expect(run.reply.verdict).toBe("deny");
    expect(seen).toHaveLength(1);
    const lenient = await bench.run(hookOf("PreToolUse", { type: "http", url }, { onFailure: "continue" }));
    expect(lenient.reply).toEqual({ failed: run.reply.undecided });
  });

  test("that nobody answers in time, or nobody takes, blocks as a guard", async () => {
    answer = { status: 0, body: "" };
    const late = await bench.run(hookOf("PreToolUse", { type: "http", url }, { timeoutMs: 50 }));
    expect(late).toMatchObject({ outcome: "timeout", reply: { verdict: "deny", undecided: "no whole answer within 50 ms" } });
    answer = { status: 1, body: "" };
    const half = await bench.run(hookOf("PreToolUse", { type: "http", url }, { timeoutMs: 200 }));
    expect(half).toMatchObject({ outcome: "timeout", reply: { verdict: "deny" } });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const refused = await bench.run(hookOf("PreToolUse", { type: "http", url }));
    expect(refused.reply.undecided).toContain("ECONNREFUSED");
  });
});

describe("a prompt hook", () => {
  const ask = async (text: string, event: "PreToolUse" | "Stop" | "PostToolUse" = "PreToolUse", over = {}) => {
    const prompts: string[] = [];
    const answer = async (prompt: string) => {
      prompts.push(prompt);
      return { text, usage };
    };
    const asking = await hookBench({ ask: answer });
    const run = await asking.run(hookOf(event, { type: "prompt", prompt: "Safe? $ARGUMENTS", ...over }), { tool_name: "$&" });
    await asking.close();
    return { run, prompt: prompts[0] ?? "" };
  };

  test("asks with the input in its place, and counts tokens", async () => {
    const { run, prompt } = await ask('{"ok": true}');
    expect(prompt).toContain('Safe? {"session_id":"s1"');
    expect(prompt).toContain('"tool_name":"$&"');
    expect(run).toMatchObject({ outcome: "ok", usage, reply: {} });
  });

  test("has the input added where it names no place", async () => {
    const { prompt } = await ask('{"ok": true}', "PreToolUse", { prompt: "Safe?" });
    expect(prompt).toContain('Safe?\n\n{"session_id":"s1"');
  });

  test.each([
    '{"ok": false, "reason": "r"}',
    'Well:\n```json\n{"ok": false, "reason": "r"}\n```',
    'No. {"ok":false,"reason":"r"}',
  ])("blocks with the reason in %j", async (text) => {
    expect((await ask(text)).run).toMatchObject({ outcome: "deny", reply: { verdict: "deny", reason: "r" } });
  });

  test.each([
    'Policy says {"ok": false, "reason": "never"}, but: {"ok": true}',
    '{"ok": true}\n{"ok": false, "reason": "r"}',
    `${'{"ok": true} '.repeat(70)}{"ok": false}`,
  ])("that says yes and no in one answer has not decided", async (text) => {
    expect((await ask(text)).run.reply).toMatchObject({
      verdict: "deny",
      undecided: expect.stringContaining("the model's answer"),
    });
  });

  test("may quote other objects, and brackets in its reason", async () => {
    const { run } = await ask('For {"command": "x"} I say: {"ok": false, "reason": "it has {\\"ok\\": true} in it"}');
    expect(run.reply).toEqual({ verdict: "deny", reason: 'it has {"ok": true} in it' });
  });

  test("of a guard blocks when the answer cannot be read or the model not be asked", async () => {
    expect((await ask("I think so")).run.reply.undecided).toContain("I think so");
    expect((await ask('{"ok": "no"}')).run.reply.verdict).toBe("deny");
    const broken = await hookBench({ ask: () => Promise.reject(new Error("no key")) });
    const run = await broken.run(hookOf("PreToolUse", { type: "prompt", prompt: "p" }));
    const never = hookOf("PreToolUse", { type: "prompt", prompt: "p" }, { timeoutMs: 20 });
    const deaf = await hookBench({ ask: () => new Promise(() => undefined) });
    expect(run.reply).toMatchObject({ verdict: "deny", undecided: "the model could not be asked: no key" });
    expect(await deaf.run(never)).toMatchObject({ outcome: "timeout", reply: { verdict: "deny" } });
    await broken.close();
    await deaf.close();
  });

  test("lets a turn end when what it wants is impossible", async () => {
    expect((await ask('{"ok": false, "reason": "r"}', "Stop")).run.reply).toEqual({ verdict: "deny", reason: "r" });
    expect((await ask('{"ok": false, "reason": "r", "impossible": true}', "Stop")).run.reply).toEqual({ say: "r" });
  });

  test("after a result ends the turn, or with continueOnBlock tells the model", async () => {
    const no = '{"ok": false, "reason": "r"}';
    expect((await ask(no, "PostToolUse")).run.reply).toEqual({ context: "r", stop: "r" });
    expect((await ask(no, "PostToolUse", { continueOnBlock: true })).run.reply).toEqual({ context: "r" });
  });
});

describe("a tool of an MCP server", () => {
  const input = {
    path: `\${tool_input.file_path}`,
    count: `\${tool_input.n}`,
    all: [`is \${session_id}: \${tool_input.n}`, `\${nothing}`],
  };
  const hook = (over = {}) => hookOf("PreToolUse", { type: "mcp_tool", server: "docs", tool: "check", input }, over);
  const about = { tool_name: "Write", tool_input: { file_path: "/a b", n: 3 } };

  test("is given its input with the event's values, and its text is read as a program's", async () => {
    const calls: unknown[] = [];
    const json = JSON.stringify({ hookSpecificOutput: { hookEventName: "PreToolUse", permissionDecision: "deny" } });
    const own = await hookBench({
      async mcpTool(call) {
        calls.push(call);
        return { text: json, isError: false };
      },
    });
    const run = await own.run(hook(), about);
    expect(calls).toEqual([
      {
        ...{ server: "docs", tool: "check", sessionId: "s1", timeoutMs: expect.any(Number) },
        input: { path: "/a b", count: 3, all: ["is s1: 3", ""] },
      },
    ]);
    expect(run).toMatchObject({ outcome: "deny", violations: ["the event's input has no nothing: it is empty"] });
    await own.close();
  });

  test("that fails, cannot be reached, or does not end blocks a guard, and no other", async () => {
    const failed = await hookBench({ mcpTool: async () => ({ text: "no such page", isError: true }) });
    const deaf = await hookBench({ mcpTool: () => new Promise(() => undefined) });
    const broken = await hookBench({ mcpTool: () => Promise.reject(new Error("not connected")) });
    expect((await failed.run(hook(), about)).reply.undecided).toBe("check of the MCP server docs failed: no such page");
    expect((await broken.run(hook(), about)).reply.undecided).toBe(
      "check of the MCP server docs could not be called: not connected",
    );
    expect(await deaf.run(hook({ timeoutMs: 20 }), about)).toMatchObject({ outcome: "timeout", reply: { verdict: "deny" } });
    expect((await bench.run(hook(), about)).reply.undecided).toBe("no MCP server can be reached here");
    expect((await failed.run(hook({ onFailure: "continue" }), about)).reply).toEqual({
      failed: expect.stringContaining("no such page"),
    });
    for (const own of [failed, deaf, broken]) await own.close();
  });
});

test("the env file of a session is its owner's alone", async () => {
  const path = await makeEnvFile(join(bench.place, "output"));
  await writeFile(path, "export A=1\n");
  expect(await makeEnvFile(join(bench.place, "output"))).toBe(path);
  expect(await readFile(path, "utf8")).toBe("export A=1\n");
});
