/** The parts that the product's speed rests on, each by itself: hooks, log, config, a call to a thread and back. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { loadConfig } from "../../config/load.ts";
import { createHooks } from "../../core/hooks.ts";
import { createStore } from "../../core/session/store.ts";
import { guests } from "./guests.ts";
import { mcp } from "./mcp.ts";
import { median } from "./measure.ts";
import { rulesAndHooks } from "./rules-and-hooks.ts";
import { threadRoundTrip } from "./thread.ts";

export interface MicroResult {
  name: string;
  each: string;
}

export async function microBenches(root: string): Promise<MicroResult[]> {
  const results: MicroResult[] = [];
  for (const taps of [0, 1, 10]) results.push({ name: `hook dispatch, ${taps} taps`, each: await hookDispatch(taps) });
  results.push({ name: "thread call round trip, Read of a small file", each: await threadRoundTrip(root) });
  results.push(...(await logAndFold(root)));
  results.push(...(await configLoad(root)));
  results.push(...(await rulesAndHooks(root)));
  results.push(...(await guests(root)));
  results.push(...(await mcp(root)));
  return results;
}

async function hookDispatch(taps: number): Promise<string> {
  const hooks = createHooks({ onFired: () => undefined });
  for (let index = 0; index < taps; index++) {
    hooks.tap("bench", { on: "tool.approve", kind: "judge", name: `judge-${index}`, run: () => undefined });
  }
  const call = { sessionId: "s", callId: "1", tool: "Read", input: {}, cwd: "/" };
  const rounds = 20_000;
  for (let warm = 0; warm < 2_000; warm++) await hooks.judge("tool.approve", call);
  const startedAt = performance.now();
  for (let round = 0; round < rounds; round++) await hooks.judge("tool.approve", call);
  return `${(((performance.now() - startedAt) / rounds) * 1_000).toFixed(2)} µs`;
}

const events = 10_000;

async function logAndFold(root: string): Promise<MicroResult[]> {
  const folder = path.join(root, "log");
  mkdirSync(folder, { recursive: true });
  const text = "A line of some hundred characters, as the results of tools have them, again and again. ".repeat(3);
  const versions = { gantry: "0", node: process.version };
  const store = createStore({ stateHome: folder, project: root });
  const opened = await store.create({ cwd: root, model: "anthropic/x", versions });
  const { log } = opened;
  const startedAt = performance.now();
  for (let event = 0; event < events; event++) log.append("note", { text });
  const appendMs = performance.now() - startedAt;
  await log.flush();
  const writtenMs = performance.now() - startedAt;
  const single: number[] = [];
  for (let round = 0; round < 50; round++) {
    const at = performance.now();
    log.append("note", { text });
    await log.flush();
    single.push(performance.now() - at);
  }
  await log.close();
  const foldStart = performance.now();
  const resumed = await store.resume(log.id, { cwd: root, model: "anthropic/x" });
  const foldMs = performance.now() - foldStart;
  await resumed.log.close();
  return [
    { name: `append ${events} events`, each: `${appendMs.toFixed(0)} ms, on disk after ${writtenMs.toFixed(0)} ms` },
    { name: "append one event, durable", each: `${median(single).toFixed(2)} ms` },
    { name: `open a log of ${events} events: chain checked and folded`, each: `${foldMs.toFixed(0)} ms` },
  ];
}

async function configLoad(root: string): Promise<MicroResult[]> {
  const cwd = path.join(root, "config");
  mkdirSync(path.join(cwd, ".git"), { recursive: true });
  const env = { HOME: path.join(root, "home") };
  const load = async (): Promise<number> => {
    const startedAt = performance.now();
    await loadConfig({ cwd, env, flags: {} });
    return performance.now() - startedAt;
  };
  const bare = await load();
  writeFileSync(
    path.join(cwd, "gantry.config.json"),
    JSON.stringify({ permissions: { deny: ["Read(./.env)"] }, limits: { maxTurns: 50 } }),
  );
  const first = await load();
  const again = await load();
  return [
    { name: "config load, no file", each: `${bare.toFixed(1)} ms` },
    { name: "config load, a project file", each: `${first.toFixed(1)} ms the first time, ${again.toFixed(1)} ms then` },
  ];
}
