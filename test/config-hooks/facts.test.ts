/** Pure parts of `hooks list` and `hooks explain`: what hooks did, what they cost, which would run. */
import { expect, test } from "vitest";
import { decisionText } from "../../core/config-hooks/answer/decision-text.ts";
import { parseHooks } from "../../core/config-hooks/declared/parse.ts";
import { sampleInput } from "../../core/config-hooks/input/sample.ts";
import { choose } from "../../core/config-hooks/told/choice.ts";
import { factsOf } from "../../core/config-hooks/told/facts.ts";
import { pastKey, tellPast } from "../../core/config-hooks/told/past.ts";
import type { EventData, SessionEvent } from "../../core/contract/events.ts";
import type { DeclaredHook } from "../../core/contract/host.ts";
import type { Json } from "../../core/contract/messages.ts";
import { type PublicEvent, publicEvents, publicEventTable } from "../../core/contract/public-events.ts";
import { command, declare, tools } from "./declared.ts";

const place = { cwd: "/p", project: "/p", home: "/h", mode: "default", model: "m/x" } as const;

async function entryOf(declared: DeclaredHook) {
  const [entry] = (await parseHooks([declared], { tools })).entries;
  if (entry === undefined) throw new Error("no entry");
  return entry;
}

let seq = 0;

function fired(at: string, data: Partial<EventData["hook.fired"]>): SessionEvent {
  const whole = { point: "tool.approve", tap: "t", ms: 1, outcome: "ok", event: "PreToolUse", source: "f:1", ...data } as const;
  seq++;
  return { v: 1, seq, at, type: "hook.fired", data: whole };
}

test("the newest run is the last, whichever session it is of, and the cost is the median", () => {
  const past = tellPast([
    { id: "new", events: [fired("2026-11-22T12:00:00Z", { ms: 30, outcome: "deny", message: "no" })] },
    { id: "old", events: [fired("2026-11-22T10:00:00Z", { ms: 10 }), fired("2026-11-22T11:00:00Z", { ms: 100 })] },
    {
      id: "taps",
      events: [
        { ...fired("2026-11-22T13:00:00Z", {}), data: { point: "tool.call", tap: "t", ms: 1, outcome: "ok" } } as SessionEvent,
      ],
    },
  ]);
  expect([...past]).toEqual([
    [
      pastKey("PreToolUse", "f:1"),
      { last: { at: "2026-11-22T12:00:00Z", sessionId: "new", outcome: "deny", ms: 30, message: "no" }, medianMs: 30 },
    ],
  ]);
});

test("two points of one call are one run", () => {
  const at = "2026-11-22T12:00:00Z";
  const events = [
    fired(at, { ms: 30, callId: "c1" }),
    fired(at, { ms: 0.5, callId: "c1" }),
    fired(at, { ms: 10, callId: "c2" }),
  ];
  expect(tellPast([{ id: "s", events }]).get(pastKey("PreToolUse", "f:1"))?.medianMs).toBe(20.25);
});

test("a hook that was never run is unmatched, and its cost is an estimate", async () => {
  const entry = await entryOf(declare("PreToolUse", command({ if: "Bash(git:*)", timeout: 5 }), { matcher: "Bash" }));
  expect(factsOf(entry, { held: false, past: new Map() })).toEqual({
    event: "PreToolUse",
    points: ["tool.call", "tool.approve"],
    matcher: "Bash",
    if: "Bash(git:*)",
    type: "command",
    what: "true",
    source: "/p/gantry.config.jsonc:7",
    order: 1,
    state: "unmatched",
    timeoutSeconds: 5,
    onFailure: "block",
    costMs: { ms: 4, measured: false },
  });
});

test("states say what keeps a hook from running", async () => {
  const past = tellPast([{ id: "s", events: [fired("2026-11-22T12:00:00Z", { source: "/p/gantry.config.jsonc:7" })] }]);
  const sound = await entryOf(declare("PreToolUse", command()));
  const wrong = await entryOf(declare("PreToolUse", command({ timout: 1 })));
  expect(factsOf(sound, { held: false, past }).state).toBe("ready");
  expect(factsOf(sound, { held: true, past }).state).toBe("untrusted");
  expect(factsOf(wrong, { held: true, past })).toMatchObject({ state: "broken", problem: expect.stringContaining("timout") });
});

test.each([
  [command({ command: "./x.sh" }), 4],
  [command({ command: "node x.js" }), 60],
  [command({ command: '"$CLAUDE_PROJECT_DIR"/check.ts' }), 60],
  [command({ command: "/usr/bin/python3 x" }), 170],
  [command({ command: "~/x.py --all" }), 170],
  [{ type: "http", url: "http://h" }, 50],
  [{ type: "prompt", prompt: "x" }, 1_500],
])("%j is estimated at %i ms", async (handler, ms) => {
  const entry = await entryOf(declare("PostToolUse", handler as Json));
  expect(factsOf(entry, { held: false, past: new Map() }).costMs).toEqual({ ms, measured: false });
});

test.each([
  ["Write", undefined, {}, false, "its matcher Write does not match Bash"],
  ["Bash", undefined, {}, true, "its matcher Bash matches Bash"],
  [undefined, undefined, {}, true, "it has neither matcher nor if"],
  ["Bash", "Bash(rm:*)", {}, false, "its if Bash(rm:*) does not match the call"],
  [
    "Bash",
    "Bash(ls:*)",
    { once: true },
    true,
    "its matcher Bash matches Bash; its if Bash(ls:*) matches the call; it runs once in a session",
  ],
  [undefined, undefined, { timout: 1 }, false, "it cannot work: a command hook has no field timout. Did you mean timeout?"],
])("matcher %s and if %s of %j: runs %s, for %s", async (matcher, rule, fields, runs, why) => {
  const handler = command({ ...fields, ...(rule === undefined ? {} : { if: rule }) });
  const entry = await entryOf(declare("PreToolUse", handler, matcher === undefined ? {} : { matcher }));
  const ruleMatches = async ({ text }: { text: string }): Promise<boolean> => text.includes("ls");
  expect(await choose(entry, sampleInput("PreToolUse", place), { held: false, ruleMatches })).toEqual({ runs, why });
});

test("what waits for trust would match, and does not run", async () => {
  const entry = await entryOf(declare("Stop", command()));
  expect(await choose(entry, sampleInput("Stop", place), { held: true, ruleMatches: async () => true })).toEqual({
    runs: false,
    why: "it would match, but waits for trust in the project: gantry trust grant",
  });
});

test("a given input is the event's, or the tool's alone", () => {
  expect(sampleInput("PreToolUse", place, { tool_name: "Read", more: 1 })).toMatchObject({ tool_name: "Read", more: 1 });
  expect(sampleInput("PreToolUse", place, { command: "rm x" })).toMatchObject({
    tool_name: "Bash",
    tool_input: { command: "rm x" },
  });
  expect(sampleInput("PreToolUse", { ...place, tool: "Write" }).tool_input).toEqual({
    file_path: "/p/README.md",
    content: "a sample\n",
  });
  expect(sampleInput("Stop", place, { hook_event_name: "Other", x: 1 })).toMatchObject({ hook_event_name: "Stop", x: 1 });
});

const base = ["session_id", "transcript_path", "cwd", "hook_event_name", "permission_mode"];
const call = ["tool_name", "tool_input"];

/** The fields of the public format that Gantry gives. */
const fields: Partial<Record<PublicEvent, string[]>> = {
  PreToolUse: [...call, "tool_use_id"],
  PermissionRequest: call,
  PostToolUse: [...call, "tool_use_id", "tool_response", "duration_ms"],
  PostToolUseFailure: [...call, "tool_use_id", "error", "is_interrupt", "duration_ms"],
  PostToolBatch: ["tool_calls"],
  PermissionDenied: [...call, "tool_use_id", "reason"],
  UserPromptSubmit: ["prompt"],
  SessionStart: ["source", "model"],
  SessionEnd: ["reason"],
  Stop: ["stop_hook_active", "last_assistant_message"],
  StopFailure: ["error", "error_details"],
  Notification: ["message", "title", "notification_type"],
  ConfigChange: ["source", "file_path"],
  Elicitation: ["mcp_server_name", "message", "mode", "requested_schema"],
  ElicitationResult: ["mcp_server_name", "message", "mode", "requested_schema", "action", "content"],
  InstructionsLoaded: ["file_path", "memory_type", "load_reason"],
  CwdChanged: ["old_cwd", "new_cwd"],
};

test.each(publicEvents)("a sample of %s has the fields of its event", (event) => {
  const expected = fields[event];
  expect(publicEventTable[event].absent === undefined).toBe(expected !== undefined);
  expect(Object.keys(sampleInput(event, place))).toEqual(expected === undefined ? [] : [...base, ...expected]);
});

test.each([
  [{}, "decides nothing"],
  [{ verdict: "deny", reason: "no" }, "blocks: no"],
  [{ verdict: "deny", undecided: "it took too long" }, "it could not decide, so it blocks: it took too long"],
  [{ failed: "exit 1" }, "it did not work, and decides nothing: exit 1"],
  [
    { verdict: "allow", input: { command: "ls" }, context: "c" },
    'allows what nothing else decides; changes the input to {"command":"ls"}; tells the model: c',
  ],
  [
    { verdict: "allow", answer: { action: "accept", content: { a: 1 } } },
    "allows what nothing else decides; answers the server with accept (a)",
  ],
] as const)("%j is told as %s", (reply, text) => {
  expect(decisionText("PreToolUse", reply)).toBe(text);
});
