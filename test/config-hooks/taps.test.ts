/** Config hooks in the one dispatcher of hooks: which fire when, with what input, and what their words do there. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ConfigHook } from "../../core/config-hooks/declared/config-hook.ts";
import type { HookRun } from "../../core/config-hooks/run.ts";
import { type ConfigTapDeps, createConfigTaps } from "../../core/config-hooks/taps.ts";
import type { CallFacts, HookPayloads, HookPoint } from "../../core/contract/hooks.ts";
import { type JsonObject, noUsage } from "../../core/contract/messages.ts";
import { type PublicEvent, publicEvents, publicEventTable } from "../../core/contract/public-events.ts";
import { createHooks, type HookFired, type Hooks } from "../../core/hooks.ts";
import type { Rule } from "../../core/permission/rules/rules.ts";
import { commandHook, type HookBench, hookBench } from "../support/hook-bench.ts";

let bench: HookBench;
let fired: HookFired[];
let background: Promise<HookRun>[];
const home = "/home/someone";

beforeEach(async () => {
  fired = [];
  background = [];
  bench = await hookBench({}, { ...process.env, HOME: home });
});

afterEach(async () => bench.close());

function hooksOf(hooks: readonly ConfigHook[], over: Partial<ConfigTapDeps> = {}): Hooks {
  const table = createHooks({ onFired: (one) => fired.push(one) });
  const deps: ConfigTapDeps = {
    ...bench.deps,
    session: () => ({ transcriptPath: "/log.jsonl", cwd: bench.place, mode: "acceptEdits", model: "scripted/s" }),
    ruleMatches: async () => true,
    background: (run) => background.push(run),
    closing: new AbortController().signal,
    ...over,
  };
  table.replace("config", createConfigTaps(hooks, deps));
  return table;
}

const callOf = (input: JsonObject = { command: "ls" }, tool = "Bash"): CallFacts => ({
  ...{ sessionId: "s1", callId: "c1", tool, input, cwd: bench.place },
});
const outcomes = (): [HookPoint, string][] => fired.map(({ point, outcome }) => [point, outcome]);
const say = (fields: JsonObject, event: PublicEvent = "PreToolUse"): string =>
  `echo '${JSON.stringify({ hookSpecificOutput: { hookEventName: event, ...fields } })}'`;
/** Runs so far of a hook that writes a line each time. */
const runsIn = async (file: string): Promise<number> =>
  (await readFile(join(bench.place, file), "utf8").catch(() => "")).split("\n").length - 1;

/** As the dispatcher of calls goes: the edits, then the judges on what came of them. */
async function decide(table: Hooks, call = callOf()) {
  const { payload, heard } = await table.rewrite("tool.call", call);
  return { input: payload.input, heard, ruling: await table.judge("tool.approve", payload) };
}

describe("PreToolUse", () => {
  test("is one run at two points, and its verdict names it", async () => {
    const table = hooksOf([commandHook("echo x >> runs; echo no >&2; exit 2")]);
    const { ruling } = await decide(table);
    expect(ruling).toMatchObject({ verdict: "deny", reason: "no", by: "config:PreToolUse#1 (gantry.config.jsonc:7)" });
    expect(await runsIn("runs")).toBe(1);
    expect(outcomes()).toEqual([
      ["tool.call", "ok"],
      ["tool.approve", "deny"],
    ]);
    expect(fired[0]).toMatchObject({ event: "PreToolUse", source: "gantry.config.jsonc:7", callId: "c1" });
  });

  test("an allow is given as a config hook's, with the place of the hook", async () => {
    const { ruling } = await decide(hooksOf([commandHook(say({ permissionDecision: "allow" }))]));
    expect(ruling).toMatchObject({ verdict: "allow", allowedBy: "config:PreToolUse#1 (gantry.config.jsonc:7)" });
  });

  test("silence is no allow", async () => {
    const { ruling } = await decide(hooksOf([commandHook("exit 0"), commandHook("exit 1", { order: 2 })]));
    expect(ruling.verdict).toBe("allow");
    expect(ruling.allowedBy).toBeUndefined();
  });

  test("an edit is seen by the next hook, and who edited is not asked again when nobody edits after", async () => {
    const first = commandHook(`echo x >> first; ${say({ permissionDecision: "allow", updatedInput: { command: "pwd" } })}`);
    const second = commandHook("echo x >> second; cat > seen", { order: 2 });
    const { input, ruling } = await decide(hooksOf([first, second]));
    expect(input).toEqual({ command: "pwd" });
    expect(JSON.parse(await readFile(join(bench.place, "seen"), "utf8"))).toMatchObject({ tool_input: { command: "pwd" } });
    expect(ruling.allowedBy).toContain("PreToolUse#1");
    expect([await runsIn("first"), await runsIn("second")]).toEqual([1, 1]);
  });

  test("who judged another input than the final one is asked again", async () => {
    const guard = commandHook('echo x >> guard; grep -q \'"command":"rm\' && exit 2; exit 0');
    const edit = commandHook(say({ updatedInput: { command: "rm -rf x" } }), { order: 2 });
    const { ruling } = await decide(hooksOf([guard, edit]));
    expect(ruling).toMatchObject({ verdict: "deny", by: "config:PreToolUse#1 (gantry.config.jsonc:7)" });
    expect(await runsIn("guard")).toBe(2);
  });

  test("two that edit each other's edit do not agree: denied", async () => {
    const one = commandHook(say({ updatedInput: { command: "one" } }));
    const two = commandHook(say({ updatedInput: { command: "two" } }), { order: 2 });
    const { ruling } = await decide(hooksOf([one, two]));
    expect(ruling).toMatchObject({ verdict: "deny", by: "config:PreToolUse#1 (gantry.config.jsonc:7)" });
    expect(ruling.reason).toContain("do not agree");
  });

  test("a guard that could not decide denies, and is recorded as failed", async () => {
    const { ruling } = await decide(hooksOf([commandHook("./missing")]));
    expect(ruling.verdict).toBe("deny");
    expect(ruling.reason).toContain("PreToolUse#1 (gantry.config.jsonc:7) could not decide: its program was not found");
    expect(outcomes()).toEqual([
      ["tool.call", "failed"],
      ["tool.approve", "failed"],
    ]);
  });

  test("with onFailure continue it passes, recorded and shown", async () => {
    const { ruling } = await decide(hooksOf([commandHook("./missing", { onFailure: "continue" })]));
    expect(ruling.verdict).toBe("allow");
    expect(outcomes()).toEqual([["tool.call", "failed"]]);
    expect(fired[0]?.say).toContain("PreToolUse hook at gantry.config.jsonc:7: its program was not found");
  });

  test("every verdict is asked for, and the strictest stands", async () => {
    const allow = commandHook(say({ permissionDecision: "allow" }));
    const deny = commandHook("echo no >&2; exit 2", { order: 2 });
    const ask = commandHook("echo x >> third", { order: 3 });
    for (const order of [
      [allow, deny, ask],
      [ask, deny, allow],
    ]) {
      expect((await decide(hooksOf(order))).ruling).toMatchObject({ verdict: "deny", reason: "no" });
    }
    expect(await runsIn("third")).toBe(2);
  });

  test("context and an end of the turn are heard once", async () => {
    const output = {
      continue: false,
      stopReason: "enough",
      hookSpecificOutput: { hookEventName: "PreToolUse", additionalContext: "c" },
    };
    const { heard, ruling } = await decide(hooksOf([commandHook(`echo '${JSON.stringify(output)}'`)]));
    expect(heard).toMatchObject({ context: [{ text: "c" }], stop: { reason: "enough" } });
    expect(ruling).toMatchObject({ verdict: "deny", reason: "enough", heard: { context: [] } });
  });

  test("a wrong use of the format is shown once", async () => {
    const table = hooksOf([commandHook(`echo '{"sytemMessage":"x","continue":true}'`)]);
    await decide(table);
    await decide(table);
    expect(fired.map((one) => one.violations)).toEqual(fired.map(() => [expect.stringContaining("no field sytemMessage")]));
    expect(fired.map((one) => one.say)).toEqual([
      "PreToolUse hook at gantry.config.jsonc:7: the output has no field sytemMessage. Did you mean systemMessage?",
      undefined,
    ]);
  });
});

describe("which hooks fire", () => {
  test("one whose matcher does not match is not run and not recorded", async () => {
    const table = hooksOf([commandHook("echo x >> runs; exit 2", { matcher: "Write", matches: (name) => name === "Write" })]);
    expect((await decide(table)).ruling.verdict).toBe("allow");
    expect(outcomes()).toEqual([]);
    expect((await decide(table, callOf({ file_path: "a" }, "Write"))).ruling.verdict).toBe("deny");
    expect(await runsIn("runs")).toBe(1);
  });

  test("an if is asked with the call, and again when another hook has changed the input", async () => {
    const rule = { text: "Bash(rm *)" } as Rule;
    const guard = commandHook("exit 2", { rule });
    const edit = commandHook(say({ updatedInput: { command: "rm x" } }), { order: 2 });
    const ruleMatches = async (asked: Rule, call: CallFacts) =>
      asked === rule && String(call.input["command"]).startsWith("rm");
    expect((await decide(hooksOf([guard], { ruleMatches }))).ruling.verdict).toBe("allow");
    expect((await decide(hooksOf([guard, edit], { ruleMatches }))).ruling.verdict).toBe("deny");
  });

  test("an if that cannot be looked at denies", async () => {
    const ruleMatches = () => Promise.reject(new Error("no shell parser"));
    const { ruling } = await decide(hooksOf([commandHook("exit 0", { rule: { text: "Bash(x)" } as Rule })], { ruleMatches }));
    expect(ruling).toMatchObject({ verdict: "deny" });
    expect(ruling.reason).toContain("no shell parser");
  });

  test("once is once in a session", async () => {
    const table = hooksOf([commandHook("echo x >> runs", { once: true })]);
    await decide(table);
    await decide(table, { ...callOf(), callId: "c2" });
    await decide(table, { ...callOf(), sessionId: "s2" });
    expect(await runsIn("runs")).toBe(2);
  });

  test("one in the background is not waited for, decides nothing, and is handed to its owner", async () => {
    const table = hooksOf([commandHook("read go < fifo; exit 2", { isAsync: true })]);
    await bench.run(commandHook("mkfifo fifo"));
    const { ruling } = await decide(table);
    expect(ruling.verdict).toBe("allow");
    expect(background).toHaveLength(1);
    await writeFile(join(bench.place, "fifo"), "go\n");
    expect(await background[0]).toMatchObject({ exit: 2 });
  });
});

describe("what hooks read", () => {
  const payloads: { [P in HookPoint]?: () => HookPayloads[P] } = {
    "tool.call": () => callOf({ file_path: "src/../a.txt", content: "x" }, "Write"),
    "tool.ask": () => ({ ...callOf({ file_path: "~/a.txt" }, "Read"), reason: "r" }),
    "tool.denied": () => ({ ...callOf(), reason: "r", by: { kind: "rule", name: "Bash" } }),
    "tool.result": () => ({
      ...callOf(),
      ...{ content: [{ type: "text", text: "out" }], isError: false, durationMs: 12 },
      data: { stdout: "out", stderr: "", interrupted: false, exitCode: 0 },
    }),
    "tool.failure": () => ({ ...callOf(), code: "TOOL_INTERRUPTED", message: "m", durationMs: 3 }),
    "tool.batch": () => ({
      sessionId: "s1",
      calls: [{ type: "tool_call", callId: "c1", name: "Bash", input: { command: "ls" } }],
      results: [{ type: "tool_result", callId: "c1", content: [{ type: "text", text: "out" }], isError: false }],
    }),
    "input.receive": () => ({ sessionId: "s1", content: [{ type: "text", text: "hello" }], source: "prompt" }),
    "session.open": () => ({ sessionId: "s1", source: "startup", model: "scripted/s" }),
    "session.close": () => ({ sessionId: "s1", reason: "done" }),
    "turn.stop": () => ({
      ...{ sessionId: "s1", turn: 1, continued: 1 },
      answer: { content: [{ type: "text", text: "bye" }], stop: "end_turn", usage: noUsage, model: "s" },
    }),
    "turn.fail": () => ({ sessionId: "s1", turn: 1, code: "PROVIDER_OVERLOADED", message: "m" }),
    notify: () => ({ sessionId: "s1", kind: "question", message: "m" }),
    "config.change": () => ({ sessionId: "s1", files: ["/p/x.jsonc"], layers: ["local"], keys: ["mode"] }),
    "instructions.load": () => ({ sessionId: "s1", file: "/p/AGENTS.md", bytes: 3 }),
    "cwd.change": () => ({ sessionId: "s1", from: "/a", to: "/b" }),
    "mcp.elicit": () => ({
      sessionId: "s1",
      server: "docs",
      mode: "url",
      message: "m",
      url: "https://a.b/",
      elicitationId: "e1",
    }),
    "mcp.elicited": () => ({
      sessionId: "s1",
      server: "docs",
      mode: "form",
      message: "m",
      schema: {},
      action: "accept",
      content: { a: 1 },
    }),
  };

  const bash = { tool_name: "Bash", tool_input: { command: "ls" } };
  const expected: Partial<Record<PublicEvent, () => JsonObject>> = {
    PreToolUse: () => ({
      ...{ tool_name: "Write", tool_input: { file_path: `${bench.place}/a.txt`, content: "x" }, tool_use_id: "c1" },
    }),
    PermissionRequest: () => ({ tool_name: "Read", tool_input: { file_path: `${home}/a.txt` } }),
    PermissionDenied: () => ({ ...bash, tool_use_id: "c1", reason: "r" }),
    PostToolUse: () => ({
      ...{ ...bash, tool_use_id: "c1", duration_ms: 12 },
      tool_response: { stdout: "out", stderr: "", interrupted: false, isImage: false },
    }),
    PostToolUseFailure: () => ({ ...bash, tool_use_id: "c1", error: "m", is_interrupt: true, duration_ms: 3 }),
    PostToolBatch: () => ({ tool_calls: [{ ...bash, tool_use_id: "c1", tool_response: "out" }] }),
    UserPromptSubmit: () => ({ prompt: "hello" }),
    SessionStart: () => ({ source: "startup", model: "scripted/s" }),
    SessionEnd: () => ({ reason: "other" }),
    Stop: () => ({ stop_hook_active: true, last_assistant_message: "bye" }),
    StopFailure: () => ({ error: "overloaded", error_details: "PROVIDER_OVERLOADED: m" }),
    Notification: () => ({ message: "m", title: "Gantry", notification_type: "question" }),
    ConfigChange: () => ({ source: "local_settings", file_path: "/p/x.jsonc" }),
    InstructionsLoaded: () => ({ file_path: "/p/AGENTS.md", memory_type: "User", load_reason: "session_start" }),
    CwdChanged: () => ({ old_cwd: "/a", new_cwd: "/b" }),
    Elicitation: () => ({
      ...{ mcp_server_name: "docs", message: "m", mode: "url", url: "https://a.b/", elicitation_id: "e1" },
    }),
    ElicitationResult: () => ({
      ...{ mcp_server_name: "docs", message: "m", mode: "form", requested_schema: {}, action: "accept", content: { a: 1 } },
    }),
  };
  const live = publicEvents.filter((event) => publicEventTable[event].points.length > 0);

  test.each(live)("%s gives the fields of the format", async (event) => {
    const table = hooksOf([commandHook("cat > input", { event })]);
    const [point] = publicEventTable[event].points;
    const payload = point && payloads[point]?.();
    if (point === undefined || payload === undefined) expect.fail(`no payload for ${event}`);
    // The three kinds of a point: whichever the hook is, it is asked.
    await table.rewrite(point as "tool.call", payload as HookPayloads["tool.call"]);
    await table.judge(point as "tool.ask", payload as HookPayloads["tool.ask"]);
    await table.observe(point as "cwd.change", payload as unknown as HookPayloads["cwd.change"]);
    const base = { session_id: "s1", transcript_path: "/log.jsonl", cwd: bench.place, permission_mode: "acceptEdits" };
    const input = JSON.parse(await readFile(join(bench.place, "input"), "utf8"));
    expect(input).toEqual({ ...base, hook_event_name: event, ...expected[event]?.() });
  });
});

describe("other events", () => {
  const result = (isError: boolean): HookPayloads["tool.result"] => ({
    ...callOf(),
    ...{ content: [{ type: "text", text: "secret" }], isError, durationMs: 1 },
  });

  test("PostToolUse changes what the model sees of a result, not of a failure", async () => {
    const table = hooksOf([commandHook(say({ updatedToolOutput: "hidden" }, "PostToolUse"), { event: "PostToolUse" })]);
    expect((await table.rewrite("tool.result", result(false))).payload.content).toEqual([{ type: "text", text: "hidden" }]);
    expect((await table.rewrite("tool.result", result(true))).payload.content).toEqual([{ type: "text", text: "secret" }]);
    expect(outcomes()).toEqual([["tool.result", "changed"]]);
  });

  test("SessionStart's plain text is context", async () => {
    const table = hooksOf([commandHook("echo branch main", { event: "SessionStart" })]);
    const heard = await table.observe("session.open", { sessionId: "s1", source: "startup", model: "m" });
    expect(heard.context).toMatchObject([{ text: "branch main" }]);
  });

  test("PermissionRequest may answer, with another input and rules for the session", async () => {
    const decision = {
      behavior: "allow",
      updatedInput: { command: "ls -l" },
      updatedPermissions: [{ type: "addRules", rules: [{ toolName: "Bash" }], behavior: "allow", destination: "session" }],
    };
    const table = hooksOf([commandHook(say({ decision }, "PermissionRequest"), { event: "PermissionRequest" })]);
    expect(await table.judge("tool.ask", { ...callOf(), reason: "r" })).toMatchObject({
      ...{ verdict: "allow", allowedBy: "config:PermissionRequest#1 (gantry.config.jsonc:7)" },
      ...{ input: { command: "ls -l" }, remember: ["Bash"] },
    });
  });

  test("ConfigChange is asked for each file, and a no to one is a no, but not to the policy", async () => {
    const change = (layers: HookPayloads["config.change"]["layers"]): HookPayloads["config.change"] => ({
      ...{ sessionId: "s1", files: layers.map((layer) => `/${layer}.jsonc`), layers, keys: ["mode"] },
    });
    const no = "grep -q project_settings && { echo no >&2; exit 2; }; exit 0";
    const table = hooksOf([commandHook(no, { event: "ConfigChange" })]);
    expect(await table.judge("config.change", change(["user", "project", "local"]))).toMatchObject({
      verdict: "deny",
      reason: "no",
    });
    expect((await table.judge("config.change", change(["user", "local"]))).verdict).toBe("allow");
    const all = hooksOf([commandHook("exit 2", { event: "ConfigChange" })]);
    expect((await all.judge("config.change", change(["managed"]))).verdict).toBe("allow");
  });

  test("a Stop hook that does not work lets the turn end", async () => {
    const table = hooksOf([commandHook("./missing", { event: "Stop" })]);
    const answer = { content: [], stop: "end_turn" as const, usage: noUsage, model: "s" };
    expect((await table.judge("turn.stop", { sessionId: "s1", turn: 1, continued: 0, answer })).verdict).toBe("allow");
    expect(outcomes()).toEqual([["turn.stop", "failed"]]);
  });

  test("UserPromptSubmit that could not decide refuses the input", async () => {
    const table = hooksOf([commandHook("kill -KILL $$", { event: "UserPromptSubmit" })]);
    const ruling = await table.judge("input.receive", {
      sessionId: "s1",
      content: [{ type: "text", text: "x" }],
      source: "prompt",
    });
    expect(ruling).toMatchObject({ verdict: "deny" });
    expect(ruling.reason).toContain("killed by SIGKILL");
  });
});
