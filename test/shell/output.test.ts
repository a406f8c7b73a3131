import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { describeError, type ErrorCode, GantryError } from "../../core/contract/errors.ts";
import type { EventOf } from "../../core/contract/events.ts";
import { noUsage } from "../../core/contract/messages.ts";
import { errorEnvelope, errorText, kindOf, okEnvelope } from "../../core/shell/envelope.ts";
import { exitOfOutcome, runObject } from "../../core/shell/output.ts";
import { createStyle, describeTerminal } from "../../core/shell/style.ts";
import { failureLine, formatCost, formatDuration, formatTokens } from "../../core/shell/tool-lines.ts";
import { createWriter } from "../../core/shell/writer.ts";
import type { TurnOutcome } from "../../core/turn/ending.ts";

const outcome = (more: Partial<TurnOutcome> = {}): TurnOutcome => ({
  text: "done",
  steps: 1,
  toolCalls: [],
  usage: noUsage,
  stop: "end_turn",
  unapproved: 0,
  durationMs: 5,
  ...more,
});
const failed = (code: ErrorCode): Partial<TurnOutcome> => ({ stop: "error", error: { code, message: "m", hint: "h" } });

describe("the exit code of an outcome", () => {
  test.each([
    ["done", {}, 0],
    ["an approval was missing, whatever the model said afterwards", { unapproved: 1 }, 3],
    ["turns", { ...failed("LIMIT_TURNS"), stop: "max_turns" }, 4],
    ["cost", { ...failed("LIMIT_COST"), stop: "max_cost" }, 4],
    ["time", { ...failed("LIMIT_TIME"), stop: "timeout" }, 4],
    ["the same failure again and again", { ...failed("FAILURE_REPEATED"), stop: "repeated_failure" }, 4],
    ["credentials", failed("PROVIDER_AUTH"), 5],
    ["provider", failed("PROVIDER_OVERLOADED"), 6],
    ["a script that ended", failed("SCRIPT_EXHAUSTED"), 1],
    ["interrupted", { stop: "interrupted" }, 130],
    ["a refusal", { ...failed("ANSWER_REFUSED"), stop: "refusal" }, 1],
  ] as const)("%s", (_, more, exit) => {
    expect(exitOfOutcome(outcome(more as Partial<TurnOutcome>), undefined)).toBe(exit);
  });

  test("a signal's own code wins when it stopped the turn, and not when the turn was done", () => {
    expect(exitOfOutcome(outcome({ stop: "interrupted" }), 143)).toBe(143);
    expect(exitOfOutcome(outcome(), 143)).toBe(0);
  });
});

test("the object of --output json has the contract's keys, in one line", () => {
  const text = runObject({ sessionId: "S", turns: 1, outcome: outcome({ unapproved: 2 }), exit: 3 });
  expect(text.endsWith("}\n") && text.indexOf("\n") === text.length - 1).toBe(true);
  expect(JSON.parse(text)).toEqual({
    ok: false,
    kind: "run",
    sessionId: "S",
    text: "done",
    turns: 1,
    steps: 1,
    toolCalls: [],
    usage: noUsage,
    costUsd: null,
    stopReason: "denied",
    error: { code: "APPROVAL_UNAVAILABLE", message: "2 calls needed a yes and nobody was there.", hint: expect.any(String) },
  });
});

test("a failed call is one line on the terminal: the first of its message, a denied one too", () => {
  const call = { name: "Read", input: { file_path: "a.txt" } };
  const view = { style: createStyle(false), columns: 120 };
  const line = (code: string): string => {
    const data = { callId: "1", code, message: "\nfirst\nsecond", durationMs: 5 };
    return failureLine(
      call,
      { v: 1, seq: 1, at: "", type: "tool.failed", data } as EventOf<"tool.failed">,
      () => undefined,
      view,
    );
  };
  expect(line("TOOL_FAILED")).toBe("✗ Read a.txt · TOOL_FAILED: first · 5 ms");
  expect(line("APPROVAL_DENIED")).toBe("⊘ Read a.txt · denied: first …");
});

describe("the envelope", () => {
  test("is one object for results and errors", () => {
    expect(JSON.parse(okEnvelope(kindOf("sessions list"), [1], ["w"]))).toEqual({
      ok: true,
      kind: "sessions.list",
      data: [1],
      warnings: ["w"],
    });
    const error = describeError(new GantryError("CONFIG_INVALID", "no", { detail: { problems: ["a"] } }));
    expect(JSON.parse(errorEnvelope("config.show", error, []))).toEqual({
      ok: false,
      kind: "config.show",
      error: { code: "CONFIG_INVALID", message: "no", hint: expect.any(String), detail: { problems: ["a"] } },
      warnings: [],
    });
  });

  test("someone else's error is INTERNAL, and its stack shows only with GANTRY_DEBUG", () => {
    const error = new TypeError("x is not a function", { cause: new Error("deep") });
    expect(errorText(error, createStyle(false), {})).toBe(
      "INTERNAL: x is not a function\nPlease report this with GANTRY_DEBUG=1 set.\n",
    );
    expect(errorText(error, createStyle(false), { GANTRY_DEBUG: "1" })).toContain("Caused by: Error: deep");
  });
});

describe("what a stream can show", () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 120 });

  test("NO_COLOR, FORCE_COLOR, TERM=dumb and a pipe are honoured", () => {
    expect(describeTerminal(terminal, {}).color).toBe(true);
    expect(describeTerminal(terminal, { NO_COLOR: "1" }).color).toBe(false);
    expect(describeTerminal(terminal, { TERM: "dumb" }).color).toBe(false);
    expect(describeTerminal(new PassThrough(), {}).color).toBe(false);
    expect(describeTerminal(new PassThrough(), { FORCE_COLOR: "1" }).color).toBe(true);
    expect(describeTerminal(terminal, { FORCE_COLOR: "0" }).color).toBe(false);
    expect(describeTerminal(new PassThrough(), { FORCE_COLOR: "1", NO_COLOR: "1" }).color).toBe(false);
  });

  test("the width is the terminal's, and never less than 20", () => {
    expect(describeTerminal(terminal, {}).columns).toBe(120);
    expect(describeTerminal(Object.assign(new PassThrough(), { isTTY: true, columns: 5 }), {}).columns).toBe(20);
    expect(describeTerminal(new PassThrough(), {}).columns).toBe(80);
  });
});

describe("a writer", () => {
  test("hands the pieces of one tick over as one write", async () => {
    const writes: string[] = [];
    const stream = new PassThrough();
    stream.on("data", (data: Buffer) => writes.push(data.toString()));
    const writer = createWriter(stream);
    for (const piece of ["a", "b", "c"]) writer.write(piece);
    await writer.flush();
    expect(writes).toEqual(["abc"]);
  });

  test("waits for a reader that is slow", async () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const writer = createWriter(stream);
    writer.write("first");
    let isFlushed = false;
    writer.write("second");
    const flushed = writer.flush().then(() => {
      isFlushed = true;
    });
    stream.once("data", () => expect(isFlushed).toBe(false));
    stream.resume();
    await flushed;
  });

  test("tells once that the reader is gone, and drops the rest", async () => {
    const stream = new PassThrough();
    let gone = 0;
    const writer = createWriter(stream, { onGone: () => gone++ });
    stream.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    writer.write("x");
    await writer.flush();
    writer.write("y");
    await writer.flush();
    expect([gone, writer.gone]).toEqual([1, true]);
  });
});

test("times, tokens and costs are written for people", () => {
  expect([12.4, 1234, 125_000].map(formatDuration)).toEqual(["12 ms", "1.2 s", "2 min 5 s"]);
  expect(formatTokens({ inputTokens: 1000, outputTokens: 56, cacheReadTokens: 2345, cacheWriteTokens: 0 })).toBe(
    "3,345 tokens in (2,345 cached), 56 out",
  );
  expect([0.0012345, 1.5, undefined].map((cost) => formatCost(cost, "scripted/x"))).toEqual([
    "$0.0012",
    "$1.50",
    "no price known for scripted/x",
  ]);
});
