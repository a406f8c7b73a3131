/** Every row of the hook table has a live call site: each point fires in a real session, and its taps can do what the row says. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { type AnyTap, defineTap } from "gantry/plugin";
import { expect, test } from "vitest";
import { type HookPoint, hookPoints, hookTable } from "../../core/contract/hooks.ts";
import { embed, say } from "../support/embed.ts";

const read = (name: string): unknown => ({ call: { name: "Read", input: { file_path: name } } });
const bash = (command: string): unknown => ({ call: { name: "Bash", input: { command } } });

test("every hook point fires in one session, and every firing is in its log", async () => {
  const seen = new Set<HookPoint>();
  const taps = hookPoints.flatMap((point) =>
    hookTable[point].kinds.map((kind) => ({ on: point, kind, run: () => void seen.add(point) }) as AnyTap),
  );
  const { runtime, events, cwd } = await embed(
    [
      read("a.txt"),
      read("missing.txt"),
      bash("mkdir sub && cd sub"),
      bash("false"),
      { say: "Done." },
      { fail: { status: 400, message: "no" } },
    ],
    {
      taps,
      files: { "a.txt": "a\n", "AGENTS.md": "Be brief.\n" },
      set: ['permissions.deny=["Bash(false)"]'],
      ask: async () => ({ choice: "once" }),
    },
  );
  const session = await runtime.openSession({});
  expect(await session.send(say("work"), "api")).toMatchObject({ stop: "end_turn" });
  await writeFile(path.join(cwd, "gantry.config.json"), '{"permissions":{"deny":["Bash(rm:*)"]}}');
  expect(await session.send(say("fail"), "api")).toMatchObject({ stop: "error", error: { code: "PROVIDER_REJECTED" } });
  await runtime.close();
  // Those about installed plugins and MCP servers fire in test/scenarios/tap-census.test.ts.
  const own = hookPoints.filter((point) => !/^(?:plugin|mcp)\./.test(point) && point !== "command.run");
  expect([...seen].sort()).toEqual(own.toSorted());
  const logged = new Set(events.filter((event) => event.type === "hook.fired").map((event) => event.data.point));
  const outsideSessions = ["runtime.start", "runtime.stop", "config.load", "error.raise"];
  expect([...logged].sort()).toEqual(own.filter((point) => !outsideSessions.includes(point)).sort());
});

test("a rewriter of tool.call changes what runs, and rules judge the changed input", async () => {
  const { runtime, events, model } = await embed([bash("echo one"), { say: "Done." }], {
    taps: [defineTap({ on: "tool.call", kind: "rewrite", tools: ["Bash"], run: () => ({ input: { command: "echo two" } }) })],
    set: ['permissions.deny=["Bash(echo two)"]'],
    approve: "always",
  });
  await (await runtime.openSession({})).send(say("go"), "api");
  expect(events.find((event) => event.type === "tool.approval")).toMatchObject({
    data: { verdict: "deny", by: { kind: "rule" } },
  });
  expect(model.requests.at(-1)?.toolResults).toMatchObject([{ isError: true }]);
});

test("a judge's deny beats every yes, and the model is told its reason", async () => {
  const { runtime, model } = await embed([bash("true"), { say: "Done." }], {
    taps: [
      defineTap({ on: "tool.approve", kind: "judge", name: "guard", run: () => ({ verdict: "deny", reason: "not today" }) }),
    ],
    approve: "always",
  });
  await (await runtime.openSession({})).send(say("go"), "api");
  expect(model.requests.at(-1)?.toolResults[0]?.text).toContain("not today");
});

test("a judge on tool.ask may say no before anybody is asked, and cannot say yes", async () => {
  const asked: string[] = [];
  const { runtime, model } = await embed([bash("one"), bash("touch two"), { say: "Done." }], {
    taps: [
      defineTap({
        on: "tool.ask",
        kind: "judge",
        run: ({ input }) => ({ verdict: input["command"] === "one" ? "deny" : "allow", reason: "one is enough" }),
      }),
    ],
    ask: async ({ subject }) => {
      asked.push(subject);
      return { choice: "no" };
    },
  });
  await (await runtime.openSession({})).send(say("go"), "api");
  expect(asked).toEqual(["touch two"]);
  expect(model.requests[1]?.toolResults[0]?.text).toContain("one is enough");
  expect(model.requests[2]?.toolResults).toMatchObject([{}, { isError: true }].slice(-1));
});

test("a rewriter of tool.result decides what the model and the log see", async () => {
  const { runtime, model, events } = await embed([read("a.txt"), { say: "Done." }], {
    files: { "a.txt": "secret sauce\n" },
    taps: [defineTap({ on: "tool.result", kind: "rewrite", run: () => ({ content: say("(withheld)") }) })],
  });
  await (await runtime.openSession({})).send(say("go"), "api");
  expect(model.requests.at(-1)?.toolResults).toMatchObject([{ text: "(withheld)" }]);
  expect(JSON.stringify(events)).not.toContain("secret sauce");
});

test("prompt.build, model.request, model.answer and input.receive rewriters reach the request and the session", async () => {
  const { runtime, model } = await embed([{ say: "Plain." }], {
    taps: [
      defineTap({ on: "input.receive", kind: "rewrite", run: () => ({ content: say("rewritten input") }) }),
      defineTap({ on: "prompt.build", kind: "rewrite", run: ({ system }) => ({ system: `${system}\nAlso: sing.` }) }),
      defineTap({ on: "model.request", kind: "rewrite", run: () => ({ maxOutputTokens: 77 }) }),
      defineTap({ on: "model.answer", kind: "rewrite", run: () => ({ content: say("Sung.") }) }),
    ],
  });
  const session = await runtime.openSession({});
  expect((await session.send(say("original"), "api")).text).toBe("Sung.");
  const [request] = model.requests;
  expect(request?.text).toContain("rewritten input");
  expect(request?.text).not.toContain("original");
  expect(request?.text).toContain("Also: sing.");
  expect(request?.body).toMatchObject({ max_tokens: 77 });
  expect(session.state.messages.at(-1)).toEqual({ role: "assistant", content: say("Sung.") });
});

test("a refused input never becomes part of the session", async () => {
  const { runtime, model } = await embed([], {
    taps: [defineTap({ on: "input.receive", kind: "judge", name: "gate", run: () => ({ verdict: "deny", reason: "closed" }) })],
  });
  const session = await runtime.openSession({});
  expect(await session.send(say("hello"), "api")).toMatchObject({ stop: "error", error: { code: "INPUT_REJECTED" } });
  expect(session.state.messages).toEqual([]);
  expect(model.requests).toEqual([]);
});

test("a stop judge lets the turn go on with its reason, eight times at most", async () => {
  const { runtime, model, events } = await embed(
    Array.from({ length: 12 }, () => ({ say: "I am done." })),
    {
      taps: [defineTap({ on: "turn.stop", kind: "judge", run: () => ({ verdict: "deny", reason: "not yet" }) })],
    },
  );
  const outcome = await (await runtime.openSession({})).send(say("go"), "api");
  expect(outcome).toMatchObject({ stop: "end_turn", steps: 9 });
  expect(model.requests).toHaveLength(9);
  expect(events.some((event) => event.type === "note" && event.data.text.includes("ends here"))).toBe(true);
});

test("a batch judge's deny ends the turn after its results are in", async () => {
  const { runtime, model, events } = await embed([read("a.txt"), { say: "Never asked." }], {
    files: { "a.txt": "a\n" },
    taps: [defineTap({ on: "tool.batch", kind: "judge", run: () => ({ verdict: "deny", reason: "enough" }) })],
  });
  expect(await (await runtime.openSession({})).send(say("go"), "api")).toMatchObject({ stop: "end_turn", steps: 1 });
  expect(model.requests).toHaveLength(1);
  expect(events.map(({ type }) => type)).toContain("tool.result");
});
