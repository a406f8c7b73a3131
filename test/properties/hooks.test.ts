import fc from "fast-check";
import { expect, test } from "vitest";
import type { Verdict } from "../../core/contract/hooks.ts";
import { createHooks, type HookFired } from "../../core/hooks.ts";

const call = { sessionId: "s", callId: "1", tool: "Bash", input: {}, cwd: "/" };
const order: Verdict[] = ["allow", "ask", "deny"];
const saying = fc.constantFrom(...order, "silence" as const, "failure" as const);

function hooksSaying(sayings: readonly (Verdict | "silence" | "failure")[]): ReturnType<typeof createHooks> {
  const hooks = createHooks({ onFired: () => undefined });
  for (const [index, said] of sayings.entries()) {
    hooks.tap("test", {
      on: "tool.approve",
      kind: "judge",
      name: `judge-${index}`,
      run: async () => {
        if (said === "failure") throw new Error("broken");
        return said === "silence" ? undefined : { verdict: said };
      },
    });
  }
  return hooks;
}

function strictest(sayings: readonly string[]): Verdict {
  if (sayings.includes("deny") || sayings.includes("failure")) return "deny";
  return sayings.includes("ask") ? "ask" : "allow";
}

test("judges in any order and number come to the strictest verdict, and a failing one denies", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(saying, { maxLength: 8 }), async (sayings) => {
      expect((await hooksSaying(sayings).judge("tool.approve", call)).verdict).toBe(strictest(sayings));
    }),
  );
});

test("one judge more never loosens", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(saying, { maxLength: 6 }), saying, async (sayings, more) => {
      const before = (await hooksSaying(sayings).judge("tool.approve", call)).verdict;
      const after = (await hooksSaying([...sayings, more]).judge("tool.approve", call)).verdict;
      expect(order.indexOf(after)).toBeGreaterThanOrEqual(order.indexOf(before));
    }),
  );
});

test("edits chain in stage order, and each tap sees the one before", async () => {
  const fired: HookFired[] = [];
  const hooks = createHooks({ onFired: (one) => fired.push(one) });
  const add = (name: string, stage: number): void =>
    hooks.tap("test", {
      on: "tool.call",
      kind: "rewrite",
      name,
      stage,
      run: ({ input }) => ({ input: { seen: `${String(input["seen"] ?? "")}${name}` } }),
    });
  add("c", 3);
  add("a", 1);
  add("b", 2);
  expect((await hooks.rewrite("tool.call", call)).input).toEqual({ seen: "abc" });
  expect(fired.map(({ tap, outcome }) => `${tap} ${outcome}`)).toEqual(["test:a changed", "test:b changed", "test:c changed"]);
});

test("a tap that names another runs before it, in its stage", async () => {
  const order: string[] = [];
  const hooks = createHooks({ onFired: ({ tap }) => order.push(tap) });
  const add = (name: string, more: { stage?: number; before?: string[] } = {}): void =>
    hooks.tap("test", { on: "turn.start", kind: "observe", name, ...more, run: () => undefined });
  add("early", { stage: -1 });
  add("one");
  add("two", { before: ["one"] });
  await hooks.observe("turn.start", { sessionId: "s", turn: 1 });
  expect(order).toEqual(["test:early", "test:two", "test:one"]);
});

test("a rewriter that fails, or hands back the wrong shape, is reported and changes nothing", async () => {
  const fired: HookFired[] = [];
  const hooks = createHooks({ onFired: (one) => fired.push(one) });
  hooks.tap("test", { on: "tool.call", kind: "rewrite", name: "wrong", run: () => ({ input: "text" }) as never });
  hooks.tap("test", {
    on: "tool.call",
    kind: "rewrite",
    name: "broken",
    run: () => {
      throw new Error("broken");
    },
  });
  expect(await hooks.rewrite("tool.call", call)).toBe(call);
  expect(fired.map(({ outcome }) => outcome)).toEqual(["failed", "failed"]);
});

test("a judge that does not answer in time denies, with its name", async () => {
  const hooks = createHooks({ onFired: () => undefined });
  hooks.tap("test", { on: "tool.approve", kind: "judge", name: "slow", timeoutMs: 5, run: () => new Promise(() => undefined) });
  expect(await hooks.judge("tool.approve", call)).toEqual({
    verdict: "deny",
    by: "test:slow",
    reason: "test:slow could not decide: no answer within 5 ms",
  });
});

test("a failing observer is reported and stops nobody", async () => {
  const fired: HookFired[] = [];
  const hooks = createHooks({ onFired: (one) => fired.push(one) });
  for (const name of ["first", "second"]) {
    hooks.tap("test", {
      on: "turn.start",
      kind: "observe",
      name,
      run: () => {
        throw new Error(name);
      },
    });
  }
  await hooks.observe("turn.start", { sessionId: "s", turn: 1 });
  expect(fired.map(({ message }) => message)).toEqual(["first", "second"]);
});

test("a tap of a kind that its point does not have is refused", () => {
  const hooks = createHooks({ onFired: () => undefined });
  expect(() => hooks.tap("test", { on: "turn.start", kind: "judge", run: () => undefined } as never)).toThrow(
    "plugin test taps turn.start as judge; the point takes observe",
  );
});
