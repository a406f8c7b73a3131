import { expect, test } from "vitest";
import type { EventData, EventType, SessionEvent } from "../../core/contract/events.ts";
import type { AnswerContent, Message } from "../../core/contract/messages.ts";
import { emptyState, foldEvent, type SessionState } from "../../core/session/state.ts";
import { callOf, openFacts, usage } from "../support/session-events.ts";

type Fact = { [T in EventType]: [T, EventData[T]] }[EventType];

function fold(...facts: Fact[]): SessionState {
  const open: Fact = ["session.open", { id: "a", project: "/projects/sample", ...openFacts }];
  return [open, ...facts].reduce((state, [type, data], index) => {
    const at = new Date(index * 1000).toISOString();
    return foldEvent(state, { v: 1, seq: index + 1, at, type, data } as SessionEvent);
  }, emptyState());
}

const input = (text: string): Fact => ["input", { content: [{ type: "text", text }], source: "prompt" }];
const answer = (...content: AnswerContent[]): Fact => [
  "answer",
  { step: 1, message: { role: "assistant", content }, stop: "end_turn", usage, model: "a" },
];
const said = (text: string): AnswerContent => ({ type: "text", text });
const result = (callId: string, more: Partial<EventData["tool.result"]> = {}): Fact => [
  "tool.result",
  { callId, content: [{ type: "text", text: `of ${callId}` }], isError: false, durationMs: 1, ...more },
];
const failed = (callId: string): Fact => [
  "tool.failed",
  { callId, code: "TOOL_UNKNOWN", message: "there is no tool X", durationMs: 0 },
];
const resultBlock = (callId: string) => ({
  type: "tool_result",
  callId,
  content: [{ type: "text", text: `of ${callId}` }],
  isError: false,
});

test("a conversation becomes alternating messages", () => {
  const { messages } = fold(input("hello"), answer(said("hi")), input("more"), answer(said("done")));
  expect(messages).toEqual([
    { role: "user", content: [{ type: "text", text: "hello" }] },
    { role: "assistant", content: [said("hi")] },
    { role: "user", content: [{ type: "text", text: "more" }] },
    { role: "assistant", content: [said("done")] },
  ]);
});

test("results stand in one message in the order of the calls, before what the user wrote meanwhile", () => {
  const state = fold(
    input("go"),
    answer(callOf("1"), callOf("2"), callOf("3")),
    result("2"),
    input("and then?"),
    result("3"),
    result("1"),
  );
  expect(state.messages.at(-1)).toEqual({
    role: "user",
    content: [resultBlock("1"), resultBlock("2"), resultBlock("3"), { type: "text", text: "and then?" }],
  });
  expect(state.openCalls.size).toBe(0);
});

test("a failed call is an error result that names its code", () => {
  const { messages } = fold(input("go"), answer(callOf("1")), failed("1"));
  const content = [{ type: "text", text: "TOOL_UNKNOWN: there is no tool X" }];
  expect(messages.at(-1)?.content).toEqual([
    { type: "tool_result", callId: "1", content, isError: true, code: "TOOL_UNKNOWN" },
  ]);
});

test("the first result of a call counts, and a result of no call is not shown to the model", () => {
  const { messages } = fold(input("go"), answer(callOf("1")), result("1"), failed("1"), result("9"));
  expect(messages.at(-1)?.content).toEqual([resultBlock("1")]);
});

test("an answer that was cancelled before its first block leaves no message", () => {
  const { messages } = fold(input("one"), answer(), input("two"));
  expect(messages).toEqual<Message[]>([{ role: "user", content: [said("one"), said("two")] as Message["content"] } as Message]);
});

test("inputs that follow each other are one message", () => {
  expect(fold(input("one"), input("two")).messages).toHaveLength(1);
});

test("calls without a result are open, each at its stage", () => {
  const by = { kind: "default", name: "ask" } as const;
  const state = fold(
    input("go"),
    answer(callOf("1"), callOf("2"), callOf("3"), callOf("4"), callOf("5")),
    ["tool.call", { callId: "2", name: "Read", input: {} }],
    ["tool.approval", { callId: "3", verdict: "deny", asked: true, by, reason: "not now" }],
    ["tool.approval", { callId: "4", verdict: "allow", asked: false, by }],
    ["tool.start", { callId: "5" }],
  );
  expect([...state.openCalls.keys()]).toEqual(["1", "2", "3", "4", "5"]);
  expect([...state.callStages.values()]).toEqual([
    { stage: "asked" },
    { stage: "called" },
    { stage: "denied", reason: "not now" },
    { stage: "allowed" },
    { stage: "started" },
  ]);
  expect(state.denials).toEqual([{ callId: "3", name: "Read", by, reason: "not now" }]);
});

test("rules remembered for the session are kept once, those for always are not", () => {
  const approved = (rule: string, kept: "session" | "always"): Fact => [
    "tool.approval",
    { callId: "1", verdict: "allow", asked: true, by: { kind: "user", name: kept }, remembered: { rule, for: kept } },
  ];
  expect(
    fold(approved("Bash(ls:*)", "session"), approved("Bash(ls:*)", "session"), approved("Read", "always")).sessionRules,
  ).toEqual(["Bash(ls:*)"]);
});

test("the ledger knows the last hash of each file and the call that showed it", () => {
  const stamp = (sha256: string) => ({ files: [{ path: "/a", sha256 }] });
  const state = fold(input("go"), answer(callOf("1"), callOf("2")), result("1", stamp("x")), result("2", stamp("y")));
  expect(state.reads).toEqual(new Map([["/a", { sha256: "y", callId: "2" }]]));
});

test("the folder follows the shell, and a resume sets it and the model", () => {
  const moved = fold(input("go"), answer(callOf("1")), result("1", { cwd: "/projects/sample/src" }));
  expect(moved.cwd).toBe("/projects/sample/src");
  const resumed = fold(["session.resume", { cwd: "/projects/other", model: "anthropic/b" }]);
  expect([resumed.cwd, resumed.model]).toEqual(["/projects/other", "anthropic/b"]);
});

test("tokens, cost, turns and steps are summed, the last request is remembered", () => {
  const step: Fact = ["step.start", { step: 1, model: "a", promptSha256: "", messages: 1 }];
  const end: Fact = ["turn.end", { turn: 1, stop: "end_turn", steps: 1, usage, durationMs: 1, costUsd: 0.5 }];
  const turn: Fact[] = [["turn.start", { turn: 1 }], step, answer(said("x")), end];
  const state = fold(input("go"), ...turn, input("more"), ...turn);
  expect(state).toMatchObject({ turns: 2, steps: 2, costUsd: 1, lastUsage: usage, inTurn: false, awaitsAnswer: false });
  expect(state.usage).toEqual({ inputTokens: 20, outputTokens: 10, cacheReadTokens: 4, cacheWriteTokens: 2 });
  expect(state.lastRequest).toEqual({ usage, messages: 4 });
});

test("a request without an answer is known until the session is resumed", () => {
  const step: Fact = ["step.start", { step: 1, model: "a", promptSha256: "", messages: 1 }];
  expect(fold(input("go"), step).awaitsAnswer).toBe(true);
  expect(fold(input("go"), step, ["session.resume", { cwd: "/", model: "a" }]).awaitsAnswer).toBe(false);
});

test("the title is the first line of the first input", () => {
  expect(fold(input("\n  Mend the test\nplease"), input("other")).title).toBe("Mend the test");
  expect(fold(input("x".repeat(300))).title).toHaveLength(120);
});

test("an event of an unknown type is counted and skipped", () => {
  const unknown = { v: 1, seq: 9, at: "2026-01-01T00:00:00.000Z", type: "plugin.notes", data: { any: 1 } };
  const before = fold(input("go"));
  const after = foldEvent(fold(input("go")), unknown as unknown as SessionEvent);
  expect(after).toEqual({ ...before, events: 9, updatedAt: unknown.at });
});

test("servers are as they last were, and loaded tools stay in the order in which they came, each once", () => {
  const state = fold(
    ["mcp.server", { server: "docs", state: "ready", tools: 2 }],
    ["mcp.tools", { loaded: ["b", "a"] }],
    ["mcp.tools", { loaded: ["a", "c"] }],
    ["mcp.server", { server: "docs", state: "failed", code: "MCP_DISCONNECTED", why: "it ended" }],
  );
  expect(state.mcpTools).toEqual(["b", "a", "c"]);
  expect([...state.mcpServers]).toEqual([["docs", { state: "failed", code: "MCP_DISCONNECTED" }]]);
  expect(state.messages).toEqual([]);
});
