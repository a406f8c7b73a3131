/**
 * The census of public events: every one that points serve has a row here, where a command hook of a config fires through the
 * built command, reads the input that the format promises, and has its effect on the next request or on disk.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type PublicEvent, publicEvents, publicEventTable } from "../../core/contract/public-events.ts";
import { gantryOnTerminal } from "../shell/gantry.ts";
import { type Bench, bench, type Finished } from "../support/cli.ts";

interface Row {
  steps: readonly unknown[];
  /** What the hook does when it has kept its input, which is in `$in`. */
  line?: string;
  config?: object;
  files?: Record<string, string>;
  args?: string[];
  stdin?: string;
  /** Instead of one `gantry run go`. */
  play?(place: Bench): Promise<unknown>;
  /** The fields of its own that the first firing was given, where the project is `cwd`. */
  input(cwd: string): Record<string, unknown>;
  effect?(place: Bench, finished: Finished): Promise<void> | void;
}

const tool = (name: string, input: object): unknown => ({ call: { name, input } });
const bash = (command: string): unknown => tool("Bash", { command });
const read = (name: string): unknown => tool("Read", { file_path: name });
const write = (name: string): unknown => tool("Write", { file_path: name, content: "x\n" });
const done = { say: "Done." };
const yes = ["--approve", "always"];

/** A line of the hook for each text that its input may hold. */
const when = (cases: Record<string, string>): string =>
  `case "$in" in ${Object.entries(cases)
    .map(([text, line]) => `*'${text}'*) ${line};;`)
    .join(" ")} esac`;
const says = (event: PublicEvent, output: object): string =>
  `printf '%s' '${JSON.stringify({ hookSpecificOutput: { hookEventName: event, ...output } })}'`;
const blocks = (reason: string): string => `echo '${reason}' >&2; exit 2`;

const call = (name: string, input: object): Record<string, unknown> => ({ tool_name: name, tool_input: input });
const called = (name: string, input: object): Record<string, unknown> => ({
  ...call(name, input),
  tool_use_id: expect.stringMatching(/^toolu_/),
});
const ms = expect.any(Number);
const guard = fileURLToPath(new URL("../fixtures/mcp/guard-server.mjs", import.meta.url));
const guarded = { mcpServers: { guard: { command: process.execPath, args: [guard] } } };
const asksBack = [tool("mcp__guard__form", {}), done];
const elicited = {
  ...{ mcp_server_name: "guard", message: "Which colour?", mode: "form" },
  requested_schema: expect.objectContaining({ required: ["colour"] }),
};

const rows: Partial<Record<PublicEvent, Row>> = {
  PreToolUse: {
    steps: [write("one.txt"), write("two.txt"), read("a.txt"), done],
    line: when({
      "one.txt": blocks("not this one"),
      "two.txt": says("PreToolUse", { updatedInput: { file_path: "three.txt", content: "changed\n" } }),
      "a.txt": says("PreToolUse", { additionalContext: "a.txt is made by a program" }),
    }),
    args: yes,
    input: (cwd) => called("Write", { file_path: `${cwd}/one.txt`, content: "x\n" }),
    async effect(place) {
      await expect(place.file("one.txt")).rejects.toThrow("ENOENT");
      expect(lastResult(place, 1)).toContain("not this one");
      await expect(place.file("two.txt")).rejects.toThrow("ENOENT");
      expect(await place.file("three.txt")).toBe("changed\n");
      expect(lastResult(place, 3)).toContain("a.txt is made by a program");
    },
  },
  PermissionRequest: {
    steps: [bash("touch no"), bash("touch yes"), done],
    line: when({
      "touch no": says("PermissionRequest", { decision: { behavior: "deny", message: "not no" } }),
      "touch yes": says("PermissionRequest", { decision: { behavior: "allow" } }),
    }),
    input: () => call("Bash", { command: "touch no" }),
    async effect(place) {
      await expect(place.file("no")).rejects.toThrow("ENOENT");
      expect(lastResult(place, 1)).toContain("not no");
      expect(await place.file("yes")).toBe("");
    },
  },
  PostToolUse: {
    steps: [read("a.txt"), read("b.txt"), done],
    line: when({
      "a.txt": says("PostToolUse", { updatedToolOutput: "(withheld)" }),
      "b.txt": says("PostToolUse", { additionalContext: "b.txt is old" }),
    }),
    input: (cwd) => ({
      ...called("Read", { file_path: `${cwd}/a.txt` }),
      tool_response: expect.objectContaining({ content: expect.stringContaining("alpha") }),
      duration_ms: ms,
    }),
    effect(place) {
      expect(lastResult(place, 1)).toBe("(withheld)");
      expect(place.model.requests.at(-1)?.text).not.toContain("alpha");
      expect(lastResult(place, 2)).toMatch(/beta.*b\.txt is old/s);
    },
  },
  PostToolUseFailure: {
    steps: [read("missing.txt"), done],
    line: says("PostToolUseFailure", { additionalContext: "it was moved to docs" }),
    input: (cwd) => ({
      ...called("Read", { file_path: `${cwd}/missing.txt` }),
      error: expect.stringContaining("missing.txt"),
      is_interrupt: false,
      duration_ms: ms,
    }),
    effect: (place) => expect(lastResult(place, 1)).toContain("it was moved to docs"),
  },
  PostToolBatch: {
    steps: [read("a.txt"), { say: "Never asked." }],
    line: blocks("enough for today"),
    input: (cwd) => ({
      tool_calls: [{ ...called("Read", { file_path: `${cwd}/a.txt` }), tool_response: expect.stringContaining("alpha") }],
    }),
    effect(place, { stderr }) {
      expect(place.model.requests).toHaveLength(1);
      expect(stderr).toContain("enough for today");
    },
  },
  PermissionDenied: {
    steps: [bash("git push"), done],
    config: { permissions: { deny: ["Bash(git push:*)"] } },
    input: () => ({ ...called("Bash", { command: "git push" }), reason: expect.stringContaining("Bash(git push:*)") }),
  },
  UserPromptSubmit: {
    steps: [done],
    line: when({ '"go"': blocks("closed today"), '"come in"': "echo 'the door is open'" }),
    input: () => ({ prompt: "go" }),
    async effect(place, { exit, stderr }) {
      expect([exit, place.model.requests.length]).toEqual([1, 0]);
      expect(stderr).toContain("closed today");
      await place.gantry(["run", "come in"]);
      expect(place.model.requests[0]?.text).toContain("the door is open");
    },
  },
  SessionStart: {
    steps: [done],
    line: "echo 'the build is red'",
    input: () => ({ source: "startup", model: "anthropic/claude-sonnet-5" }),
    effect: (place) => expect(place.model.requests[0]?.text).toContain("the build is red"),
  },
  SessionEnd: { steps: [done], input: () => ({ reason: "other" }) },
  Stop: {
    steps: Array.from({ length: 12 }, () => done),
    line: blocks("tests are red"),
    input: () => ({ stop_hook_active: false, last_assistant_message: "Done." }),
    effect(place) {
      expect(place.model.requests).toHaveLength(9);
      expect(place.model.requests[1]?.text).toContain("tests are red");
    },
  },
  StopFailure: {
    steps: [{ fail: { status: 400, message: "no such thing" } }],
    input: () => ({ error: "invalid_request", error_details: expect.stringMatching(/^PROVIDER_REJECTED: .*no such thing/) }),
  },
  Notification: {
    steps: [bash("touch made"), done],
    args: ["--approve", "prompt"],
    stdin: "n\n",
    input: () => ({
      message: expect.stringContaining("touch made"),
      title: "Gantry",
      notification_type: "permission_prompt",
    }),
  },
  ConfigChange: {
    steps: [bash("touch one"), { say: "One." }, bash("touch two"), { say: "Two." }],
    line: blocks("not during office hours"),
    async play(place) {
      const terminal = gantryOnTerminal({ workspace: place.cwd, env: place.env }, yes);
      await terminal.shows("›");
      terminal.types("first\r");
      await terminal.shows("One.");
      await terminal.shows("›");
      await writeFile(path.join(place.cwd, "gantry.config.json"), '{"permissions":{"deny":["Bash(touch:*)"]}}');
      terminal.types("second\r");
      await terminal.shows("not during office hours");
      await terminal.shows("Two.");
      terminal.types("\u0004");
      expect(await terminal.ended).toBe(0);
    },
    input: (cwd) => ({ source: "project_settings", file_path: `${cwd}/gantry.config.json` }),
    effect: async (place) => expect(await place.file("two")).toBe(""),
  },
  Elicitation: {
    ...{ steps: asksBack, config: guarded },
    line: says("Elicitation", { action: "accept", content: { colour: "red" } }),
    input: () => elicited,
    effect: (place) => expect(lastResult(place, 1)).toContain('{"action":"accept","content":{"colour":"red"}}'),
  },
  ElicitationResult: {
    ...{ steps: asksBack, config: guarded },
    line: says("ElicitationResult", { action: "cancel" }),
    input: () => ({ ...elicited, action: "decline" }),
    effect: (place) => expect(lastResult(place, 1)).toContain('{"action":"cancel"}'),
  },
  InstructionsLoaded: {
    steps: [done],
    files: { "AGENTS.md": "Be brief.\n" },
    input: (cwd) => ({ file_path: `${cwd}/AGENTS.md`, memory_type: "Project", load_reason: "session_start" }),
  },
  CwdChanged: {
    steps: [bash("mkdir sub && cd sub"), bash("printf '%s' \"$FROM_HOOK\" > env.txt"), done],
    line: `echo "export FROM_HOOK='it is'" >> "$CLAUDE_ENV_FILE"`,
    args: yes,
    input: (cwd) => ({ cwd: `${cwd}/sub`, old_cwd: cwd, new_cwd: `${cwd}/sub` }),
    effect: async (place) => expect(await place.file("sub/env.txt")).toBe("it is"),
  },
};

test("every public event that points serve has a row, and no other event has one", () => {
  const served = publicEvents.filter((event) => publicEventTable[event].points.length > 0);
  expect(Object.keys(rows).sort()).toEqual(served.toSorted());
});

describe.each(Object.entries(rows))("a command hook on %s", (name, row) => {
  const event = name as PublicEvent;
  test("fires through the built command, is told what the format says, and has its effect", async () => {
    const place = await placeOf(event, row);
    const finished = await played(place, row);
    const [first] = await inputs(place);
    const own = row.input(place.cwd);
    expect(first).toEqual({ ...shared(event, place), ...own });
    expect(await place.logs()).toContain(first?.["transcript_path"]);
    await row.effect?.(place, finished);
    const fired = (await eventsOfFirst(place)).filter(({ data }) => data.event === event);
    expect(fired.length).toBeGreaterThan(0);
    for (const { data } of fired) {
      expect(publicEventTable[event].points).toContain(data.point);
      expect(data.source).toMatch(/config\.json:\d+$/);
    }
  });
});

async function placeOf(event: PublicEvent, { steps, line = "", config = {}, files = {} }: Row): Promise<Bench> {
  const place = await bench(steps, { "a.txt": "alpha\n", "b.txt": "beta\n", ...files });
  const folder = path.join(place.home, ".config/gantry");
  const command = `in=$(cat); printf '%s\\n' "$in" >> "$HOME/inputs.jsonl"; ${line}`;
  await mkdir(folder, { recursive: true });
  await writeFile(
    path.join(folder, "config.json"),
    JSON.stringify({ ...config, hooks: { [event]: [{ hooks: [{ type: "command", command }] }] } }, null, 2),
  );
  return place;
}

async function played(place: Bench, { play, args = [], stdin }: Row): Promise<Finished> {
  if (play === undefined) return await place.gantry(["run", "go", ...args], stdin === undefined ? {} : { stdin });
  await play(place);
  return { stdout: "", stderr: "", exit: 0, signal: null };
}

async function inputs(place: Bench): Promise<Record<string, unknown>[]> {
  const lines = (await readFile(path.join(place.home, "inputs.jsonl"), "utf8")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const shared = (event: PublicEvent, place: Bench): Record<string, unknown> => ({
  session_id: expect.stringMatching(/^\d{8}T\d{6}-/),
  transcript_path: expect.stringMatching(/\.jsonl$/),
  cwd: place.cwd,
  hook_event_name: event,
  permission_mode: "default",
});

/** What the model was told of the newest call, in the request that many after the first. */
const lastResult = (place: Bench, request: number): string =>
  place.model.requests[request]?.toolResults.at(-1)?.text ?? "(no result)";

async function eventsOfFirst(place: Bench) {
  const [first = "(no log)"] = await place.logs();
  const lines = (await readFile(first, "utf8")).trimEnd().split("\n");
  return lines.flatMap((line) => {
    const event = JSON.parse(line) as Awaited<ReturnType<Bench["events"]>>[number];
    return event.type === "hook.fired" ? [event] : [];
  });
}
