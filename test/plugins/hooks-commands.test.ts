/** gantry hooks list, explain, test and trace, through the built command with real config files. */
import path from "node:path";
import type { Host } from "gantry/plugin";
import { expect, test } from "vitest";
import { type Bench, bench, type Finished, writeFiles } from "../support/cli.ts";

type Listed = Awaited<ReturnType<Host["hooks"]["list"]>>;
type Explained = Awaited<ReturnType<Host["hooks"]["explain"]>>;
type Tested = Awaited<ReturnType<Host["hooks"]["test"]>>;
type Traced = Awaited<ReturnType<Host["hooks"]["trace"]>>;

const command = (line: string, more: object = {}) => ({ type: "command", command: line, ...more });
const group = (matcher: string | undefined, ...hooks: object[]) => ({ ...(matcher === undefined ? {} : { matcher }), hooks });

/** A bench whose user has these hooks. */
async function withHooks(hooks: object, { project, steps = [] }: { project?: object; steps?: unknown[] } = {}): Promise<Bench> {
  const made = await bench(steps);
  await writeFiles(made.home, { ".config/gantry/config.json": JSON.stringify({ hooks }, null, 2) });
  if (project !== undefined) await writeFiles(made.cwd, { "gantry.config.json": JSON.stringify({ hooks: project }, null, 2) });
  return made;
}

function dataOf<T>({ stdout, stderr }: Finished): T {
  if (!stdout.startsWith("{")) throw new Error(`no JSON: ${stdout}${stderr}`);
  const envelope = JSON.parse(stdout) as { ok: boolean; data: T };
  expect(envelope.ok).toBe(true);
  return envelope.data;
}

const errorOf = ({ stdout }: Finished): { code: string; message: string } =>
  (JSON.parse(stdout) as { error: { code: string; message: string } }).error;

test("hooks list shows every declared hook with its place, its state and its cost", async () => {
  const made = await withHooks(
    {
      PreToolUse: [group("Bash", command("true", { if: "Bash(git push:*)" }), command("true", { timout: 3 }))],
      Stop: [group(undefined, { type: "prompt", prompt: "Done?\nSay so." })],
      SubagentStop: [group(undefined, command("true"))],
    },
    { project: { PreToolUse: [group("Write", command("node -e 0"))] } },
  );
  const user = path.join(made.home, ".config/gantry/config.json");
  const { hooks } = dataOf<Listed>(await made.gantry(["hooks", "list", "--json"]));
  expect(hooks).toEqual([
    {
      event: "PreToolUse",
      points: ["tool.call", "tool.approve"],
      matcher: "Bash",
      if: "Bash(git push:*)",
      type: "command",
      what: "true",
      source: `${user}:7`,
      order: 1,
      state: "unmatched",
      timeoutSeconds: 600,
      onFailure: "block",
      costMs: { ms: 4, measured: false },
    },
    expect.objectContaining({
      source: `${user}:12`,
      order: 2,
      state: "broken",
      problem: "a command hook has no field timout. Did you mean timeout?",
    }),
    expect.objectContaining({
      ...{ source: `${path.join(made.cwd, "gantry.config.json")}:7`, order: 3, state: "untrusted", what: "node -e 0" },
      costMs: { ms: 60, measured: false },
    }),
    expect.objectContaining({ event: "Stop", type: "prompt", what: "Done?", state: "unmatched", timeoutSeconds: 30 }),
    expect.objectContaining({
      ...{ event: "SubagentStop", points: [], state: "broken" },
      problem: "SubagentStop never comes: this build has no subagents",
    }),
  ]);
  const { stdout } = await made.gantry(["hooks", "list"]);
  const lines = stdout.split("\n");
  expect(lines[0]).toMatch(/^EVENT +# +MATCHER +TYPE +STATE +LAST +COST +RUNS +SOURCE$/);
  expect(lines[1]).toMatch(
    /^PreToolUse +1 +Bash if Bash\(git push:\*\) +command +unmatched +never +~4 ms +true +\S+config\.json:7$/,
  );
  expect(stdout).toContain("PreToolUse 2 is broken: a command hook has no field timout. Did you mean timeout?");
});

test("hooks list shows the taps of built-ins in the order they run", async () => {
  const made = await withHooks({});
  const { hooks, taps } = dataOf<Listed>(await made.gantry(["hooks", "list", "--json"]));
  expect(hooks).toEqual([]);
  expect(taps).toContainEqual(
    expect.objectContaining({ point: "tool.approve", kind: "judge", tap: expect.stringMatching(/^policy:/) }),
  );
  expect((await made.gantry(["hooks", "list"])).stdout).toContain("No hook is declared in any config.");
});

test("hooks explain says which would run, and why each other would not", async () => {
  const made = await withHooks(
    {
      PreToolUse: [
        group("Write", command("one")),
        group("Bash", command("two", { if: "Bash(git push:*)" }), command("three", { if: "Bash(rm:*)" })),
        group(undefined, command("four"), command("five", { timout: 3 })),
      ],
    },
    { project: { PreToolUse: [group("Ba.h", command("six"))] } },
  );
  await writeFiles(made.cwd, { "call.json": JSON.stringify({ command: "true && git push origin" }) });
  const args = ["hooks", "explain", "PreToolUse", "--tool", "Bash", "--input", "call.json"];
  const { input, each } = dataOf<Explained>(await made.gantry([...args, "--json"]));
  expect(input).toMatchObject({ tool_name: "Bash", tool_input: { command: "true && git push origin" }, cwd: made.cwd });
  expect(each.map(({ hook, runs, why }) => [hook.what, runs, why])).toEqual([
    ["one", false, "its matcher Write does not match Bash"],
    ["two", true, "its matcher Bash matches Bash; its if Bash(git push:*) matches the call"],
    ["three", false, "its if Bash(rm:*) does not match the call"],
    ["four", true, "it has neither matcher nor if"],
    ["five", false, "it cannot work: a command hook has no field timout. Did you mean timeout?"],
    ["six", false, "it would match, but waits for trust in the project: gantry trust grant"],
  ]);
  const { stdout } = await made.gantry(args);
  expect(stdout.split("\n")[0]).toBe("PreToolUse: 2 of 6 hooks would run.");
  expect(stdout).toContain('"hook_event_name": "PreToolUse"');
});

test("hooks test runs what matches on what is given, and says what it decided and what does not fit", async () => {
  const made = await withHooks({
    PreToolUse: [
      group("Write", command("touch never")),
      group("Bash", command('cat > seen.json; echo "no pushes" >&2; exit 2')),
      group("Bash", command(`echo '{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"perhaps"}}'`)),
    ],
  });
  await writeFiles(made.cwd, { "call.json": JSON.stringify({ command: "git push" }) });
  const args = ["hooks", "test", "PreToolUse", "--tool", "Bash", "--input", "call.json"];
  const { input, trials } = dataOf<Tested>(await made.gantry([...args, "--json"]));
  expect(JSON.parse(await made.file("seen.json"))).toEqual(input);
  expect(trials).toHaveLength(2);
  expect(trials[0]).toMatchObject({ outcome: "deny", exit: 2, stderr: "no pushes\n", violations: [] });
  expect(trials[0]?.decision).toBe("blocks: no pushes");
  expect(trials[1]?.violations.join("\n")).toContain("perhaps");
  await expect(made.file("never")).rejects.toMatchObject({ code: "ENOENT" });
  const { stdout } = await made.gantry(args);
  expect(stdout).toMatch(/ deny in [\d.]+ m?s, exit 2: blocks: no pushes$/m);
  expect(stdout).toMatch(/^ {2}does not fit the format: .*perhaps/m);
  expect(stdout).toContain("1 other hook of PreToolUse did not run; gantry hooks explain PreToolUse says why.");
});

test("the next hook of hooks test sees the edit of the one before", async () => {
  const edit = JSON.stringify({ hookSpecificOutput: { hookEventName: "PreToolUse", updatedInput: { command: "ls" } } });
  const made = await withHooks({ PreToolUse: [group("Bash", command(`echo '${edit}'`), command("cat > seen.json"))] });
  await made.gantry(["hooks", "test", "PreToolUse"]);
  expect(JSON.parse(await made.file("seen.json"))).toMatchObject({ tool_input: { command: "ls" } });
});

test("hooks test asks the model for a prompt hook", async () => {
  const steps = [{ say: '{"ok": false, "reason": "no tests were run"}' }];
  const made = await withHooks({ Stop: [group(undefined, { type: "prompt", prompt: "Were tests run?" })] }, { steps });
  const { trials } = dataOf<Tested>(await made.gantry(["hooks", "test", "Stop", "--json"]));
  expect(trials).toMatchObject([
    { what: "Were tests run?", outcome: "deny", decision: "lets the turn go on: no tests were run" },
  ]);
});

test("hooks test runs nothing of a project that is not trusted", async () => {
  const made = await withHooks({}, { project: { PreToolUse: [group("Bash", command("touch ran"))] } });
  const refused = await made.gantry(["hooks", "test", "PreToolUse", "--json"]);
  expect(refused.exit).toBe(3);
  expect(errorOf(refused)).toMatchObject({ code: "TRUST_REQUIRED", message: expect.stringContaining("touch ran") });
  await expect(made.file("ran")).rejects.toMatchObject({ code: "ENOENT" });
  expect((await made.gantry(["trust", "grant"])).exit).toBe(0);
  expect((await made.gantry(["hooks", "test", "PreToolUse"])).exit).toBe(0);
  expect(await made.file("ran")).toBe("");
});

test("hooks trace shows what ran in a session, and hooks list then knows it", async () => {
  const steps = [{ say: "Hello." }];
  const made = await withHooks({ UserPromptSubmit: [group(undefined, command("echo remember the milk"))] }, { steps });
  const { json } = await made.run("hi");
  const source = `${path.join(made.home, ".config/gantry/config.json")}:6`;
  const { sessionId, fired } = dataOf<Traced>(await made.gantry(["hooks", "trace", "--json"]));
  expect(sessionId).toBe(json.sessionId);
  expect(fired).toContainEqual(expect.objectContaining({ point: "input.receive", event: "UserPromptSubmit", source }));
  expect((await made.gantry(["hooks", "trace", "last"])).stdout).toMatch(/^\d\d:\d\d:\d\d\.\d{3} +UserPromptSubmit +/m);
  const { hooks } = dataOf<Listed>(await made.gantry(["hooks", "list", "--json"]));
  expect(hooks).toMatchObject([{ state: "ready", last: { sessionId }, costMs: { measured: true } }]);
});

test.each([
  [["PreToolUs"], "HOOK_EVENT_UNKNOWN", 'there is no event "PreToolUs". Did you mean PreToolUse?'],
  [
    ["tool.call"],
    "HOOK_EVENT_UNKNOWN",
    'there is no event "tool.call". tool.call is a point; its event in a config is PreToolUse.',
  ],
  [["SubagentStop"], "HOOK_EVENT_UNKNOWN", "SubagentStop never comes: this build has no subagents"],
  [["Stop", "--tool", "Bash"], "USAGE_INVALID", "Stop is no event of tools, so --tool Bash says nothing; leave it out"],
  [["PreToolUse", "--tool", "Bsh"], "TOOL_UNKNOWN", expect.stringMatching(/^There is no tool Bsh\. Did you mean Bash\?/)],
  [
    ["PreToolUse", "--input", "none.json"],
    "USAGE_INVALID",
    expect.stringMatching(/^--input none\.json cannot be used: ENOENT/),
  ],
])("hooks explain %j ends with %s", async (args, code, message) => {
  const made = await withHooks({});
  expect(errorOf(await made.gantry(["hooks", "explain", ...args, "--json"]))).toMatchObject({ code, message });
});

test("a run refuses to start without its guard, and goes on without another hook that is broken", async () => {
  const guard = await withHooks({ PreToolUse: [group("Bsh", command("true"))] });
  const refused = await guard.gantry(["run", "hi"]);
  expect(refused).toMatchObject({ exit: 2, stdout: "" });
  expect(refused.stderr).toContain("there is no tool Bsh. Did you mean Bash?");
  expect(refused.stderr).toContain("HOOK_INVALID");
  const other = await withHooks({ Stop: [group(undefined, command("true", { timout: 1 }))] }, { steps: [{ say: "Hello." }] });
  const ran = await other.gantry(["run", "hi"]);
  expect(ran).toMatchObject({ exit: 0 });
  expect(ran.stderr).toContain("a command hook has no field timout. Did you mean timeout?");
});

test.each([
  [{ tool_name: 7 }, [], "tool_name is a number; PreToolUse has a text there"],
  [{ tool_name: "Bash", tool_inptu: {} }, [], /PreToolUse has no field "tool_inptu". Did you mean tool_input\?/],
  [{ tool_input: "ls" }, [], "tool_input is a text; PreToolUse has an object there"],
  [{ tool_name: "Write" }, ["--tool", "Bash"], 'its tool_name is "Write", and --tool says Bash'],
  [
    { hook_event_name: "PostToolUse" },
    [],
    'its hook_event_name is "PostToolUse", and the event that was asked for is PreToolUse',
  ],
  [{ comand: "ls" }, [], /"comand" is no field of the event and none of Bash's input .* Did you mean command\?/],
  [{ command: 5 }, [], "command is a number; Bash takes a text there"],
])("an --input of %j %j is refused", async (input, more, message) => {
  const made = await bench([], { "call.json": JSON.stringify(input) });
  const args = ["hooks", "explain", "PreToolUse", "--input", "call.json", ...more, "--json"];
  const error = errorOf(await made.gantry(args));
  expect(error.code).toBe("USAGE_INVALID");
  if (typeof message === "string") expect(error.message).toContain(message);
  else expect(error.message).toMatch(message);
});

test("a list says why a file was not read: what it declares is missing in the list", async () => {
  const made = await bench([], { "gantry.config.json": "{}", "gantry.config.yaml": "permissions:\n  deny: [Bash]\n" });
  for (const name of ["hooks", "permissions"]) {
    const { stderr, exit } = await made.gantry([name, "list"]);
    expect(exit).toBe(0);
    expect(stderr).toMatch(/warning: .*gantry\.config\.json and gantry\.config\.yaml are both here/);
  }
});
