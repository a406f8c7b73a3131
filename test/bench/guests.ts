/** What guests cost: start, round trips, bytes, a judge, memory, help with many plugins, and a core that ten of them flood. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { openGuestCore } from "../support/guest-core.ts";
import { type Bench, call, echo, open, text } from "./guest-bench.ts";
import { help } from "./help-with-plugins.ts";
import { median } from "./measure.ts";
import type { MicroResult } from "./micro.ts";
import { at, many, micros, timed } from "./timings.ts";

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
