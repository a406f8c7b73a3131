/** What guests cost: start, round trips, bytes, a judge, memory, help with many plugins, and a core that ten of them flood. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { CallTarget } from "../../core/contract/frames.ts";
import type { Guests } from "../../core/contract/guest.ts";
import type { PluginManifest } from "../../core/contract/manifest.ts";
import type { Json } from "../../core/contract/messages.ts";
import type { Grants } from "../../core/contract/permissions.ts";
import { installPlugin } from "../support/community.ts";
import { type GuestCore, openGuestCore } from "../support/guest-core.ts";
import { measure, median } from "./measure.ts";
import type { MicroResult } from "./micro.ts";

const grants: Grants = { "fs.read": ["./**"], storage: "64KiB", "hook.tap": ["tool.approve:*"] };
const dist = path.join(import.meta.dirname, "../../dist");

export async function guests(root: string): Promise<MicroResult[]> {
  const workspace = path.join(root, "guests");
  const home = path.join(root, "guests-home");
  for (const folder of [workspace, home]) mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(workspace, "large.txt"), "0123456789abcde\n".repeat(65_536));
  const core = openGuestCore({
    ...{ folder: path.join(root, "guests-core"), workspace, home, guestFolder: path.join(dist, "guest"), require: "none" },
    threadFile: path.join(dist, "tool-thread.cjs"),
  });
  try {
    const bench: Bench = { core, workspace, home };
    return [
      ...(await starts(bench)),
      ...(await oneGuest(bench)),
      await unused(bench),
      ...(await flooded(bench)),
      await help(root),
    ];
  } finally {
    await core.close();
  }
}

interface Bench {
  core: GuestCore;
  workspace: string;
  home: string;
}

/** A tool that answers, one that reads a file, one that floods, and a judge. */
const source = (name: string): string => `(async (__gantry) => {
  const tool = (name, execute) => ({ name, description: name, input: () => ({ type: "object" }), effect: "runs", execute });
  __gantry({ name: "${name}", description: "bench", tools: [
    tool("Echo", (input) => input.text),
    tool("Read", async (_, ctx) => (await ctx.fs.read("large.txt")).bytes.length),
    tool("Flood", async (_, ctx) => {
      for (let i = 0; !ctx.signal.aborted; i++) {
        ctx.progress("line " + i);
        ctx.log("line " + i);
        await Promise.allSettled(Array.from({ length: 32 }, () => ctx.storage.get("a")));
      }
    }),
  ], taps: [{ on: "tool.approve", kind: "judge", name: "j", run: () => ({ verdict: "allow" }) }] });
})`;

function manifestOf(name: string): PluginManifest {
  const tools = ["Echo", "Read", "Flood"].map((tool) => ({
    ...{ name: tool, description: tool, inputSchema: { type: "object" }, effect: "runs" as const },
  }));
  const taps = [{ on: "tool.approve" as const, kind: "judge" as const, name: "j", stage: 0 }];
  return {
    name,
    version: "1.0.0",
    description: "bench",
    permissions: grants,
    contributes: { tools, commands: [], taps, providers: [] },
  };
}

function open({ core }: Bench, names: readonly string[]): Guests {
  const opened = core.guestsWith({ sourceOf: async (name) => source(name) });
  for (const name of names) {
    const plugin = { name, version: "1.0.0", manifest: manifestOf(name), bundleFile: "/", sha512: "", options: {} };
    opened.add({ ...plugin, grants: () => grants });
  }
  return opened;
}

function call(
  { core, workspace, home }: Bench,
  all: Guests,
  plugin: string,
  target: CallTarget,
  options: { input?: Json; signal?: AbortSignal } = {},
): Promise<Json> {
  return all.call(plugin, {
    ...{ target, input: options.input ?? {}, timeoutMs: 60_000, signal: options.signal ?? new AbortController().signal },
    context: { callId: "1", cwd: workspace, workspace, sessionId: "s" },
    services: {
      effect: "runs",
      home,
      core: core.coreEffects,
      reach: { workspace, roots: [workspace], approved: [], hidden: [] },
    },
  });
}

const echo: CallTarget = { part: "tool", name: "Echo" };
const text = { text: "hello" };

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function starts(bench: Bench): Promise<MicroResult[]> {
  const [cold, spare]: [number[], number[]] = [[], []];
  for (let round = 0; round < 7; round++) {
    const all = open(bench, ["a", "b"]);
    cold.push(await timed(() => call(bench, all, "a", echo, { input: text })));
    all.warm();
    // Nothing tells that the spare is ready: long enough for the slowest.
    await pause(1_000);
    spare.push(await timed(() => call(bench, all, "b", echo, { input: text })));
    await all.close();
  }
  return [
    { name: "guest: start to first answer, cold (at most 200 ms)", each: `${median(cold).toFixed(0)} ms` },
    { name: "guest: start to first answer, from the spare (at most 15 ms)", each: `${median(spare).toFixed(1)} ms` },
  ];
}

async function oneGuest(bench: Bench): Promise<MicroResult[]> {
  const all = open(bench, ["a"]);
  const trip = () => call(bench, all, "a", echo, { input: text });
  const judge = () =>
    call(
      bench,
      all,
      "a",
      { part: "tap", place: 0 },
      { input: { tool: "Read", input: {}, cwd: "/", sessionId: "s", callId: "1" } },
    );
  const trips = await many(trip, 3_000);
  const judged = await many(judge, 1_000);
  const rssMiB = all.facts()[0]?.rssMiB ?? 0;
  const reads = await many(() => call(bench, all, "a", { part: "tool", name: "Read" }), 40);
  await all.close();
  return [
    {
      name: "guest: call round trip, p50 (at most 120 µs) and p99 (at most 1 ms)",
      each: `${micros(at(trips, 0.5))}, ${micros(at(trips, 0.99))}`,
    },
    { name: "guest: a judge's tap adds to a tool call (at most 150 µs)", each: micros(at(judged, 0.5)) },
    { name: "guest: 1 MiB through an effect (at most 10 ms)", each: `${at(reads, 0.5).toFixed(1)} ms` },
    { name: "guest: memory of one (at most 80 MiB)", each: `${rssMiB.toFixed(0)} MiB` },
  ];
}

/** Sorted. */
async function many(work: () => Promise<unknown>, rounds: number): Promise<number[]> {
  for (let warm = 0; warm < rounds / 4; warm++) await work();
  const each: number[] = [];
  for (let round = 0; round < rounds; round++) each.push(await timed(work));
  return each.sort((a, b) => a - b);
}

const at = (sorted: readonly number[], share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
const micros = (ms: number): string => `${(ms * 1_000).toFixed(0)} µs`;

async function unused(bench: Bench): Promise<MicroResult> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const held = (): number => {
    for (let round = 0; round < 3; round++) collect();
    const { heapUsed, external } = process.memoryUsage();
    return (heapUsed + external) / 2 ** 20;
  };
  await open(bench, ["first"]).close();
  await pause(500);
  const before = held();
  const all = open(
    bench,
    Array.from({ length: 100 }, (_, index) => `unused-${index}`),
  );
  const each = (held() - before) / 100;
  await all.close();
  return { name: "guest: core growth per loaded, unused plugin (at most 0.2 MiB)", each: `${each.toFixed(3)} MiB` };
}

/** Ten at once, for four seconds. */
async function flooded(bench: Bench): Promise<MicroResult[]> {
  const names = Array.from({ length: 10 }, (_, index) => `flood-${index}`);
  const all = open(bench, names);
  for (const name of names) await call(bench, all, name, echo, { input: text });
  const idle = await many(() => builtin(bench), 200);
  const stop = new AbortController();
  const floods = names.map((name) =>
    call(bench, all, name, { part: "tool", name: "Flood" }, { signal: stop.signal }).catch(() => undefined),
  );
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const busy: number[] = [];
  const until = performance.now() + 4_000;
  while (performance.now() < until) busy.push(await timed(() => builtin(bench)));
  delay.disable();
  stop.abort();
  await Promise.all(floods);
  const living = all.facts().filter(({ state }) => state === "running").length;
  await all.close();
  busy.sort((a, b) => a - b);
  const share = at(busy, 0.5) / at(idle, 0.5);
  return [
    {
      name: "guests: loop lag of the core while ten flood it, p99 (below 50 ms)",
      each: `${(delay.percentile(99) / 1e6).toFixed(1)} ms, at most ${(delay.max / 1e6).toFixed(0)} ms; ${living} of 10 live on`,
    },
    {
      name: "guests: a built-in's call while ten flood the core (below 2 times idle)",
      each: `${share.toFixed(1)} times: ${at(busy, 0.5).toFixed(2)} ms, idle ${at(idle, 0.5).toFixed(2)} ms`,
    },
  ];
}

async function builtin({ core, workspace }: Bench): Promise<void> {
  const outcome = await core.pool.execute("files", { name: "Read" })({
    ...{ callId: "1", input: { file_path: path.join(workspace, "large.txt"), limit: 5 }, cwd: workspace, timeoutMs: 30_000 },
    reach: { workspace, roots: [workspace], approved: [], hidden: [] },
    ...{ signal: new AbortController().signal, coreEffects: core.coreEffects, onProgress: () => undefined },
  });
  if (outcome.isError) throw new Error(JSON.stringify(outcome.content));
}

async function help(root: string): Promise<MicroResult> {
  const place = (name: string) => ({ home: path.join(root, name, "home"), cwd: path.join(root, name, "work") });
  const [without, full] = [place("help-none"), place("help-100")];
  for (const { home, cwd } of [without, full]) for (const folder of [home, cwd]) mkdirSync(folder, { recursive: true });
  for (let index = 0; index < 100; index++) {
    const commands = [{ id: `bench${index} run`, summary: "nothing" }];
    await installPlugin(full, {
      name: `bench-${index}`,
      source: `plugin({ name: "bench-${index}" })`,
      tools: [{ name: `Tool${index}` }],
      commands,
    });
  }
  const run = async ({ home, cwd }: typeof full): Promise<number> =>
    (
      await measure([process.execPath, path.join(dist, "../bin/gantry.cjs"), "--help"], {
        cwd,
        env: { HOME: home, PATH: process.env["PATH"] ?? "" },
        memory: false,
      })
    ).wallMs;
  const [bare, hundred]: [number[], number[]] = [[], []];
  for (let round = 0; round < 15; round++) {
    bare.push(await run(without));
    hundred.push(await run(full));
  }
  const added = median(hundred) - median(bare);
  return {
    name: "--help with 100 plugins (at most 15 ms more)",
    each: `${added.toFixed(1)} ms more: ${median(hundred).toFixed(0)} ms, without ${median(bare).toFixed(0)} ms`,
  };
}

if (process.argv[1] === import.meta.filename) {
  const { mkdtempSync, rmSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const root = mkdtempSync(path.join(tmpdir(), "gantry-bench-guests-"));
  try {
    for (const row of await guests(root)) process.stdout.write(`${JSON.stringify(row)}\n`);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
