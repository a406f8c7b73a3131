/** What a hook printed and how it ended → what it means, by the public rules and ours. */
import { describe, expect, test } from "vitest";
import type { HookReply } from "../../core/config-hooks/answer/hook-reply.ts";
import { type Reading, readBody, readExit } from "../../core/config-hooks/answer/output.ts";
import { maxSaidChars } from "../../core/config-hooks/answer/said-text.ts";
import type { HookExit } from "../../core/contract/hook-run.ts";
import type { Json, JsonObject } from "../../core/contract/messages.ts";
import { type PublicEvent, publicEvents, publicEventTable } from "../../core/contract/public-events.ts";

const source = "gantry.config.jsonc:7";
const hookOf = (
  event: PublicEvent,
  onFailure: "block" | "continue" = publicEventTable[event].guard ? "block" : "continue",
) => ({
  ...{ event, onFailure, source },
});
const exitOf = (over: Partial<HookExit>): HookExit => ({
  ...{ exitCode: 0, signal: null, stdout: "", stderr: "", cut: false, left: 0 },
  ...over,
});
const read = (event: PublicEvent, over: Partial<HookExit>, onFailure?: "block" | "continue"): Reading =>
  readExit(hookOf(event, onFailure), exitOf(over), 5_000);
const printed = (event: PublicEvent, json: Json, over: Partial<HookExit> = {}): Reading =>
  read(event, { stdout: JSON.stringify(json), ...over });
const specific = (event: PublicEvent, fields: JsonObject, over: Partial<HookExit> = {}): Reading =>
  printed(event, { hookSpecificOutput: { hookEventName: event, ...fields } }, over);

const live = publicEvents.filter((event) => publicEventTable[event].points.length > 0);

describe.each(["Elicitation", "ElicitationResult"] as const)("an answer at %s", (event) => {
  test("is an accept with the form's fields, or a no that nothing loosens", () => {
    expect(specific(event, { action: "accept", content: { name: "Ada" } }).reply).toEqual({
      ...{ verdict: "allow", answer: { action: "accept", content: { name: "Ada" } } },
    });
    expect(specific(event, { action: "cancel" }).reply).toMatchObject({ verdict: "deny", answer: { action: "cancel" } });
    expect(specific(event, { action: "decline" }).reply).toMatchObject({ verdict: "deny", answer: { action: "decline" } });
  });

  test("that cannot be read blocks: nobody knows what was meant", () => {
    expect(specific(event, { action: "yes" }).reply).toMatchObject({
      verdict: "deny",
      undecided: expect.stringContaining('action is "yes"'),
    });
    expect(specific(event, { content: {} }).reply).toMatchObject({ verdict: "deny" });
    expect(specific(event, { action: "accept", content: [] }).reply).toMatchObject({ verdict: "deny" });
    expect(specific("PreToolUse", { action: "accept" }).reply).toMatchObject({ verdict: "deny" });
  });
});

describe("exit codes", () => {
  test("0 with nothing printed says nothing, at every event", () => {
    for (const event of live) expect(read(event, {})).toEqual({ reply: {}, violations: [] });
  });

  test.each<[PublicEvent, HookReply]>([
    ["PreToolUse", { verdict: "deny", reason: "no" }],
    ["PermissionRequest", { verdict: "deny", reason: "no" }],
    ["UserPromptSubmit", { verdict: "deny", reason: "no" }],
    ["Stop", { verdict: "deny", reason: "no" }],
    ["PostToolBatch", { verdict: "deny", reason: "no" }],
    ["ConfigChange", { verdict: "deny", reason: "no" }],
    ["Elicitation", { verdict: "deny", reason: "no" }],
    ["ElicitationResult", { verdict: "deny", reason: "no" }],
    ["PostToolUse", { context: "no" }],
    ["PostToolUseFailure", { context: "no" }],
    ["SessionStart", { say: "no" }],
    ["SessionEnd", { say: "no" }],
    ["CwdChanged", { say: "no" }],
    ["Notification", {}],
    ["StopFailure", {}],
    ["InstructionsLoaded", {}],
    ["PermissionDenied", {}],
  ])("2 at %s gives %j", (event, reply) => {
    expect(read(event, { exitCode: 2, stderr: "no\n" }).reply).toEqual(reply);
  });

  test("2 has a row above for every live event", () => {
    expect(live).toHaveLength(17);
  });

  test("2 beats a JSON allow, and takes its message from what was printed as errors", () => {
    const allow = { hookSpecificOutput: { hookEventName: "PreToolUse", permissionDecision: "allow", updatedInput: {} } };
    expect(printed("PreToolUse", allow, { exitCode: 2, stderr: "no" }).reply).toEqual({ verdict: "deny", reason: "no" });
  });

  test("2 with a JSON that blocks takes the JSON's reason", () => {
    const deny = { permissionDecision: "deny", permissionDecisionReason: "from JSON" };
    expect(specific("PreToolUse", deny, { exitCode: 2, stderr: "from stderr" }).reply).toEqual({
      ...{ verdict: "deny", reason: "from JSON" },
    });
  });

  test("another code is an error that decides nothing, also for a guard", () => {
    expect(read("PreToolUse", { exitCode: 1, stderr: "boom\n" })).toEqual({
      ...{ reply: { failed: "exit code 1, an error that decides nothing: boom" }, violations: [] },
    });
  });

  test("another code with a JSON of the format: the JSON alone decides", () => {
    expect(specific("PreToolUse", { permissionDecision: "deny" }, { exitCode: 1 }).reply).toEqual({ verdict: "deny" });
    expect(printed("PostToolUse", { unrelated: true }, { exitCode: 1 }).reply.failed).toContain("exit code 1");
  });
});

describe("a guard that could not decide", () => {
  test.each<[string, Partial<HookExit>, string]>([
    ["was not found", { exitCode: 127, stderr: "sh: 1: nope: not found" }, "not found (exit code 127)"],
    ["may not be run", { exitCode: 126, stderr: "sh: 1: ./x: Permission denied" }, "could not be run (exit code 126)"],
    ["could not be started", { exitCode: null, notStarted: "spawn x ENOENT" }, "spawn x ENOENT"],
    ["took too long", { exitCode: null, signal: "SIGTERM", ended: "timeout" }, "no end within 5000 ms"],
    ["was killed", { exitCode: null, signal: "SIGKILL" }, "killed by SIGKILL"],
    ["was killed below a shell", { exitCode: 137 }, "killed by signal 9 (exit code 137)"],
    ["printed without end", { exitCode: null, signal: "SIGKILL", ended: "output" }, "64 MiB"],
    ["printed JSON beyond the cap", { stdout: '{"decision": "blo', cut: true }, "longer than the 1 MiB"],
  ])("because it %s blocks, and any other hook has failed", (_what, over, why) => {
    const guard = read("PreToolUse", over).reply;
    expect(guard.verdict).toBe("deny");
    expect(guard.undecided).toContain(why);
    expect(read("PreToolUse", over, "continue").reply).toEqual({ failed: guard.undecided });
    expect(read("PostToolUse", over).reply).toEqual({ failed: guard.undecided });
  });

  test("because its decision has another word than the format's blocks", () => {
    for (const fields of [{ permissionDecision: "denied" }, { permissionDecision: true }, { updatedInput: "rm" }])
      expect(specific("PreToolUse", fields).reply.verdict).toBe("deny");
    expect(printed("PreToolUse", { decision: "deny" }).reply.undecided).toBe('decision is "deny"; it must be "block"');
    expect(printed("PreToolUse", { continue: "false" }).reply.verdict).toBe("deny");
    expect(specific("PermissionRequest", { decision: { behavior: "block" } }).reply.verdict).toBe("deny");
  });

  test("a decision at the wrong level, or for another event, is not taken for silence", () => {
    expect(printed("PreToolUse", { permissionDecision: "deny" }).reply.undecided).toContain("belongs into hookSpecificOutput");
    const other = { hookSpecificOutput: { hookEventName: "PostToolUse", permissionDecision: "deny" } };
    expect(printed("PreToolUse", other).reply.undecided).toContain('is for "PostToolUse"');
  });

  const typed = { hookEventName: "PreToolUse", permissionDecison: "deny" };
  const crash = "Traceback (most recent call last):\n  File \"g.py\", line 1\nNameError: name 'x' is not defined";
  const mute: [what: string, stdout: string][] = [
    ["half an object", '{"hookSpecificOutput": {'],
    ["an object in single quotes", "{'decision': 'block'}"],
    ["two objects", '{"systemMessage":"x"}\n{"decision":"block"}'],
    ["a list", '[{"decision":"block"}]'],
    ["an object of fields that the format does not have", '{"ok":false,"reason":"x"}'],
    ["a decision with a typo", '{"desicion":"block","reason":"x"}'],
    ["a decision with a typo beside a known field", '{"systemMessage":"x","desicion":"block"}'],
    ["a decision with a typo below", JSON.stringify({ hookSpecificOutput: typed })],
    [
      "an edit with a typo beside a yes",
      '{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"allow","updatedImput":{}}}',
    ],
    ["the decision of another event", '{"hookSpecificOutput":{"hookEventName":"PreToolUse","decision":{"behavior":"deny"}}}'],
    ["a decision below a line of a log", 'checking\n{"decision":"block","reason":"no"}'],
    ["a decision of many lines below a line of a log", 'checking\n{\n  "decision": "block"\n}'],
    ["a decision behind words", 'INFO: {"continue": false}'],
  ];
  test.each(mute)("because it printed %s blocks, by a program as by http", (_what, stdout) => {
    for (const reading of [read("PreToolUse", { stdout }), readBody(hookOf("PreToolUse"), stdout)]) {
      expect(reading.reply.verdict).toBe("deny");
      expect(reading.reply.undecided).toBeDefined();
    }
    expect(read("PreToolUse", { stdout }, "continue").reply.verdict).toBeUndefined();
    expect(read("PreToolUse", { stdout, exitCode: 1 }).reply.undecided).toBeDefined();
  });

  test("because it printed text beyond the cap blocks: a decision may stand at its end", () => {
    const stdout = "x".repeat(2 ** 20);
    expect(read("PreToolUse", { stdout, cut: true }).reply.undecided).toContain("longer than the 1 MiB");
    expect(read("PreToolUse", { stdout: "x", cut: true }).reply).toEqual({});
  });

  test("because its interpreter ended it blocks, but keeps the no that it had printed; its yes is not taken", () => {
    expect(read("PreToolUse", { exitCode: 1, stderr: crash }).reply.undecided).toContain("python could not load it");
    const allow = { permissionDecision: "allow" };
    expect(specific("PreToolUse", allow, { exitCode: 1, stderr: crash }).reply).toMatchObject({ verdict: "deny" });
    const no = { permissionDecision: "deny", permissionDecisionReason: "r" };
    expect(specific("PreToolUse", no, { exitCode: 1, stderr: crash }).reply).toEqual({ verdict: "deny", reason: "r" });
    const shown = printed("PostToolUse", { systemMessage: "s" }, { exitCode: 1, stderr: crash }).reply;
    expect(shown).toEqual({ say: "s" });
  });

  test.each(["ok", "[info] all is well", "[12:00:01] checked", "{}", '{"suppressOutput":false}', 'decision: "none"'])(
    "is not one that printed %s",
    (stdout) => expect(read("PreToolUse", { stdout }).reply).toEqual({}),
  );

  test("is not one that printed context for the model, be it about hooks", () => {
    const stdout = 'The hook answers with "decision": "block".';
    expect(read("UserPromptSubmit", { stdout }).reply).toEqual({ context: stdout });
    expect(read("UserPromptSubmit", { stdout: '[{"id":1}]' }).reply).toEqual({ context: '[{"id":1}]' });
    expect(read("UserPromptSubmit", { stdout: 'note\n{"decision":"block"}' }).reply.verdict).toBe("deny");
  });
});

describe("an accidental block", () => {
  test.each([
    "python3: can't open file '/x/missing.py': [Errno 2] No such file or directory",
    "sh: 0: cannot open missing.sh: No such file",
    "sh: 2: Syntax error: end of file unexpected",
    "bash: -c: line 2: syntax error: unexpected end of file",
    "grep: missing: No such file or directory",
    "jq: error: Could not open file x: No such file or directory",
    "usage: guard.py [-h] file\nguard.py: error: unrecognized arguments: x",
  ])("%s blocks, and is said to look like one, with the hook's place", (stderr) => {
    const { verdict, reason } = read("PreToolUse", { exitCode: 2, stderr }).reply;
    expect(verdict).toBe("deny");
    expect(reason).toContain(stderr);
    expect(reason).toContain(`looks like an accident and not like a decision: the program of the hook at ${source}`);
  });

  test("a reason of a guard's own words is not", () => {
    for (const stderr of ["never push to main", "use rg instead of grep", ""])
      expect(read("PreToolUse", { exitCode: 2, stderr }).reply.reason).not.toContain("accident");
  });
});

describe("fields", () => {
  test("PreToolUse: allow, deny, ask, and defer which is ask here", () => {
    const verdicts = ["allow", "deny", "ask", "defer"].map(
      (permissionDecision) => specific("PreToolUse", { permissionDecision, permissionDecisionReason: "r" }).reply,
    );
    expect(verdicts).toEqual(["allow", "deny", "ask", "ask"].map((verdict) => ({ verdict, reason: "r" })));
  });

  test("PreToolUse: a whole new input, and context", () => {
    const fields = { permissionDecision: "allow", updatedInput: { command: "ls" }, additionalContext: "c" };
    expect(specific("PreToolUse", fields)).toEqual({
      ...{ reply: { verdict: "allow", input: { command: "ls" }, context: "c" }, violations: [] },
    });
  });

  test("PreToolUse: the old decisions approve and block", () => {
    expect(printed("PreToolUse", { decision: "approve", reason: "r" }).reply).toEqual({ verdict: "allow", reason: "r" });
    expect(printed("PreToolUse", { decision: "block", reason: "r" }).reply).toEqual({ verdict: "deny", reason: "r" });
  });

  test("PermissionRequest: yes with an input and rules for the session", () => {
    const rule = { toolName: "Bash", ruleContent: "npm test" };
    const add = { type: "addRules", rules: [rule], behavior: "allow", destination: "session" };
    const forever = { ...add, destination: "projectSettings" };
    const decision = { behavior: "allow", updatedInput: { command: "x" }, updatedPermissions: [add, forever] };
    const { reply, violations } = specific("PermissionRequest", { decision });
    expect(reply).toEqual({ verdict: "allow", input: { command: "x" }, remember: ["Bash(npm test)"] });
    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain("projectSettings");
  });

  test("PermissionRequest: no with a message, and an end of the turn", () => {
    const decision = { behavior: "deny", message: "m", interrupt: true };
    expect(specific("PermissionRequest", { decision }).reply).toEqual({ verdict: "deny", reason: "m", stop: "m" });
  });

  test.each<[Json, string]>([
    ["as a string", "as a string"],
    [{ stdout: "out\n", stderr: "" }, "out\n"],
    [{ stdout: "out\n", stderr: "err" }, "out\nerr"],
    [{ other: 1 }, '{"other":1}'],
  ])("PostToolUse: updatedToolOutput %j is what the model sees", (updatedToolOutput, text) => {
    expect(specific("PostToolUse", { updatedToolOutput }).reply).toEqual({ content: [{ type: "text", text }] });
  });

  test("PostToolUse: blocks of text are their texts, also under the name that MCP tools have", () => {
    const blocks = [
      { type: "text", text: "a" },
      { type: "text", text: "b" },
    ];
    expect(specific("PostToolUse", { updatedMCPToolOutput: blocks })).toEqual({ reply: { content: blocks }, violations: [] });
    expect(specific("PostToolUse", { updatedToolOutput: { content: blocks } }).reply).toEqual({ content: blocks });
  });

  test("PostToolUse: a block is told to the model", () => {
    expect(printed("PostToolUse", { decision: "block", reason: "r" }).reply).toEqual({ context: "r" });
  });

  test("plain text on stdout is context at UserPromptSubmit and SessionStart only", () => {
    for (const event of live) {
      const expected = event === "UserPromptSubmit" || event === "SessionStart" ? { context: "plain" } : {};
      expect(read(event, { stdout: " plain\n" }).reply).toEqual(expected);
    }
  });

  test("continue: false ends the turn; what waits does not go ahead; Stop lets go", () => {
    const end = { continue: false, stopReason: "enough" };
    expect(printed("PreToolUse", end).reply).toEqual({ verdict: "deny", reason: "enough", stop: "enough" });
    expect(printed("PostToolUse", end).reply).toEqual({ stop: "enough" });
    expect(printed("Stop", { ...end, decision: "block", reason: "r" }).reply).toEqual({ reason: "r", stop: "enough" });
  });

  test("systemMessage is for the user; a terminal sequence is not written and said", () => {
    const { reply, violations } = printed("Stop", { systemMessage: "hi", terminalSequence: "\u0007", suppressOutput: true });
    expect(reply).toEqual({ say: "hi" });
    expect(violations).toEqual([
      "suppressOutput is accepted and has no effect",
      "terminalSequence is not in this build: nothing was written",
    ]);
  });

  test("what the format does not have is said, with the nearest name", () => {
    expect(printed("PreToolUse", { sytemMessage: "x", continue: true }).violations).toEqual([
      "the output has no field sytemMessage. Did you mean systemMessage?",
    ]);
    expect(specific("SessionStart", { watchPaths: [] }).violations).toEqual([
      "hookSpecificOutput.watchPaths is not in this build: it had no effect",
    ]);
    expect(specific("Stop", { additionalContext: 1 }).violations).toEqual(["additionalContext is 1; it must be a string"]);
    expect(printed("Stop", { hookSpecificOutput: { additionalContext: "c" } })).toEqual({
      reply: { context: "c" },
      violations: ['hookSpecificOutput lacks "hookEventName": "Stop"'],
    });
  });

  test("a string is cut at 10,000 characters, with a mark, and holds no terminal codes", () => {
    const { context = "" } = specific("Stop", { additionalContext: `\u001b[31m${"x".repeat(20_000)}` }).reply;
    expect(context).toHaveLength(maxSaidChars);
    expect(context).toMatch(/^x+\n\[cut: 20000 characters, of which 10000 are used\]$/);
  });
});

describe("characters that are terminal codes elsewhere", () => {
  test("in a reason do not cost the decision", () => {
    // Raw in a JSON string, as when a hook quotes a hostile file: U+009D would begin a string of its own on a terminal.
    const json = '{"decision":"block","reason":"holds \u009d here"}';
    expect(read("PreToolUse", { stdout: json }).reply).toEqual({ verdict: "deny", reason: "holds  here" });
  });

  test("around a JSON object do not hide it", () => {
    const stdout = '\u001b[0m{"decision":"block","reason":"r"}\u001b[0m\n';
    expect(read("PreToolUse", { stdout }).reply).toEqual({ verdict: "deny", reason: "r" });
  });
});

describe("the body of an http answer", () => {
  test("empty says nothing, JSON decides, anything else is no decision", () => {
    const guard = hookOf("PreToolUse");
    expect(readBody(guard, " ")).toEqual({ reply: {}, violations: [] });
    expect(readBody(guard, '{"decision":"block","reason":"r"}').reply).toEqual({ verdict: "deny", reason: "r" });
    expect(readBody(guard, "<html>").reply.undecided).toBe("the answer is not a JSON object: <html>");
    expect(readBody(guard, '{"x":1}').reply.undecided).toContain("no field of the format");
    expect(readBody(hookOf("PostToolUse"), "<html>").reply).toEqual({ failed: "the answer is not a JSON object: <html>" });
  });
});
