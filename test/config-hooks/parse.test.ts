import { chmod, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseHooks } from "../../core/config-hooks/declared/parse.ts";
import type { Json } from "../../core/contract/messages.ts";
import { type PublicEvent, publicEvents, publicEventTable } from "../../core/contract/public-events.ts";
import { command, declare, tools } from "./declared.ts";

/** `error: …` or `warning: …` for each problem of one hook, without the words that name it. */
async function found(event: string, handler: Json, matcher?: Json): Promise<string[]> {
  const { hooks, problems } = await parseHooks([declare(event, handler, matcher === undefined ? {} : { matcher })], {
    ...{ tools, servers: ["docs", "mail"] },
  });
  const isKept = hooks.length === 1;
  return problems.map(({ code, severity, message }) => {
    expect(code).toBe("HOOK_INVALID");
    const what = message.replace(/^the \S+ hook(?: "(?:[^"\\]|\\.)*")?(?: cannot work)?: /, "");
    return `${severity ?? "error"}${isKept ? ", kept" : ""}: ${what}`;
  });
}

const braced = (name: string): string => `\${${name}}`;

const fieldsOfCommand =
  "Its fields are type, command, args, async, asyncRewake, rewakeMessage, rewakeSummary, shell, if, timeout, statusMessage, once, onFailure.";

test("the matcher of an entry without hooks is looked at all the same", async () => {
  const { problems } = await parseHooks([declare("PreToolUse", null, { matcher: "Bash(git:*)" })], { tools });
  expect(problems.map(({ severity = "error", message }) => [severity, message])).toEqual([
    ["error", expect.stringContaining('the matcher "Bash(git:*)" is a permission rule; write "matcher": "Bash" and "if"')],
    ["warning", expect.stringContaining("its list of hooks is empty")],
  ]);
});

test("an unknown event names the nearest, and the page of all", async () => {
  const { problems } = await parseHooks([declare("PreToolUs", command())], { tools });
  expect(problems).toMatchObject([
    { message: expect.stringMatching(/Did you mean PreToolUse\?$/), hint: "docs/hooks.md has the table of events." },
  ]);
});

describe("a hook that cannot work says why", () => {
  const rows: [name: string, event: string, handler: Json, problem: string][] = [
    ["an event with a typo", "PreToolUs", command(), 'error: there is no event "PreToolUs". Did you mean PreToolUse?'],
    ["an event in another case", "pretooluse", command(), 'error: there is no event "pretooluse". Did you mean PreToolUse?'],
    ["an event like no other", "OnTuesday", command(), 'error: there is no event "OnTuesday".'],
    ["an empty list", "PreToolUse", null, "warning: its list of hooks is empty, so nothing runs"],
    ["a point", "tool.call", command(), "error: tool.call is a point for taps of plugins; its event in a config is PreToolUse"],
    ["an event of other builds", "SubagentStop", command(), "warning: SubagentStop never comes: this build has no subagents"],
    ["a text", "PreToolUse", "guard.sh", 'error: a hook is an object, not "guard.sh"'],
    ["no type", "PreToolUse", { command: "true" }, "error: type is missing; it is command, http, mcp_tool or prompt"],
    ["a number as type", "Stop", { type: 4 }, "warning: type is command, http, mcp_tool or prompt, not 4"],
    [
      "a type with a typo",
      "PreToolUse",
      { type: "comand", command: "true" },
      'error: there are no hooks of type "comand"; a hook is command, http, mcp_tool or prompt. Did you mean command?',
    ],
    ["an agent", "PreToolUse", { type: "agent", prompt: "x" }, "error: hooks of type agent are known, but not in this build"],
    ["an MCP tool without a name", "Stop", { type: "mcp_tool", server: "docs" }, "warning: tool is missing"],
    [
      "an MCP tool by our name of it",
      "PreToolUse",
      { type: "mcp_tool", server: "docs", tool: "mcp__docs__check" },
      'error: tool is the server\'s own name of it; write "check"',
    ],
    [
      "an MCP tool of no server",
      "PreToolUse",
      { type: "mcp_tool", server: "dosc", tool: "check" },
      'error: there is no MCP server "dosc" in mcpServers; there are docs, mail. Did you mean docs?',
    ],
    [
      "an MCP tool's input that is none",
      "PreToolUse",
      { type: "mcp_tool", server: "docs", tool: "check", input: "x" },
      'error: input is an object, not "x"',
    ],
    [
      "a type not for its event",
      "SessionStart",
      { type: "http", url: "http://h" },
      "warning: a hook of SessionStart is command or mcp_tool, not http",
    ],
    [
      "a prompt at an event of programs",
      "Notification",
      { type: "prompt", prompt: "x" },
      "warning: a hook of Notification is command, http or mcp_tool, not prompt",
    ],
    [
      "a field with a typo",
      "PreToolUse",
      command({ timout: 3 }),
      "error: a command hook has no field timout. Did you mean timeout?",
    ],
    ["a field of another type", "PreToolUse", command({ url: "http://h" }), "error: a command hook has no field url."],
    ["a field of the wrong kind", "PreToolUse", command({ timeout: "3" }), 'error: timeout is a number, not "3"'],
    ["no command", "PreToolUse", { type: "command" }, "error: command is missing"],
    ["an empty command", "PreToolUse", command({ command: " " }), "error: command is empty"],
    ["args that are no texts", "PreToolUse", command({ args: [1] }), "error: args.0 is a string, not 1"],
    ["an unknown onFailure", "PreToolUse", command({ onFailure: "stop" }), 'error: onFailure is block or continue, not "stop"'],
    [
      "onFailure block on what stops nothing",
      "Stop",
      command({ onFailure: "block" }),
      'warning: onFailure: "block" cannot work: a hook of Stop that fails stops nothing',
    ],
    ["a timeout of nothing", "PreToolUse", command({ timeout: 0 }), "error: timeout is 0; it is a number of seconds above 0"],
    [
      "a timeout in milliseconds",
      "PreToolUse",
      command({ timeout: 5000 }),
      "error: timeout is in seconds, and 5000 is more than an hour. If 5000 milliseconds were meant, write 5.",
    ],
    [
      "words in exec form",
      "PreToolUse",
      command({ command: "node guard.js", args: ["-v"] }),
      'error: with args the command is one program, and there is none of the name "node guard.js"; write "command": "node", "args": ["guard.js","-v"]',
    ],
    ["asyncRewake", "Stop", command({ asyncRewake: true }), "warning: asyncRewake is known, but not in this build"],
    [
      "another shell",
      "Stop",
      command({ shell: "powershell" }),
      'warning: shell: "powershell" is known, but not in this build; write bash',
    ],
    [
      "an address that is none",
      "PreToolUse",
      { type: "http", url: "ftp://h" },
      'error: url begins with http:// or https://, not "ftp://h"',
    ],
    ["an empty prompt", "PreToolUse", { type: "prompt", prompt: "" }, "error: prompt is empty"],
    [
      "if where there is no tool",
      "Stop",
      command({ if: "Bash" }),
      "warning: if is for events of tools; a hook of Stop with if would never run",
    ],
    ["if with a typo", "PreToolUse", command({ if: "Bsh(x)" }), 'error: if "Bsh(x)": there is no tool Bsh. Did you mean Bash?'],
    [
      "if for a tool of other builds",
      "PreToolUse",
      command({ if: "WebFetch(domain:a.b)" }),
      'warning: if "WebFetch(domain:a.b)": WebFetch is known, not in this build',
    ],
  ];
  test.each(rows)("%s", async (_name, event, handler, problem) => {
    expect(await found(event, handler)).toEqual([problem]);
  });

  test("and all of it at once", async () => {
    const handler = command({ timout: 3, command: 4, once: "yes" });
    expect(await found("PreToolUse", handler, "Wirte|Bsh")).toEqual([
      "error: there is no tool Wirte. Did you mean Write?",
      "error: there is no tool Bsh. Did you mean Bash?",
      "error: command is a string, not 4",
      'error: once is a boolean, not "yes"',
      "error: a command hook has no field timout. Did you mean timeout?",
    ]);
  });

  test("with its place and its fields", async () => {
    const { problems, broken } = await parseHooks([declare("PreToolUse", command({ timout: 3 }))], { tools });
    expect(problems).toEqual([
      {
        code: "HOOK_INVALID",
        message: 'the PreToolUse hook "true" cannot work: a command hook has no field timout. Did you mean timeout?',
        file: "/p/gantry.config.jsonc",
        line: 7,
        key: "hooks.PreToolUse",
        hint: fieldsOfCommand,
      },
    ]);
    expect(broken).toMatchObject([{ order: 1, problem: "a command hook has no field timout. Did you mean timeout?" }]);
  });
});

describe("a hook that works in part is kept with a warning", () => {
  const rows: [name: string, event: string, handler: Json, problem: string][] = [
    [
      "async on a guard",
      "PreToolUse",
      command({ async: true }),
      "warning, kept: async: it runs in the background and decides nothing; a guard must not be async",
    ],
    [
      "once on a guard",
      "PreToolUse",
      command({ once: true }),
      "warning, kept: with once it looks at the first PreToolUse of a session only; what comes after is not guarded by it",
    ],
    [
      "onFailure on what stops nothing",
      "Stop",
      command({ onFailure: "continue" }),
      "warning, kept: onFailure says nothing here: a hook of Stop that fails stops nothing",
    ],
    ["a long timeout", "Stop", command({ timeout: 1200 }), "warning, kept: timeout is in seconds: 1200 are 20 minutes"],
    [
      "a variable that never was",
      "PostToolUse",
      command({ command: "prettier $CLAUDE_FILE_PATHS" }),
      "warning, kept: $CLAUDE_FILE_PATHS is set by nothing and never was; the input comes as JSON on stdin, for instance: jq -r .tool_input.file_path",
    ],
    [
      "a header with a variable that is not allowed",
      "PreToolUse",
      { type: "http", url: "https://h", headers: { a: `$TOKEN ${braced("OTHER")}` }, allowedEnvVars: ["OTHER"] },
      "warning, kept: headers use $TOKEN, which is empty: it is not in allowedEnvVars",
    ],
  ];
  test.each(rows)("%s", async (_name, event, handler, problem) => {
    expect(await found(event, handler)).toEqual([problem]);
  });
});

test("an if that speaks of other tools than the matcher never runs", async () => {
  expect(await found("PreToolUse", command({ if: "Bash(git:*)" }), "Write|Edit")).toEqual([
    'error: if "Bash(git:*)": it speaks of no tool that the matcher Write|Edit matches',
  ]);
  expect(await found("PreToolUse", command({ if: "Edit(src/**)" }), "Write")).toEqual([]);
});

test("terminal codes in a file are shown as what they are not", async () => {
  const declared = [declare("\x1b[31mPre", command({ "\x1b]0;x\x07": 1 }), { matcher: "[\x9b" })];
  const { problems, broken } = await parseHooks(declared, { tools });
  expect(problems.length).toBe(2);
  const control = /[\x00-\x1f\x7f-\x9f]/;
  expect(
    [...problems.map(({ message }) => message), ...broken.map(({ problem }) => problem)].filter((text) => control.test(text)),
  ).toEqual([]);
});

test("async beside onFailure block is a contradiction", async () => {
  expect(await found("PreToolUse", command({ async: true, onFailure: "block" }))).toContain(
    'error: onFailure: "block" cannot work beside async: nothing waits for the hook; leave one of them out',
  );
});

test("every event is known: those without a moment never run, the others do", async () => {
  const { hooks, broken, problems } = await parseHooks(
    publicEvents.map((event) => declare(event, command())),
    { tools },
  );
  const isAbsent = (event: PublicEvent): boolean => publicEventTable[event].absent !== undefined;
  expect(hooks.map(({ event }) => event)).toEqual(publicEvents.filter((event) => !isAbsent(event)));
  expect(broken.map(({ declared }) => declared.event)).toEqual(publicEvents.filter(isAbsent));
  expect(problems.every(({ severity }) => severity === "warning")).toBe(true);
});

test("a sound hook has what its event gives it", async () => {
  const handler = command({ if: "Bash(git push:*)", timeout: 5, onFailure: "continue" });
  const { hooks, problems } = await parseHooks([declare("PreToolUse", handler, { matcher: "Bash" })], { tools });
  expect(problems).toEqual([]);
  expect(hooks).toEqual([
    {
      event: "PreToolUse",
      order: 1,
      layer: "project",
      source: "/p/gantry.config.jsonc:7",
      base: "/p",
      matcher: "Bash",
      matches: expect.any(Function),
      rule: expect.objectContaining({ tool: "Bash", text: "Bash(git push:*)" }),
      handler,
      timeoutMs: 5_000,
      onFailure: "continue",
      guard: true,
      once: false,
      isAsync: false,
    },
  ]);
});

test.each([
  ["PreToolUse", command(), 600_000, "block", true],
  ["UserPromptSubmit", command(), 30_000, "block", true],
  ["PreToolUse", { type: "prompt", prompt: "x" }, 30_000, "block", true],
  ["SessionEnd", command(), 1_500, "continue", false],
  ["SessionEnd", command({ timeout: 300 }), 60_000, "continue", false],
  ["PreToolUse", command({ async: true }), 600_000, "continue", false],
  ["Stop", command(), 600_000, "continue", false],
] as const)("%s with %j may take %i ms, and then %s", async (event, handler, timeoutMs, onFailure, guard) => {
  const { hooks } = await parseHooks([declare(event, handler as Json)], { tools });
  expect(hooks).toMatchObject([{ timeoutMs, onFailure, guard }]);
});

test("hooks are numbered within their event, alike ones too, and broken ones keep their number", async () => {
  const declared = [
    declare("PreToolUse", command(), { layer: "user", source: "/u/config.json:3" }),
    declare("Stop", command()),
    declare("PreToolUse", command({ timout: 1 })),
    declare("PreToolUse", command()),
  ];
  const { hooks, broken } = await parseHooks(declared, { tools });
  expect(hooks.map(({ event, order }) => `${event} ${order}`)).toEqual(["PreToolUse 1", "Stop 1", "PreToolUse 3"]);
  expect(broken.map(({ order }) => order)).toEqual([2]);
});

describe("a program that is not there", () => {
  async function folder(): Promise<string> {
    const made = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-hooks-")));
    onTestFinished(async () => await rm(made, { recursive: true }));
    await writeFile(path.join(made, "guard.sh"), "#!/bin/sh\n");
    await writeFile(path.join(made, "runs.sh"), "#!/bin/sh\n");
    await chmod(path.join(made, "runs.sh"), 0o755);
    return made;
  }
  const rows: [line: string, args: string[] | undefined, problem: string | undefined][] = [
    ["./guard.sh", undefined, "@/guard.sh is not executable; run chmod +x @/guard.sh"],
    ["./gaurd.sh --all", undefined, "@/gaurd.sh is not there. Did you mean guard.sh?"],
    ['"$CLAUDE_PROJECT_DIR"/none.sh', undefined, "@/none.sh is not there."],
    [`${braced("CLAUDE_PROJECT_DIR")}/gaurd.sh`, ["x"], "@/gaurd.sh is not there. Did you mean guard.sh?"],
    ["python3 @/guard.py", undefined, "@/guard.py is not there. Did you mean guard.sh?"],
    ["node", [`${braced("GANTRY_PROJECT_DIR")}/x.js`], "@/x.js is not there."],
    ["../", undefined, "@@ is a folder"],
    ["sh ./guard.sh", undefined, undefined],
    ["./runs.sh", undefined, undefined],
    ["'./runs.sh' \"$HOME\"", undefined, undefined],
    ["test -x ./none.sh && ./none.sh", undefined, undefined],
    ["./none.sh || true", undefined, undefined],
    ["$HOME/none.sh", undefined, undefined],
    ["~/none.sh", undefined, undefined],
    ["DIR=a/b make", undefined, undefined],
    ["jq -r .tool_name", undefined, undefined],
  ];
  test.each(rows)("%s %j", async (line, args, problem) => {
    const base = await folder();
    const fill = (text: string): string => text.replace("@@", path.dirname(base)).replaceAll("@", base);
    const handler = command({ command: fill(line), ...(args === undefined ? {} : { args }) });
    const { problems } = await parseHooks([declare("PreToolUse", handler, { base })], { tools });
    const whats = problems.map(({ message }) => message.replace(/^.*it cannot be launched: /, ""));
    expect(whats).toEqual(problem === undefined ? [] : [fill(problem)]);
  });

  test("is looked for from the project's own files only, where its path is relative", async () => {
    const base = await folder();
    const hook = declare("PreToolUse", command({ command: "./none.sh" }), { base, layer: "user" });
    expect((await parseHooks([hook], { tools })).problems).toEqual([]);
  });
});
