/** kill -9 of the whole command, and of guests at random, while installed plugins work. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { createRuntime } from "gantry";
import type { SessionEvent } from "gantry/events";
import { describe, expect, onTestFinished, test } from "vitest";
import { goneAltogether, there, until } from "../support/alive.ts";
import { type Bench, bench, resultTexts } from "../support/cli.ts";
import { installPlugin, type PluginText } from "../support/community.ts";
import { type Descendant, descendantsOf, isAlive, pathWithout } from "../support/descendants.ts";

const call = (name: string, input: object = {}): { call: { name: string; input: object } } => ({ call: { name, input } });
const isGuest = ({ line }: Descendant): boolean => line.includes("guest-process.cjs");

/** Seconds that no other sleep of the machine has. */
let last = 0;
const mark = (): string => `4${process.pid}.${++last}`;

const toolOf = (name: string, effect: string, body: string): string =>
  `{ name: "${name}", description: "Works.", effect: "${effect}", input: () => ({ type: "object" }), async execute(input, ctx) { ${body} } }`;

function worker(name: string, tool: string, body: string, grants: PluginText["grants"] = {}): PluginText {
  return {
    name,
    source: `plugin({ name: "${name}", description: "Works.", tools: [${toolOf(tool, "runs", body)}] });`,
    tools: [{ name: tool, effect: "runs" }],
    grants,
  };
}

async function withPath(place: Bench, boundary: string): Promise<Record<string, string>> {
  return boundary === "with bwrap" ? {} : { PATH: await pathWithout(path.join(place.home, "bin"), "bwrap") };
}

describe.runIf(process.platform === "linux").each(["with bwrap", "without bwrap"])("kill -9 of the command, %s", (boundary) => {
  test("while guests and their children work: nothing stays, and no lock is in the way of the next", async () => {
    const [child, grandchild] = [mark(), mark()];
    const place = await bench([call("Work"), call("Work"), { say: "Done." }]);
    const body = `await Promise.allSettled([
      ctx.process.exec(["sleep", "${child}"], { timeoutMs: 600000 }),
      ctx.process.run({ command: "sleep ${grandchild} & wait", timeoutMs: 600000, maxOutputBytes: 1000, maxOutputLines: 10 }),
    ]);`;
    await installPlugin(place, worker("workers", "Work", body, { "process.run": ["sleep:*", "shell:*"] }));
    await installPlugin(place, worker("others", "Other", "return 1;"));
    const env = await withPath(place, boundary);
    const run = place.start(["run", "go", "--approve", "always", "--output", "stream-json"], { env });
    await Promise.all([there(`sleep ${child}`), there(`sleep ${grandchild}`)]);
    const below = descendantsOf(run.child.pid ?? 0);
    expect(below.some(isGuest)).toBe(true);
    expect(below.some(({ line }) => line.includes("bwrap"))).toBe(boundary === "with bwrap");
    run.child.kill("SIGKILL");
    await once(run.child, "close");
    await until(
      () => !below.some(isAlive),
      `still there: ${below
        .filter(isAlive)
        .map(({ line }) => line)
        .join("\n")}`,
    );
    await Promise.all([goneAltogether(`sleep ${child}`), goneAltogether(`sleep ${grandchild}`)]);

    expect(await place.gantry(["plugins", "grants", "workers", "--revoke", "process.run=shell:*"], { env })).toMatchObject({
      exit: 0,
    });
    expect(await place.gantry(["plugins", "uninstall", "others"], { env })).toMatchObject({ exit: 0, stderr: "" });
    const again = place.start(["run", "again", "--continue", "--approve", "always", "--output", "json"], { env });
    await there(`sleep ${child}`);
    again.child.kill("SIGINT");
    expect((await again.finished).exit).toBe(130);
    await goneAltogether(`sleep ${child}`);
    expect((await place.gantry(["sessions", "verify"], { env })).exit).toBe(0);
  });

  test("while a command of a plugin works: its guest and its child are gone", async () => {
    const child = mark();
    const place = await bench([]);
    const body = `ctx.print("begun\\n"); await ctx.process.exec(["sleep", "${child}"], { timeoutMs: 600000 });`;
    await installPlugin(place, {
      name: "speaker",
      source: `plugin({ name: "speaker", description: "Speaks.", commands: [{ id: "speak", summary: "Speaks.", async run(input, ctx) { ${body} } }] });`,
      commands: [{ id: "speak" }],
      grants: { "process.run": ["sleep:*"] },
    });
    const run = place.start(["speak"], { env: await withPath(place, boundary) });
    await there(`sleep ${child}`);
    const below = descendantsOf(run.child.pid ?? 0);
    expect(below.some(isGuest)).toBe(true);
    run.child.kill("SIGKILL");
    await once(run.child, "close");
    await until(() => !below.some(isAlive), "something outlives the command");
    await goneAltogether(`sleep ${child}`);
  });
});

/** Numbers of a seed, from 0 up to and without 1: mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const plugins = ["a", "b", "c", "d", "e", "f"];
const turns = 100;

/** Each has a tool that asks for effects, and a judge that keeps what is kept by it. */
function keeper(name: string): PluginText {
  const body = `ctx.progress("on"); const { bytes } = await ctx.fs.read("notes.txt"); await ctx.storage.set("last", bytes.length); return "${name} read " + (await ctx.storage.get("last"));`;
  const source = `plugin({ name: "${name}", description: "Keeps.", tools: [${toolOf(`Tool_${name}`, "reads", body)}],
    taps: [{ on: "tool.approve", kind: "judge", name: "keep", tools: ["Write"],
      run: ({ input }) => input.file_path === "kept-${name}.txt" ? { verdict: "deny", reason: "${name} keeps it" } : undefined }] });`;
  const tapScope = "tool.approve:Write";
  return {
    ...{ name, source },
    tools: [{ name: `Tool_${name}` }],
    taps: [{ on: "tool.approve", kind: "judge", name: "keep", tools: ["Write"] }],
    grants: { "fs.read": ["./**"], storage: "64KiB", "hook.tap": [tapScope] },
  };
}

test.runIf(process.platform === "linux")(
  "guests are killed at random during 100 turns: each turn ends properly, each call has one result, what is kept is kept, and the user is told",
  { timeout: 300_000 },
  async () => {
    const random = randomOf(20_261_122);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
    const plan = Array.from({ length: turns }, () => ({
      calls: [
        call(`Tool_${pick(plugins)}`).call,
        call("Write", { file_path: `kept-${pick(plugins)}.txt`, content: "x" }).call,
        call(`Tool_${pick(plugins)}`).call,
      ],
      killAt:
        random() < 0.4
          ? pick(["turn.start", "answer", "tool.call", "tool.approval", "tool.start", "tool.result", "progress"])
          : undefined,
      which: random(),
    }));
    const place = await bench(
      plan.flatMap(({ calls }) => [{ calls }, { say: "Done." }]),
      { "notes.txt": "12345" },
    );
    for (const name of plugins) await installPlugin(place, keeper(name));
    const events: SessionEvent[] = [];
    let due: { at: string; which: number } | undefined;
    let killed = 0;
    const strike = (at: string): void => {
      if (due?.at !== at) return;
      const guests = descendantsOf(process.pid).filter(isGuest);
      const victim = guests[Math.floor(due.which * guests.length)];
      due = undefined;
      if (victim === undefined) return;
      process.kill(victim.pid, "SIGKILL");
      killed++;
    };
    const runtime = await createRuntime({
      cwd: place.cwd,
      env: { ...place.env, PATH: process.env["PATH"] },
      // What a judge that is gone would have decided is asked, and nobody is there.
      set: ["permissions.mode=acceptEdits"],
      front: {
        onEvent(event) {
          events.push(event);
          strike(event.type);
        },
        onDelta: (delta) => void (delta.kind === "progress" && strike("progress")),
      },
    });
    onTestFinished(() => runtime.close());
    const session = await runtime.openSession({});
    const outcomes = new Map<string, number>();
    for (const { calls, killAt, which } of plan) {
      due = killAt === undefined ? undefined : { at: killAt, which };
      const outcome = await session.send([{ type: "text", text: "go" }], "api");
      expect(outcome).toMatchObject({ stop: expect.stringMatching(/^(?:end_turn|denied)$/), text: "Done." });
      expect(outcome.toolCalls.map(({ name }) => name)).toEqual(calls.map(({ name }) => name));
      expect(outcome.toolCalls[1]?.outcome).toBe("denied");
      expect(resultTexts(place.model)).toHaveLength(3);
      for (const [at, one] of outcome.toolCalls.entries()) {
        if (at !== 1) outcomes.set(one.outcome + (one.code ?? ""), (outcomes.get(one.outcome + (one.code ?? "")) ?? 0) + 1);
      }
    }
    await session.close("done");
    const results = events.filter(({ type }) => type === "tool.result" || type === "tool.failed");
    const ids = events.filter((event) => event.type === "tool.call").map(({ data }) => data.callId);
    expect(results.map(({ data }) => (data as { callId: string }).callId).sort()).toEqual(ids.sort());
    expect(ids).toHaveLength(3 * turns);
    expect(events.filter(({ type }) => type === "turn.end")).toHaveLength(turns);
    expect(
      [...outcomes.keys()].filter(
        (code) => !/^(?:ok|error(?:GUEST_CRASHED|GUEST_DOWN|GUEST_BREAKER|PLUGIN_STOPPED|GUEST_\w+))$/.test(code),
      ),
    ).toEqual([]);
    expect(killed).toBeGreaterThan(10);
    expect(outcomes.get("ok")).toBeGreaterThan(20);
    const notes = events.filter((event) => event.type === "note").map(({ data }) => `${data.from}: ${data.text}`);
    process.stdout.write(
      `${killed} guests killed; calls: ${JSON.stringify(Object.fromEntries(outcomes))}; notes: ${notes.length}\n`,
    );
    for (const name of plugins) {
      const crashed = events.some(
        (event) => event.type === "tool.failed" && /GUEST_CRASHED/.test(event.data.code) && event.data.message.includes(name),
      );
      if (crashed) expect(notes.some((note) => note.startsWith(`${name}: `))).toBe(true);
    }
    await runtime.close();
    expect(descendantsOf(process.pid).filter(isGuest)).toEqual([]);
    expect((await place.gantry(["sessions", "verify"])).exit).toBe(0);
    const [log = ""] = await place.logs();
    expect((await readFile(log, "utf8")).trimEnd().split("\n")).toHaveLength(events.length);
  },
);
