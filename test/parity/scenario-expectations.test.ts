/** Each kind of expectation: what passes, and the words of what does not. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ModelRequestSeen } from "gantry/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { callsOf } from "../../plugins/parity/scenario/calls.ts";
import type { ChildEnd } from "../../plugins/parity/scenario/child.ts";
import { checkAlways } from "../../plugins/parity/scenario/expect-always.ts";
import { checkCalls } from "../../plugins/parity/scenario/expect-calls.ts";
import { checkAbsent, checkEvents } from "../../plugins/parity/scenario/expect-events.ts";
import { checkFiles } from "../../plugins/parity/scenario/expect-files.ts";
import { checkJson } from "../../plugins/parity/scenario/expect-json.ts";
import { checkRequests } from "../../plugins/parity/scenario/expect-requests.ts";
import { checkText } from "../../plugins/parity/scenario/expect-text.ts";
import { boundedCheck } from "../../plugins/parity/scenario/expression.ts";
import type { Failure } from "../../plugins/parity/scenario/failure.ts";
import type { LoggedEvent } from "../../plugins/parity/scenario/log-events.ts";
import { checkCovers } from "../../plugins/parity/scenario/seen.ts";

/** `place: what | wanted | found` */
const told = (failures: readonly Failure[]): string[] =>
  failures.map(({ place, what, wanted, found }) =>
    [`${place.join(".")}: ${what}`, wanted, found].filter((part) => part !== undefined).join(" | "),
  );

const event = (type: string, data: Record<string, unknown> = {}): LoggedEvent => ({ type, at: "", data });

function request(body: object, other: Partial<ModelRequestSeen> = {}): ModelRequestSeen {
  const results = (body as { results?: ModelRequestSeen["toolResults"] }).results ?? [];
  return {
    ...{ method: "POST", path: "/v1/messages", headers: {}, at: "", text: JSON.stringify(body), toolResults: results },
    body: { model: "m", max_tokens: 1, stream: true, messages: [], ...body },
    ...other,
  } as ModelRequestSeen;
}

describe("a text", () => {
  const at = { subject: "stdout", place: ["x"] };

  test("passes its checks, one or all of a list", () => {
    const text = "one\ntwo\n";
    expect(
      checkText({ contains: "one", notContains: "three", matches: "^two$", equals: "one\ntwo\n" }, { text, ...at }),
    ).toEqual([]);
    expect(checkText([{ contains: "one" }, { contains: "two" }], { text, ...at })).toEqual([]);
    expect(checkText(undefined, { text, ...at })).toEqual([]);
  });

  test("that fails is told with each check, and is cut in its middle", () => {
    const text = `begin${"x".repeat(5_000)}end`;
    const failures = checkText([{ contains: "one", notContains: "begin" }, { equals: "y" }, { matches: "^z" }], {
      text,
      ...at,
    });
    expect(failures.map(({ place, what, wanted }) => [place.join("."), what, wanted])).toEqual([
      ["x.0.contains", "stdout should contain", '"one"'],
      ["x.0.notContains", "stdout should not contain", '"begin"'],
      ["x.1.equals", "stdout should equal", '"y"'],
      ["x.2.matches", "stdout should match", '"^z"'],
    ]);
    expect(failures[0]?.found).toMatch(/^"beginx+ … \(3808 of 5008 characters\) … x+end"$/);
  });
});

describe("the JSON on stdout", () => {
  const check = (pattern: Parameters<typeof checkJson>[0], stdout: string): string[] =>
    told(checkJson(pattern, stdout, ["json"]));

  test("fits by subset, lists by position and length, and words that stand for values", () => {
    const stdout = JSON.stringify({
      ok: true,
      calls: [{ name: "Read", ms: 3 }],
      text: "It says one.",
      more: [1, 2, 3],
      none: null,
    });
    const pattern = {
      ...{ ok: true, calls: [{ name: "Read", ms: { $any: true } }], text: { $contains: "one" }, none: null },
      ...{ more: { $includes: [3, 1] }, absent: { $absent: true } },
    } as const;
    expect(check(pattern as unknown as Parameters<typeof checkJson>[0], stdout)).toEqual([]);
    expect(check({ text: { $matches: "^It .* one\\.$" }, more: { $includes: 2 } }, `${stdout}\n`)).toEqual([]);
  });

  test("may be a line for each value: an object is the last, a list is all of them", () => {
    const stdout = '{"type":"a","n":1}\n{"type":"b","n":2}\n';
    expect(check({ type: "b" }, stdout)).toEqual([]);
    expect(check([{ type: "a" }, { n: 2 }], stdout)).toEqual([]);
    expect(check({ $includes: [{ type: "b" }] }, stdout)).toEqual([]);
    expect(check([1], "[1]")).toEqual([]);
  });

  test("that differs is told place by place", () => {
    const stdout = '{"ok":false,"calls":[{"name":"Read"}],"text":"two","list":[1],"x-y":1}';
    const pattern = {
      ...{ ok: true, calls: [{ name: "Write" }, {}], text: { $contains: "one" }, list: { $includes: [2] } },
      ...{ gone: { $any: true }, "x-y": { $absent: true }, deep: { a: 1 } },
    } as const;
    expect(check(pattern as unknown as Parameters<typeof checkJson>[0], stdout)).toEqual([
      "json.ok: stdout.ok is not as wanted | true | false",
      'json.calls: stdout.calls should have as many elements | 2: [{"name":"Write"},{}] | 1: [{"name":"Read"}]',
      'json.calls.0.name: stdout.calls[0].name is not as wanted | "Write" | "Read"',
      'json.text: stdout.text is not as wanted | a text that contains "one" | "two"',
      "json.list: stdout.list is not as wanted | an element that fits 2 | [1]",
      "json.gone: stdout.gone is not as wanted | any value | nothing",
      "json.x-y: stdout.x-y is not as wanted | nothing | 1",
      'json.deep: stdout.deep is not as wanted | {"a":1} | nothing',
    ]);
    expect(check({}, "no JSON")).toEqual(['json: stdout should be JSON | JSON | "no JSON"']);
  });
});

describe("model requests", () => {
  const first = request({
    system: "You are.",
    tools: [{ name: "Read" }, { name: "Write" }],
    messages: [{ role: "user", content: "go" }],
  });
  const second = request({
    messages: [
      { role: "assistant", content: [{ type: "tool_use", id: "1", name: "Read", input: {} }] },
      { role: "user", content: [{ type: "text", text: "and on" }] },
    ],
    results: [{ callId: "1", isError: true, text: "FILE_NOT_FOUND: a.txt" }],
  });
  const check = (wanted: Parameters<typeof checkRequests>[0], seen = [first, second]): string[] =>
    told(checkRequests(wanted, seen, ["requests"]));

  test("fit in number, results, tools, texts and body", () => {
    expect(
      check([
        {
          system: { contains: "You" },
          tools: { has: ["Read"], lacks: ["Bash"] },
          input: { equals: "go" },
          body: { stream: true },
        },
        { toolResults: [{ name: "Read", isError: true, contains: "NOT_FOUND" }], input: { equals: "and on" } },
      ]),
    ).toEqual([]);
    expect(check(undefined)).toEqual([]);
    expect(check([], [])).toEqual([]);
  });

  test("that differ are told request by request", () => {
    expect(check([{ tools: { has: ["Raed"], lacks: ["Write"] }, input: { equals: "stop" }, body: { model: "n" } }])).toEqual([
      'requests: there should be exactly so many model requests | 1 | 2: "go", "and on"',
      "requests.0.tools.has.0: request 1 should offer the tool | Raed | Read is near; Read, Write",
      "requests.0.tools.lacks.0: request 1 should not offer the tool | no Write | Read, Write",
      'requests.0.input.equals: request 1: the newest user text should equal | "stop" | "go"',
      'requests.0.body.model: request 1: body.model is not as wanted | "n" | "m"',
    ]);
    expect(check([{ toolResults: [] }, { toolResults: [{ name: "Write", isError: false, contains: "zz" }] }])).toEqual([
      "requests.1.toolResults.0.name: request 2: result 1 (Read): the tool it is of | Write | Read",
      'requests.1.toolResults.0.isError: request 2: result 1 (Read): whether it is an error | false | true: "FILE_NOT_FOUND: a.txt"',
      'requests.1.toolResults.0.contains: request 2: result 1 (Read) should contain | "zz" | "FILE_NOT_FOUND: a.txt"',
    ]);
    expect(check([{}, { toolResults: [{}, {}] }])).toEqual([
      'requests.1.toolResults: request 2 should bring exactly these results | 2 | 1: Read "FILE_NOT_FOUND: a.txt"',
    ]);
  });
});

describe("tool calls", () => {
  const events = [
    event("tool.call", { callId: "1", name: "Read", input: { file_path: "a" } }),
    event("tool.approval", { callId: "1", verdict: "allow" }),
    event("tool.call", { callId: "2", name: "Write", input: { file_path: "b" } }),
    event("tool.result", { callId: "1", content: [{ type: "text", text: "logged" }], isError: false }),
    event("tool.approval", { callId: "2", verdict: "deny" }),
    event("tool.failed", { callId: "2", code: "APPROVAL_DENIED", message: "no" }),
    event("tool.call", { callId: "3", name: "Bash", input: { command: "x" } }),
    event("tool.approval", { callId: "3", verdict: "allow" }),
    event("tool.start", { callId: "3", input: { command: "y" } }),
    event("tool.result", { callId: "3", content: [], isError: true, code: "TOOL_FAILED" }),
  ];
  const calls = callsOf(events, [request({ results: [{ callId: "1", isError: false, text: "as told" }] })]);

  test("are put together from the log, in its order, with what the model was told", () => {
    expect(calls).toEqual([
      { tool: "Read", input: { file_path: "a" }, outcome: "ok", code: undefined, result: "as told" },
      { tool: "Write", input: { file_path: "b" }, outcome: "denied", code: "APPROVAL_DENIED", result: "no" },
      { tool: "Bash", input: { command: "y" }, outcome: "failed", code: "TOOL_FAILED", result: "" },
    ]);
  });

  test("fit exactly, or are told call by call", () => {
    const fitting = [
      { tool: "Read", outcome: "ok", result: { contains: "told" } },
      { tool: "Write", code: "APPROVAL_DENIED" },
      { tool: "Bash", input: { command: { $matches: "^y$" } } },
    ] as const;
    expect(checkCalls(fitting as unknown as Parameters<typeof checkCalls>[0], calls, ["calls"])).toEqual([]);
    expect(
      told(
        checkCalls([{ tool: "Edit", outcome: "denied", input: { file_path: "z" }, result: { equals: "" } }], calls, ["calls"]),
      ),
    ).toEqual([
      "calls: there should be exactly these calls | 1: Edit | 3: Read ok, Write denied APPROVAL_DENIED, Bash failed TOOL_FAILED",
      "calls.0.tool: call 1 (Read): its tool | Edit | Read",
      'calls.0.outcome: call 1 (Read): its outcome | denied | ok; it was told "as told"',
      'calls.0.input.file_path: call 1 (Read): input.file_path is not as wanted | "z" | "a"',
      'calls.0.result.equals: call 1 (Read): its result should equal | "" | "as told"',
    ]);
  });
});

describe("events", () => {
  const events = [
    event("input"),
    event("tool.approval", { verdict: "deny", by: { kind: "rule" } }),
    event("turn.end", { stop: "end_turn" }),
  ];

  test("are found in order, by subset; others must not be there", () => {
    const wanted = [{ type: "input" }, { type: "tool.approval", by: { kind: "rule" } }, { type: "turn.end" }];
    expect(checkEvents(wanted, events, ["events"])).toEqual([]);
    expect(checkAbsent([{ type: "tool.start" }, { type: "tool.approval", verdict: "allow" }], events, ["absent"])).toEqual([]);
  });

  test("that are not there, are too early, or should not be, are told", () => {
    const wanted = [{ type: "turn.end" }, { type: "input" }, { type: "tool.approval", verdict: "allow" }];
    expect(told(checkEvents(wanted, events, ["events"]))).toEqual([
      'events.1: the session should have this event behind the ones before | {"type":"input"} | no input in no events',
      'events.2: the session should have this event | {"type":"tool.approval","verdict":"allow"} | no tool.approval in no events',
    ]);
    expect(told(checkEvents([{ type: "turn.end", stop: "error" }], events, ["events"]))).toEqual([
      'events.0: the session should have this event | {"type":"turn.end","stop":"error"} | {"stop":"end_turn","type":"turn.end"}',
    ]);
    expect(told(checkAbsent([{ type: "input" }], events, ["absent"]))).toEqual([
      'absent.0: no event of the session should fit | none with {"type":"input"} | {"type":"input"}',
    ]);
  });
});

test("files are absent, whole, or pass checks; links and folders are no files", async () => {
  const root = await mkdtemp(path.join(tmpdir(), "gantry-files-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const [folder, home] = [path.join(root, "work"), path.join(root, "home")];
  await Promise.all([mkdir(path.join(folder, "sub"), { recursive: true }), mkdir(home)]);
  await Promise.all([
    writeFile(path.join(folder, "a.txt"), "one\n"),
    writeFile(path.join(home, ".rc"), "x"),
    symlink("/etc/passwd", path.join(folder, "link")),
    symlink("/etc", path.join(folder, "etc")),
    symlink(home, path.join(folder, "home")),
  ]);
  const check = async (wanted: Parameters<typeof checkFiles>[0]): Promise<string[]> =>
    told(await checkFiles(wanted, { folder, home, place: ["files"] }));
  expect(await check({ "a.txt": "one\n", "b.txt": "absent", "sub/c": "absent", "~/.rc": { equals: "x" } })).toEqual([]);
  expect(
    await check({
      "a.txt": "absent",
      b: "one",
      sub: { contains: "x" },
      link: { contains: "root" },
      "~/.rc": [{ contains: "y" }],
      "etc/passwd": { contains: "root" },
      "etc/nothing/here": "absent",
      "home/.rc": "x",
    }),
  ).toEqual([
    "files.a.txt: a.txt should not be there | absent | a file of 4 characters",
    "files.b: b should be there | a file | absent",
    "files.sub: sub should be a file to read | a file | a folder",
    "files.link: link should be a file to read | a file | no regular file",
    'files.~/.rc.0.contains: ~/.rc should contain | "y" | "x"',
    "files.etc/passwd: etc/passwd should be a file to read | a file | a link on its path leads out of the scenario's folders",
  ]);
});

describe("what is always checked", () => {
  const end: ChildEnd = { exit: 0, stdout: "", stderr: "", cut: [], isTimedOut: false };
  const model = { requests: [], problems: [], remaining: 0 };
  const check = (
    step: Partial<Parameters<typeof checkAlways>[0]>,
    about: Partial<ChildEnd> = {},
    played: object = {},
    hasLog = true,
  ): string[] =>
    told(
      checkAlways(
        { gantry: [], ...step },
        { end: { ...end, ...about }, model: { ...model, ...played }, seconds: 60, hasLog, place: ["steps", 0] },
      ),
    );

  test("is the exit code, 0 where none is written, or the signal", () => {
    expect(check({})).toEqual([]);
    expect(check({ expect: { exit: "SIGKILL" } }, { exit: "SIGKILL" })).toEqual([]);
    expect(check({}, { exit: 3, stderr: "no" })).toEqual(['steps.0.expect.exit: the exit code | 0 | 3; stderr: "no"']);
    expect(check({}, { exit: "SIGTERM", isTimedOut: true })[0]).toMatch(
      /^steps\.0: the command should end within 60 s; it was ended/,
    );
  });

  test("is that stderr holds no stack trace, and that the outputs are whole", () => {
    const stderr = "TypeError: x\n    at run (/a/b.cjs:1:2)\n";
    expect(check({}, { stderr })).toEqual([
      'steps.0: stderr should hold no stack trace | none | "TypeError: x\\n    at run (/a/b.cjs:1:2)\\n"',
    ]);
    expect(check({}, { stderr: "meet me at noon\n  at the gate (3:4)\n" })).toEqual([]);
    expect(check({}, { cut: ["stdout"] })[0]).toContain("stdout should be at most 8388608 bytes");
  });

  test("is that there is a log of a step that asked the model, where calls or events are expected", () => {
    const requests = [request({})];
    expect(check({ expect: { calls: [] } }, {}, { requests }, false)).toEqual([
      "steps.0.expect: the step asked the model and left no session log; calls and events cannot be checked | new events in a session log | none",
    ]);
    expect(check({ expect: { absent: [{ type: "tool.start" }] } }, {}, { requests }, false)).toHaveLength(1);
    expect(check({ expect: { calls: [] } }, {}, {}, false)).toEqual([]);
  });

  test("is that the script is played to its end and no further, and that requests are those of a session", () => {
    const entries = [{ say: "one" }, { say: "two" }];
    expect(check({ model: entries }, {}, { remaining: 1 })).toEqual([
      'steps.0.model.1: every entry of the model should be played; 1 of 2 were not | {"say":"two"} | 1 were played',
    ]);
    const exhausted = { code: "SCRIPT_EXHAUSTED", message: "script: all 2 entries are played, and another request came" };
    const failed = { code: "SCRIPT_EXPECTATION_FAILED", message: "script: entry 2: the input should contain x" };
    expect(check({ model: entries }, {}, { problems: [exhausted, failed] })).toEqual([
      "steps.0.model: an unexpected model request came | 2 entries are played, and no more | all 2 entries are played, and another request came",
      'steps.0.model.1: the script\'s expectation should hold | {"say":"two"} | the input should contain x',
    ]);
    const requests = [request({}), request({ stream: false }), request({}, { method: "GET", path: "/v1/models?x" })];
    expect(check({}, {}, { requests })).toEqual([
      "steps.0: request 2 is not one of a session | a streaming POST /v1/messages | POST /v1/messages, not streaming",
      "steps.0: request 3 is not one of a session | a streaming POST /v1/messages | GET /v1/models",
    ]);
  });
});

test("an expression that does not come to an end is a failure of its check, and others are checked all the same", () => {
  const text = `${"a".repeat(60)}!`;
  const endless = "^(a+)+$";
  const fails = (place: string, check: () => Failure[]): string[] => told(boundedCheck([place], check));
  const words = "an expression of this check should come to an end within 1 s";
  const checks = { text, subject: "stdout", place: ["stdout"] };
  expect(fails("stdout", () => checkText({ matches: endless }, checks))).toEqual([
    `stdout: ${words} | an answer of ${endless} | none in time; the check was given up`,
  ]);
  // Where not to fit is to pass, it is none.
  const absent = [{ type: "input", text: { $matches: endless } }];
  expect(fails("absent", () => checkAbsent(absent, [event("input", { text })], ["absent"]))[0]).toContain(words);
  expect(fails("stdout", () => checkText({ matches: "^a+!$" }, checks))).toEqual([]);
});

test("what a scenario covers has to be seen: called, logged, ended with or, for other parts, named in an output", () => {
  const covers = [
    "tools/Read",
    "session-events/limit",
    "stop-reasons/denied",
    "exit-codes/3",
    "error-codes/A_B",
    "hook-points/tool.ask",
    "flags/--x",
    "providers/p",
  ];
  const steps = [
    {
      end: {
        exit: 3,
        stdout: '{"stopReason":"denied"}',
        stderr: "A_B: no. tool.ask. --x Read limit",
        cut: [],
        isTimedOut: false,
      },
      events: [event("session.open", { model: "p/m" })],
      requests: [],
    },
  ];
  const scenario = { covers } as unknown as Parameters<typeof checkCovers>[0];
  expect(told(checkCovers(scenario, { implied: [], steps })).map((line) => line.split(" | ")[1])).toEqual([
    "tools/Read",
    "session-events/limit",
    "flags/--x",
  ]);
  expect(checkCovers(scenario, { implied: ["tools/Read", "session-events/limit", "flags/--x"], steps })).toEqual([]);
});
