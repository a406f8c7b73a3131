/** Hooks of a config file, as the built command runs them: what each can do to a call, a turn, a session, and to its end. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { createRuntime } from "gantry";
import { expect, test } from "vitest";
import { alive, there } from "../support/alive.ts";
import { type Bench, bench } from "../support/cli.ts";

const read = (name: string): unknown => ({ call: { name: "Read", input: { file_path: name } } });
const bash = (command: string): unknown => ({ call: { name: "Bash", input: { command } } });
const command = (line: string, more: object = {}): object => ({ hooks: [{ type: "command", command: line, ...more }] });
const prints = (output: object): string => `printf '%s' '${JSON.stringify(output)}'`;

async function withHooks(steps: readonly unknown[], hooks: Record<string, object[]>, more: object = {}): Promise<Bench> {
  const place = await bench(steps, { "a.txt": "alpha\n" });
  const folder = path.join(place.home, ".config/gantry");
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "config.json"), JSON.stringify({ hooks, ...more }, null, 2));
  return place;
}

test("a PreToolUse hook's deny beats every yes, and its reason and place reach the model", async () => {
  const place = await withHooks([bash("echo x > made.txt"), { say: "Understood." }], {
    PreToolUse: [{ matcher: "Bash", ...command("echo 'not on Sundays' >&2; exit 2") }],
  });
  const { json } = await place.run("go", ["--approve", "always"]);
  expect(json.toolCalls).toMatchObject([{ outcome: "denied", code: "APPROVAL_DENIED" }]);
  expect(place.model.requests[1]?.toolResults[0]?.text).toContain("not on Sundays");
  await expect(place.file("made.txt")).rejects.toThrow("ENOENT");
  const fired = (await place.events()).filter((event) => event.type === "hook.fired");
  expect(fired.length).toBeGreaterThan(0);
  for (const { data } of fired)
    expect(data).toMatchObject({
      event: "PreToolUse",
      source: expect.stringMatching(/config\.json:\d+$/),
      callId: expect.any(String),
    });
});

test("its changed input is what runs, and is judged by the rules", async () => {
  const updated = { hookSpecificOutput: { hookEventName: "PreToolUse", updatedInput: { command: "echo two > two.txt" } } };
  const place = await withHooks([bash("echo one > one.txt"), { say: "Done." }], {
    PreToolUse: [{ matcher: "Bash", ...command(prints(updated)) }],
  });
  await place.run("go", ["--allow", "Bash(echo two:*)", "--allow", "Edit(/two.txt)"]);
  expect(await place.file("two.txt")).toBe("two\n");
  await expect(place.file("one.txt")).rejects.toThrow("ENOENT");
  expect((await place.events()).find(({ type }) => type === "tool.start")).toMatchObject({
    data: { input: { command: "echo two > two.txt" } },
  });
});

test("its allow answers what would be asked, and not what a rule asks or denies", async () => {
  const allow = { hookSpecificOutput: { hookEventName: "PreToolUse", permissionDecision: "allow" } };
  const hooks = { PreToolUse: [command(prints(allow))] };
  const place = await withHooks([bash("touch one"), bash("touch two"), bash("touch three"), { say: "Done." }], hooks, {
    permissions: { ask: ["Bash(touch two)"], deny: ["Bash(touch three)"] },
  });
  const { json, exit } = await place.run("go");
  expect(json.toolCalls.map(({ outcome }) => outcome)).toEqual(["ok", "denied", "denied"]);
  expect(exit).toBe(3);
  expect((await place.events()).find(({ type }) => type === "tool.approval")).toMatchObject({
    data: { verdict: "allow", by: { kind: "hook" } },
  });
});

test("a PermissionRequest hook answers with another input, which is decided anew, and its rules hold for the session", async () => {
  const decision = {
    behavior: "allow",
    updatedInput: { command: "touch safe" },
    updatedPermissions: [
      {
        type: "addRules",
        behavior: "allow",
        destination: "session",
        rules: [{ toolName: "Bash", ruleContent: "touch later" }],
      },
    ],
  };
  const answer = { hookSpecificOutput: { hookEventName: "PermissionRequest", decision } };
  const place = await withHooks([bash("touch risky"), { say: "Done." }], {
    PermissionRequest: [{ matcher: "Bash", ...command(prints(answer)) }],
  });
  const { json } = await place.run("go");
  expect(json.toolCalls).toMatchObject([{ outcome: "ok", input: { command: "touch safe" } }]);
  await expect(place.file("risky")).rejects.toThrow("ENOENT");
  expect(await place.file("safe")).toBe("");
  const approvals = (await place.events()).filter(({ type }) => type === "tool.approval");
  expect(approvals).toMatchObject([
    { data: { verdict: "allow", by: { kind: "hook" }, remembered: { rule: "Bash(touch later)", for: "session" } } },
  ]);
});

test("a changed input that a rule denies is denied, whatever the hook says", async () => {
  const decision = { behavior: "allow", updatedInput: { command: "rm a.txt" } };
  const place = await withHooks(
    [bash("touch x"), { say: "Done." }],
    { PermissionRequest: [command(prints({ hookSpecificOutput: { hookEventName: "PermissionRequest", decision } }))] },
    { permissions: { deny: ["Bash(rm:*)"] } },
  );
  const { json } = await place.run("go");
  expect(json.toolCalls).toMatchObject([{ outcome: "denied" }]);
  expect(await place.file("a.txt")).toBe("alpha\n");
});

test("PostToolUse context, PostToolUseFailure context and SessionStart output reach the model", async () => {
  const context = (hookEventName: string, additionalContext: string) =>
    command(prints({ hookSpecificOutput: { hookEventName, additionalContext } }));
  const place = await withHooks([read("a.txt"), read("missing.txt"), { say: "Done." }], {
    SessionStart: [command("echo 'the build is red'")],
    PostToolUse: [{ matcher: "Read", ...context("PostToolUse", "a.txt is generated") }],
    PostToolUseFailure: [context("PostToolUseFailure", "it was moved to docs")],
  });
  await place.run("go");
  expect(place.model.requests[0]?.text).toContain("the build is red");
  expect(place.model.requests[1]?.toolResults[0]?.text).toContain("a.txt is generated");
  expect(place.model.requests[2]?.toolResults.at(-1)?.text).toContain("it was moved to docs");
});

test("a Stop hook lets the turn go on; continue false ends it and the user reads why", async () => {
  const once = `test -e stopped || { touch stopped; echo 'tests are red' >&2; exit 2; }`;
  const place = await withHooks([{ say: "Done." }, read("a.txt"), { say: "Never asked." }], {
    Stop: [command(once)],
    PostToolUse: [command(prints({ continue: false, stopReason: "the budget is spent" }))],
  });
  const finished = await place.gantry(["run", "go"]);
  expect(finished.exit).toBe(0);
  expect(place.model.requests).toHaveLength(2);
  expect(place.model.requests[1]?.text).toContain("tests are red");
  expect(finished.stderr).toContain("the turn ends here: the budget is spent");
});

test("at the end SessionEnd hooks are waited for, and asynchronous ones have their time", async () => {
  const place = await withHooks([read("a.txt"), { say: "Done." }], {
    PostToolUse: [command("sleep 0.3; echo late > late.txt", { async: true })],
    SessionEnd: [command("sleep 0.2; echo bye > bye.txt")],
  });
  await place.run("go");
  expect(await place.file("bye.txt")).toBe("bye\n");
  expect(await place.file("late.txt")).toBe("late\n");
  const types = (await place.events()).map(({ type }) => type);
  expect(types.at(-1)).toBe("session.close");
});

test("an asynchronous hook that does not end is ended with the run, and with all that it started", async () => {
  const seconds = `4${process.pid}`;
  const place = await withHooks([read("a.txt"), { say: "Done." }], {
    PostToolUse: [command(`sleep ${seconds} & touch began; sleep ${seconds}`, { async: true })],
    Stop: [command("while ! test -e began; do sleep 0.02; done")],
  });
  await place.run("go");
  expect(await place.file("began")).toBe("");
  expect(await alive(`sleep ${seconds}`)).toEqual([]);
  expect((await place.events()).findLast((event) => event.type === "hook.fired")).toMatchObject({
    data: { event: "PostToolUse", outcome: "failed" },
  });
});

test("a guard that cannot work refuses the run before anything starts; a broken observer is a warning and the run goes on", async () => {
  const broken = await withHooks([{ say: "Never asked." }], { PreToolUse: [command("/no/such-guard.sh")] });
  const refused = await broken.gantry(["run", "go"]);
  expect(refused.exit).toBe(2);
  expect(refused.stderr).toMatch(/config\.json:\d+: .*such-guard\.sh/s);
  expect(broken.model.requests).toHaveLength(0);
  expect(await broken.logs()).toEqual([]);
  const observer = await withHooks([{ say: "Done." }], { SessionEnd: [command("/no/such-observer.sh")] });
  const finished = await observer.gantry(["run", "go"]);
  expect(finished.exit).toBe(0);
  expect(finished.stderr.match(/warning: .*such-observer\.sh/g)).toHaveLength(1);
});

test("a prompt hook asks the session's own model, and its tokens count", async () => {
  const place = await withHooks([bash("touch x"), { say: '{"ok": false, "reason": "too bold"}' }, { say: "Done." }], {
    PreToolUse: [{ matcher: "Bash", hooks: [{ type: "prompt", prompt: "Is this fine? $ARGUMENTS" }] }],
  });
  const { json } = await place.run("go", ["--approve", "always"]);
  expect(json.toolCalls).toMatchObject([{ outcome: "denied" }]);
  const asked = place.model.requests[1];
  expect(asked?.text).toContain("touch x");
  const events = await place.events();
  const used = events.flatMap((event) => (event.type === "hook.fired" && event.data.usage ? [event.data.usage] : []));
  const answers = events.flatMap((event) => (event.type === "answer" ? [event.data.usage] : []));
  const sum = [...used, ...answers].reduce((total, usage) => total + usage.outputTokens, 0);
  expect(used).toHaveLength(1);
  expect(json.usage.outputTokens).toBe(sum);
});

test("hooks that a config gets while the session is open fire from the next turn on, and removed ones no more", async () => {
  const place = await withHooks([{ say: "One." }, { say: "Two." }, { say: "Three." }], {});
  const file = path.join(place.home, ".config/gantry/config.json");
  const write = (hooks: object) => writeFile(file, JSON.stringify({ hooks }));
  const runtime = await createRuntime({ cwd: place.cwd, env: place.env });
  const session = await runtime.openSession({});
  const turn = async () => await session.send([{ type: "text", text: "go" }], "api");
  await turn();
  await write({ UserPromptSubmit: [command("echo 'seen by the hook'")] });
  await turn();
  expect(runtime.taps()[0]).toMatchObject({ point: "input.receive", source: expect.stringContaining("config.json:1") });
  await write({});
  await turn();
  await runtime.close();
  const seen = place.model.requests.map(({ text }) => text.split("seen by the hook").length - 1);
  expect(seen).toEqual([0, 1, 1]);
});

test("lines that a SessionStart hook leaves in its env file reach later shell lines", async () => {
  const place = await withHooks([bash("printf '%s' \"$FROM_HOOK\" > env.txt"), { say: "Done." }], {
    SessionStart: [command('echo "export FROM_HOOK=\'it is\'" >> "$CLAUDE_ENV_FILE"')],
  });
  await place.run("go", ["--approve", "always"]);
  expect(await place.file("env.txt")).toBe("it is");
});

test("an interrupt ends a hook that runs, the call is not made, and nothing is left behind", async () => {
  const seconds = `5${process.pid}`;
  const place = await withHooks([bash("echo x > made.txt"), { say: "Never asked." }], {
    PreToolUse: [command(`touch began; sleep ${seconds}`)],
  });
  const started = place.start(["run", "go", "--approve", "always"]);
  await there(`sleep ${seconds}`);
  started.child.kill("SIGINT");
  expect((await started.finished).exit).toBe(130);
  expect(await alive(`sleep ${seconds}`)).toEqual([]);
  await expect(place.file("made.txt")).rejects.toThrow("ENOENT");
  const ends = (await place.events()).filter(({ type }) => type === "tool.result" || type === "tool.failed");
  expect(ends).toMatchObject([{ type: "tool.failed", data: { code: "TOOL_INTERRUPTED" } }]);
});
