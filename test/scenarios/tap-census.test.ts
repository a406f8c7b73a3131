/**
 * The census of points: each has a row here, where a tap of a plugin fires there through the built command and has its effect
 * on the next request, on disk or on the exit. The plugin is a built-in of a second build (test/support/second-build.ts).
 */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HookKind, type HookPoint, hookPoints, hookTable } from "../../core/contract/hooks.ts";
import { publicEvents, publicEventTable } from "../../core/contract/public-events.ts";
import { gantryOnTerminal } from "../shell/gantry.ts";
import { taps } from "../support/census-taps.ts";
import { type Bench, bench, type Finished } from "../support/cli.ts";
import { installPlugin } from "../support/community.ts";
import { buildWithTaps, type SecondBuild } from "../support/second-build.ts";

let built: SecondBuild;
beforeAll(async () => {
  built = await buildWithTaps("census");
});
afterAll(() => built.remove());

interface Row {
  steps: readonly unknown[];
  /** What the point's taps answer, by kind. */
  answers?: Partial<Record<HookKind, object>>;
  files?: Record<string, string>;
  args?: string[];
  stdin?: string;
  /** Instead of one `gantry run go`. */
  play?(place: Bench): Promise<unknown>;
  /** Of what the first firing was given, where the project is `cwd`. */
  given(cwd: string): Record<string, unknown>;
  effect?(place: Bench, finished: Finished): Promise<void> | void;
}

const tool = (name: string, input: object): unknown => ({ call: { name, input } });
const bash = (command: string): unknown => tool("Bash", { command });
const read = (name: string): unknown => tool("Read", { file_path: name });
const text = (of: string): object => ({ content: [{ type: "text", text: of }] });
const done = { say: "Done." };
const yes = ["--approve", "always"];
const context = "heard from the tap";
const hears = (place: Bench, request: number): void => expect(place.model.requests[request]?.text).toContain(context);
const shows = (_place: Bench, { stderr }: Finished): void => expect(stderr).toContain("said by the tap");
const guard = fileURLToPath(new URL("../fixtures/mcp/guard-server.mjs", import.meta.url));
const servers = { "servers.json": JSON.stringify({ mcpServers: { guard: { command: process.execPath, args: [guard] } } }) };
const asksBack = [{ call: { name: "mcp__guard__form", input: {} } }, done];
const says = { observe: { say: "said by the tap" } };

/** Its tool never ends. */
const one = {
  name: "one",
  source: `plugin({ name: "one", description: "One.",
    tools: [{ name: "One", description: "One.", effect: "reads", input: () => ({ type: "object" }), execute() { for (;;) { } } }],
    commands: [{ id: "one say", summary: "Says.", args: [{ name: "word", summary: "What." }],
      run: async ({ args }) => ({ data: args.word, text: args.word }) }] });`,
  tools: [{ name: "One" }],
  commands: [{ id: "one say", args: [{ name: "word", summary: "What." }] }],
};

const rows: Record<HookPoint, Row> = {
  "runtime.start": { steps: [done], answers: says, given: (cwd) => ({ project: cwd, cwd }), effect: shows },
  "runtime.stop": { steps: [done], given: () => ({ reason: expect.any(String) }) },
  "config.load": {
    steps: [bash("touch made"), done],
    answers: { rewrite: { deny: ["Bash(touch:*)"] } },
    args: yes,
    given: (cwd) => ({ project: cwd, mode: "default", added: [] }),
    effect: async (place) => await expect(place.file("made")).rejects.toThrow("ENOENT"),
  },
  "config.change": {
    steps: [bash("touch one"), { say: "One." }, bash("touch two"), { say: "Two." }],
    answers: { judge: { verdict: "deny", reason: "not during office hours" } },
    async play(place) {
      const terminal = gantryOnTerminal({ workspace: place.cwd, env: place.env }, yes, { launcher: built.launcher });
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
    given: (cwd) => ({ files: [`${cwd}/gantry.config.json`], layers: ["project"], keys: ["permissions.deny"] }),
    effect: async (place) => expect(await place.file("two")).toBe(""),
  },
  "mcp.elicit": {
    ...{ steps: asksBack, files: servers, args: ["--mcp-config", "servers.json"] },
    answers: { judge: { verdict: "deny", reason: "not on this machine" } },
    given: () => ({ server: "guard", mode: "form", message: "Which colour?" }),
    async effect(place) {
      const asks = (await place.events()).flatMap((one) => (one.type === "mcp.ask" ? [one.data] : []));
      expect(asks).toMatchObject([{ answer: "decline", by: { kind: "judge" }, reason: "not on this machine" }]);
    },
  },
  "mcp.elicited": {
    ...{ steps: asksBack, files: servers, args: ["--mcp-config", "servers.json"] },
    answers: { judge: { verdict: "deny", reason: "no answer leaves" } },
    given: () => ({ server: "guard", message: "Which colour?", action: "decline" }),
    async effect(place) {
      const asks = (await place.events()).flatMap((one) => (one.type === "mcp.ask" ? [one.data] : []));
      expect(asks).toMatchObject([{ answer: "decline", reason: "no answer leaves" }]);
    },
  },
  "session.open": {
    steps: [done],
    answers: { observe: { context } },
    given: () => ({ source: "startup", model: "anthropic/claude-sonnet-5" }),
    effect: (place) => hears(place, 0),
  },
  "input.receive": {
    steps: [done],
    answers: { rewrite: text("other words"), judge: { verdict: "allow", context } },
    given: () => ({ ...text("go"), source: "prompt" }),
    async effect(place) {
      hears(place, 0);
      expect(place.model.requests[0]?.text).toContain("other words");
      await answer(place, { "judge input.receive": { verdict: "deny", reason: "closed today" } });
      expect(await place.gantry(["run", "go"], { launcher: built.launcher })).toMatchObject({
        exit: 1,
        stderr: expect.stringContaining("closed today"),
      });
      expect(place.model.requests).toHaveLength(1);
    },
  },
  "session.close": { steps: [done], given: () => ({ reason: "done" }) },
  "turn.start": { steps: [done], answers: says, given: () => ({ turn: 1 }), effect: shows },
  "prompt.build": {
    steps: [done],
    answers: { rewrite: { system: "Only sing." } },
    given: () => ({ system: expect.any(String) }),
    effect: (place) => expect(place.model.requests[0]?.body).toMatchObject({ system: [{ text: "Only sing." }] }),
  },
  "model.request": {
    steps: [done],
    answers: { rewrite: { maxOutputTokens: 77 } },
    given: () => ({ request: expect.any(Object) }),
    effect: (place) => expect(place.model.requests[0]?.body).toMatchObject({ max_tokens: 77 }),
  },
  "model.answer": {
    steps: [done],
    answers: { rewrite: text("Sung.") },
    given: () => ({ answer: expect.objectContaining(text("Done.")) }),
    effect: (_place, { stdout }) => expect(stdout).toBe("Sung.\n"),
  },
  "turn.stop": {
    steps: Array.from({ length: 12 }, () => done),
    answers: { judge: { verdict: "deny", reason: context } },
    given: () => ({ turn: 1, continued: 0 }),
    effect(place) {
      hears(place, 1);
      expect(place.model.requests).toHaveLength(9);
    },
  },
  "turn.end": { steps: [done], answers: says, given: () => ({ turn: 1, stop: "end_turn" }), effect: shows },
  "turn.fail": {
    steps: [{ fail: { status: 400, message: "no such thing" } }],
    answers: says,
    given: () => ({ turn: 1, code: "PROVIDER_REJECTED" }),
    effect: shows,
  },
  "tool.call": {
    steps: [bash("touch one"), done],
    answers: { rewrite: { input: { command: "touch two" } } },
    args: yes,
    given: () => ({ tool: "Bash", input: { command: "touch one" } }),
    async effect(place) {
      await expect(place.file("one")).rejects.toThrow("ENOENT");
      expect(await place.file("two")).toBe("");
    },
  },
  "tool.approve": {
    steps: [bash("touch made"), done],
    answers: { judge: { verdict: "deny", reason: context } },
    args: yes,
    given: () => ({ tool: "Bash", input: { command: "touch made" } }),
    async effect(place) {
      await expect(place.file("made")).rejects.toThrow("ENOENT");
      hears(place, 1);
    },
  },
  "tool.ask": {
    steps: [bash("touch made"), done],
    answers: { judge: { verdict: "deny", reason: context } },
    args: ["--approve", "prompt"],
    stdin: "y\n",
    given: () => ({ tool: "Bash", reason: expect.any(String) }),
    async effect(place) {
      await expect(place.file("made")).rejects.toThrow("ENOENT");
      hears(place, 1);
    },
  },
  "tool.denied": {
    steps: [bash("git push"), done],
    answers: { observe: { context } },
    args: ["--deny", "Bash(git push:*)"],
    given: () => ({ tool: "Bash", by: expect.objectContaining({ kind: "rule" }) }),
    effect: (place) => hears(place, 1),
  },
  "tool.result": {
    steps: [read("a.txt"), done],
    answers: { rewrite: text("(withheld)") },
    given: () => ({ tool: "Read", isError: false }),
    effect: (place) => expect(place.model.requests[1]?.toolResults).toMatchObject([{ text: "(withheld)" }]),
  },
  "tool.failure": {
    steps: [read("missing.txt"), done],
    answers: { observe: { context } },
    given: () => ({ tool: "Read", code: "FILE_NOT_FOUND" }),
    effect: (place) => hears(place, 1),
  },
  "tool.batch": {
    steps: [read("a.txt"), { say: "Never asked." }],
    answers: { judge: { verdict: "deny", reason: "enough for today" } },
    given: () => ({ calls: [expect.objectContaining({ name: "Read" })] }),
    effect(place, { stderr }) {
      expect(place.model.requests).toHaveLength(1);
      expect(stderr).toContain("enough for today");
    },
  },
  "cwd.change": {
    steps: [bash("mkdir sub && cd sub"), done],
    answers: { observe: { context } },
    args: yes,
    given: (cwd) => ({ from: cwd, to: `${cwd}/sub` }),
    effect: (place) => hears(place, 1),
  },
  notify: {
    steps: [bash("touch made"), done],
    answers: says,
    args: ["--approve", "prompt"],
    stdin: "n\n",
    given: () => ({ kind: "permission_prompt", message: expect.stringContaining("touch made") }),
    effect: shows,
  },
  "instructions.load": {
    steps: [done],
    answers: says,
    files: { "AGENTS.md": "Be brief.\n" },
    given: (cwd) => ({ file: `${cwd}/AGENTS.md`, bytes: 10 }),
    effect: shows,
  },
  "plugin.load": {
    steps: [done],
    answers: { judge: { verdict: "deny", reason: "not on this machine" } },
    play: async (place) => {
      await installPlugin(place, one);
      const { stderr } = await place.gantry(["run", "go"], { launcher: built.launcher });
      expect(stderr).toContain("it is left out: census:judge plugin.load left it out: not on this machine");
    },
    given: () => ({ plugin: "one", version: "1.0.0", scope: "user", grants: {} }),
    effect: (place) =>
      expect(place.model.requests[0]?.body["tools"]).not.toContainEqual(expect.objectContaining({ name: "One" })),
  },
  "plugin.crash": {
    steps: [tool("One", {}), done],
    play: async (place) => {
      await installPlugin(place, one);
      await place.gantry(["run", "go"], { launcher: built.launcher });
    },
    given: () => ({ plugin: "one", code: expect.stringMatching(/^GUEST_/), crashes: 1 }),
  },
  "command.run": {
    steps: [],
    play: async (place) => {
      await installPlugin(place, one);
      expect(await place.gantry(["one", "say", "hi"], { launcher: built.launcher })).toMatchObject({ exit: 0, stdout: "hi\n" });
    },
    given: () => ({ command: "one say", plugin: "one", args: ["hi"] }),
  },
  "error.raise": {
    steps: [{ fail: { status: 400, message: "no such thing" } }],
    given: () => ({ code: "PROVIDER_REJECTED", message: expect.stringContaining("no such thing") }),
  },
};

test("every point has a row, every public event is served by points that have one, and the plugin taps every kind of each", () => {
  expect(Object.keys(rows).sort()).toEqual(hookPoints.toSorted());
  expect(Object.keys(rows)).toEqual(expect.arrayContaining(publicEvents.flatMap((event) => publicEventTable[event].points)));
  expect(taps).toHaveLength(hookPoints.flatMap((point) => hookTable[point].kinds).length);
});

describe.each(Object.entries(rows))("a plugin's tap on %s", (name, row) => {
  const point = name as HookPoint;
  test("fires through the built command, in each of its kinds, and has its effect", async () => {
    const place = await bench(row.steps, { "a.txt": "alpha\n", ...row.files });
    const answers = Object.entries(row.answers ?? {}).map(([kind, reply]) => [`${kind} ${point}`, reply]);
    await answer(place, Object.fromEntries(answers));
    const finished = await played(place, row);
    const fired = await firings(place, point);
    expect([...new Set(fired.map(({ kind }) => kind))].sort()).toEqual(hookTable[point].kinds.toSorted());
    expect(fired[0]?.payload).toMatchObject(row.given(place.cwd));
    await row.effect?.(place, finished);
  });
});

const answer = (place: Bench, answers: object): Promise<void> =>
  writeFile(path.join(place.home, "tap-answers.json"), JSON.stringify(answers));

async function played(place: Bench, { play, args = [], stdin }: Row): Promise<Finished> {
  const { launcher } = built;
  if (play === undefined)
    return await place.gantry(["run", "go", ...args], { launcher, ...(stdin === undefined ? {} : { stdin }) });
  await play(place);
  return { stdout: "", stderr: "", exit: 0, signal: null };
}

async function firings(place: Bench, point: HookPoint): Promise<{ kind: HookKind; payload: unknown }[]> {
  const lines = (await readFile(path.join(place.home, "taps.jsonl"), "utf8")).trimEnd().split("\n");
  const all = lines.map((line) => JSON.parse(line) as { on: HookPoint; kind: HookKind; payload: unknown });
  return all.filter(({ on }) => on === point);
}
