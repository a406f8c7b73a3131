import fc from "fast-check";
import { test } from "vitest";
import type { SessionEvent } from "../../core/contract/events.ts";
import { assertPairs } from "../../core/session/pairs.ts";
import { emptyState, foldEvent } from "../../core/session/state.ts";
import { callOf, usage } from "../support/session-events.ts";

const callId = fc.constantFrom("1", "2", "3", "4");
const text = fc.string({ maxLength: 8 }).map((words) => ({ type: "text" as const, text: words }));
const kinds = fc.oneof(
  text.map((block) => ["input", { content: [block], source: "prompt" }] as const),
  fc.tuple(fc.array(text, { maxLength: 2 }), fc.uniqueArray(callId, { maxLength: 4 })).map(
    ([words, ids]) =>
      [
        "answer",
        {
          step: 1,
          message: { role: "assistant", content: [...words, ...ids.map((id) => callOf(id))] },
          stop: "end_turn",
          usage,
          model: "a",
        },
      ] as const,
  ),
  callId.map((id) => ["tool.call", { callId: id, name: "Read", input: {} }] as const),
  callId.map((id) => ["tool.start", { callId: id }] as const),
  fc.tuple(callId, fc.boolean()).map(
    ([id, allow]) =>
      [
        "tool.approval",
        {
          callId: id,
          verdict: allow ? "allow" : "deny",
          asked: true,
          by: { kind: "user", name: "once" },
          remembered: { rule: `Read(${id})`, for: "session" },
        },
      ] as const,
  ),
  fc.tuple(callId, text).map(
    ([id, block]) =>
      [
        "tool.result",
        {
          callId: id,
          content: [block],
          isError: false,
          durationMs: 1,
          files: [{ path: `/${id}`, sha256: block.text }],
          cwd: `/${block.text}`,
        },
      ] as const,
  ),
  callId.map((id) => ["tool.failed", { callId: id, code: "TOOL_FAILED", message: "no", durationMs: 1 }] as const),
  fc.constant(["turn.start", { turn: 1 }] as const),
  fc.constant(["turn.end", { turn: 1, stop: "end_turn", steps: 1, usage, durationMs: 1, costUsd: 0.5 }] as const),
  fc.constant(["step.start", { step: 1, model: "a", promptSha256: "", messages: 1 }] as const),
  fc.constant(["session.resume", { cwd: "/", model: "b" }] as const),
  fc.constant(["plugin.unknown", { anything: [1] }] as const),
);

const events = fc.array(kinds, { maxLength: 40 }).map(
  (facts) =>
    facts.map(([type, data], index) => ({
      v: 1,
      seq: index + 1,
      at: "2026-01-01T00:00:00.000Z",
      type,
      data,
    })) as unknown as SessionEvent[],
);

test("the fold of a prefix plus the rest equals the fold of the whole, and changes no event", () => {
  fc.assert(
    fc.property(events, fc.nat(), (all, at) => {
      const before = JSON.stringify(all);
      const cut = at % (all.length + 1);
      const whole = all.reduce(foldEvent, emptyState());
      const prefix = structuredClone(all.slice(0, cut).reduce(foldEvent, emptyState()));
      const both = all.slice(cut).reduce(foldEvent, prefix);
      expectSame(both, whole);
      if (JSON.stringify(all) !== before) throw new Error("an event was changed by the fold");
    }),
  );
});

test("whatever was logged, closing the open calls gives a view that keeps the pair law, as long as answers wait for their calls", () => {
  fc.assert(
    fc.property(events, (all) => {
      const state = emptyState();
      for (const event of all) {
        // The loop asks the model only when no call is open and there is something to answer.
        const isAsked = state.openCalls.size === 0 && state.messages.at(-1)?.role === "user";
        if (event.type !== "answer" || isAsked) foldEvent(state, event);
      }
      for (const callId of [...state.openCalls.keys()]) {
        foldEvent(state, {
          v: 1,
          seq: 1,
          at: "",
          type: "tool.failed",
          data: { callId, code: "TOOL_INTERRUPTED", message: "", durationMs: 0 },
        });
      }
      assertPairs(state.messages);
    }),
  );
});

function expectSame(a: unknown, b: unknown): void {
  const plain = (value: unknown): string => JSON.stringify(value, (_, part) => (part instanceof Map ? [...part] : part));
  if (plain(a) !== plain(b)) throw new Error(`${plain(a)}\nis not\n${plain(b)}`);
}
