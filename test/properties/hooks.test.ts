import fc from "fast-check";
import { expect, test } from "vitest";
import type { Verdict } from "../../core/contract/hooks.ts";
import { createHooks, type HookFired } from "../../core/hooks.ts";
import { loadPlugins } from "../../core/plugins.ts";

const call = { sessionId: "s", callId: "1", tool: "Bash", input: {}, cwd: "/" };
const origin = { source: "gantry.config.json:3", event: "PreToolUse", mayAllow: true } as const;
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
  expect((await hooks.rewrite("tool.call", call)).payload.input).toEqual({ seen: "abc" });
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
  expect((await hooks.rewrite("tool.call", call)).payload).toBe(call);
  expect(fired.map(({ outcome }) => outcome)).toEqual(["failed", "failed"]);
});

test("a judge that does not answer in time denies, with its name", async () => {
  const hooks = createHooks({ onFired: () => undefined });
  hooks.tap("test", { on: "tool.approve", kind: "judge", name: "slow", timeoutMs: 5, run: () => new Promise(() => undefined) });
  expect(await hooks.judge("tool.approve", call)).toEqual({
    verdict: "deny",
    by: "test:slow",
    reason: "test:slow could not decide: no answer within 5 ms",
    heard: { context: [] },
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

test("a config hook's allow is told beside the verdict and never loosens it, wherever it stands", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(saying, { maxLength: 5 }), fc.nat({ max: 5 }), async (sayings, place) => {
      const hooks = hooksSaying(sayings);
      hooks.tap(
        "config",
        { on: "tool.approve", kind: "judge", name: "yes", stage: place - 2, run: () => ({ verdict: "allow" }) },
        origin,
      );
      const ruling = await hooks.judge("tool.approve", call);
      expect(ruling).toMatchObject({ verdict: strictest(sayings), allowedBy: "config:yes" });
    }),
  );
});

test("a plugin's allow is nothing, and an input with it is a mistake that denies", async () => {
  const hooks = createHooks({ onFired: () => undefined });
  hooks.tap("test", { on: "tool.ask", kind: "judge", name: "yes", run: () => ({ verdict: "allow" }) });
  const ask = { ...call, reason: "no rule" };
  expect(await hooks.judge("tool.ask", ask)).toEqual({ verdict: "allow", by: "", heard: { context: [] } });
  hooks.tap("test", { on: "tool.ask", kind: "judge", name: "sly", run: () => ({ verdict: "allow", input: {} }) as never });
  expect(await hooks.judge("tool.ask", ask)).toMatchObject({ verdict: "deny", by: "test:sly" });
});

test("a hook at tool.ask sees the input as the hook before has changed it, and the last change stands", async () => {
  const hooks = createHooks({ onFired: () => undefined });
  for (const name of ["a", "b"]) {
    const run = ({ input }: { input: Record<string, unknown> }) => ({
      ...{ verdict: "allow" as const, input: { seen: `${String(input["seen"] ?? "")}${name}` }, remember: [`Bash(${name})`] },
    });
    hooks.tap("config", { on: "tool.ask", kind: "judge", name, run } as never, origin);
  }
  expect(await hooks.judge("tool.ask", { ...call, reason: "no rule" })).toMatchObject({
    ...{ verdict: "allow", allowedBy: "config:a", input: { seen: "ab" }, remember: ["Bash(a)", "Bash(b)"] },
  });
});

test("context of every tap is heard in order and cut at 10,000 characters; the first stop counts", async () => {
  const hooks = createHooks({ onFired: () => undefined });
  const add = (name: string, stop: string): void =>
    hooks.tap("test", { on: "turn.start", kind: "observe", name, run: () => ({ context: name.repeat(10_001), stop }) });
  add("a", "enough");
  add("b", "too much");
  const { context, stop } = await hooks.observe("turn.start", { sessionId: "s", turn: 1 });
  expect(context.map(({ by, text }) => [by, text.length, text.slice(-25)])).toEqual([
    ["test:a", 10_025, "… (cut: 10001 characters)"],
    ["test:b", 10_025, "… (cut: 10001 characters)"],
  ]);
  expect(stop).toEqual({ by: "test:a", reason: "enough" });
});

test("what an observer's last expression gives is no answer; an object that fits nothing is reported", async () => {
  const fired: HookFired[] = [];
  const hooks = createHooks({ onFired: (one) => fired.push(one) });
  hooks.tap("test", { on: "turn.start", kind: "observe", name: "number", run: () => 3 });
  hooks.tap("test", { on: "turn.start", kind: "observe", name: "typo", run: () => ({ contxt: "x" }) });
  expect(await hooks.observe("turn.start", { sessionId: "s", turn: 1 })).toEqual({ context: [] });
  expect(fired.map(({ outcome }) => outcome)).toEqual(["ok", "failed"]);
});

test("replacing an owner's taps keeps their place, and nothing runs twice", async () => {
  const ran: string[] = [];
  const hooks = createHooks({ onFired: ({ tap }) => void ran.push(tap) });
  const entry = (name: string) => ({ tap: { on: "turn.start", kind: "observe", name, run: () => undefined } as const });
  hooks.tap("first", entry("x").tap);
  hooks.replace("config", [entry("a"), entry("b")]);
  hooks.tap("last", entry("y").tap);
  hooks.replace("config", [entry("c"), entry("b")]);
  await hooks.observe("turn.start", { sessionId: "s", turn: 1 });
  expect(ran).toEqual(["first:x", "config:c", "config:b", "last:y"]);
  expect(hooks.list().map(({ tap }) => tap)).toEqual(ran);
});

test("where nobody listens, everybody is handed the same nothing", async () => {
  const hooks = createHooks({ onFired: () => undefined });
  expect(await hooks.judge("tool.approve", call)).toBe(await hooks.judge("tool.ask", { ...call, reason: "" }));
  expect(await hooks.observe("turn.start", { sessionId: "s", turn: 1 })).toBe((await hooks.rewrite("tool.call", call)).heard);
});

test("a cancel ends a judge with a deny at once", async () => {
  const hooks = createHooks({ onFired: () => undefined });
  const cancel = new AbortController();
  const ended: boolean[] = [];
  hooks.tap("test", {
    on: "tool.approve",
    kind: "judge",
    run: (_call, { signal }) =>
      new Promise(() => {
        signal.addEventListener("abort", () => ended.push(true));
        cancel.abort();
      }),
  });
  expect(await hooks.judge("tool.approve", call, { signal: cancel.signal })).toMatchObject({
    verdict: "deny",
    reason: "test:tool.approve could not decide: the turn was cancelled before it answered",
  });
  expect(ended).toEqual([true]);
});

test("a tap is given its plugin's own section of the config", async () => {
  const seen: unknown[] = [];
  const hooks = createHooks({ onFired: () => undefined, settings: (owner) => ({ owner }) });
  hooks.tap("policy", { on: "turn.start", kind: "observe", run: (_payload, { options }) => void seen.push(options) });
  await hooks.observe("turn.start", { sessionId: "s", turn: 1 });
  expect(seen).toEqual([{ owner: "policy" }]);
});

test("a built-in judge whose module cannot be loaded denies, and its other taps are recorded", async () => {
  const fired: HookFired[] = [];
  const hooks = createHooks({ onFired: (one) => fired.push(one) });
  const taps = [
    { on: "tool.approve", kind: "judge", name: "guard", stage: 0, tools: ["Bash"] },
    { on: "turn.start", kind: "observe", name: "watch", stage: 0 },
  ] as const;
  const contributes = { tools: [], commands: [], providers: [], taps: taps.map((tap) => ({ ...tap, tools: ["Bash"] })) };
  const manifest = { name: "absent", version: "1", description: "", permissions: {}, contributes };
  loadPlugins({ manifests: [manifest] }, hooks, () => async () => ({ content: [], isError: false }));
  expect(await hooks.judge("tool.approve", { ...call, tool: "Read" })).toMatchObject({ verdict: "allow" });
  expect(await hooks.judge("tool.approve", call)).toMatchObject({
    verdict: "deny",
    reason: "absent:guard could not decide: the built-in plugin absent has a manifest but no module",
  });
  await hooks.observe("turn.start", { sessionId: "s", turn: 1 });
  expect(fired.map(({ tap, outcome }) => `${tap} ${outcome}`)).toEqual(["absent:guard failed", "absent:watch failed"]);
});
