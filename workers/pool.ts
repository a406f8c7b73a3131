/**
 * Threads for built-in tools; the only importer of piscina on this side. Loaded and started by the first warm() or call.
 * `atomics: "disabled"`, for the default parks a thread and starves its ports. A task with a signal is alone on its thread,
 * and the signal kills that thread: cancel is therefore a message first (thread-call.ts).
 */
import { availableParallelism } from "node:os";
import type { Piscina } from "piscina";
import { GantryError } from "../core/contract/errors.ts";
import type { Execute, ToolExecution } from "../core/contract/execution.ts";
import type { ToolManifest } from "../core/contract/manifest.ts";
import type { JsonObject } from "../core/contract/messages.ts";
import type { Grants } from "../core/contract/permissions.ts";
import type { Broker, BrokerHost } from "./broker.ts";
import type { SpawnFile } from "./effects/effect.ts";
import type { PerformFileEffect } from "./file-effects.ts";
import type { Preparation } from "./inside/prepare.ts";
import { createLanes } from "./lanes.ts";
import { callInThread, type ThreadCall } from "./thread-call.ts";
import { effectInThread } from "./thread-effect.ts";

type CalledTool = Pick<ToolManifest, "name" | "refines">;

export interface PoolOptions {
  /** At most; never more than 4 or the machine's cores, of which there are taken to be two. */
  threads: number;
  /** What each built-in plugin holds, by plugin name. */
  grants: ReadonlyMap<string, Grants>;
  /** Where `~/` of a path points. */
  home: string;
  /** The thread's bundle, absolute. */
  filename: string;
  spawnFile: SpawnFile;
  /** What the effects of built-ins need that guests have too; without it such an effect is INTERNAL. */
  brokerHost?: BrokerHost;
  /** Parsed sections of the config, by plugin name. */
  options?: ReadonlyMap<string, JsonObject>;
  /** A line of a built-in's log. */
  onLog?(plugin: string, text: string): void;
  /** The threads' own environment: empty unless given, for a tool's world comes through its context. */
  env?: Record<string, string>;
  /** From cancel or timeout until the thread is killed. */
  graceMs?: number;
}

export interface Pool {
  /** The function that the registry holds for a tool. */
  execute(plugin: string, tool: CalledTool): Execute;
  /** One file effect of a guest, in a thread; at most so many at once that a built-in's call finds one free. */
  fileEffect: PerformFileEffect;
  /** Starts the first thread, which begins to load `plugin`; resolves when it is on its way, not when it is ready. */
  warm(plugin?: string): Promise<void>;
  /** Ends all threads; calls still running fail with TOOL_INTERRUPTED. */
  close(): Promise<void>;
  stats(): PoolStats;
}

export interface PoolStats {
  threads: number;
  running: number;
  waiting: number;
  completed: number;
  /** Calls whose thread ended by itself. */
  crashed: number;
  /** Calls whose thread was killed after the grace. */
  killed: number;
}

/** Enough for the largest file a tool holds. The size of the young generation made no difference between 1 and 16 MiB. */
const resourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 4 };
const idleTimeoutMs = 30_000;
const maxWaiting = 256;

export function createPool(options: PoolOptions): Pool {
  // Two on a machine of one core as well: a search of a guest must not stand before a built-in's call.
  const max = Math.max(1, Math.min(options.threads, 4, Math.max(2, availableParallelism())));
  const running = new Set<AbortController>();
  let closed = false;
  const counts = { completed: 0, crashed: 0, killed: 0 };
  let live: Piscina | undefined;
  let starting: Promise<Piscina> | undefined;
  const lanes = createLanes({ max, maxWaiting, ready: () => live?.threads.length ?? 0 });
  const guestMax = Math.max(1, max - 1);
  const guestLanes = createLanes({ max: guestMax, maxWaiting, ready: () => guestMax });

  async function start(plugin: string | undefined): Promise<Piscina> {
    const { Piscina } = await import("piscina");
    if (closed) throw new GantryError("TOOL_INTERRUPTED", "The pool is closed.");
    const { filename, env = {} } = options;
    const workerData: Preparation = plugin === undefined ? {} : { plugin };
    const threads = { minThreads: 1, maxThreads: max, idleTimeout: idleTimeoutMs, maxQueue: maxWaiting };
    const piscina = new Piscina({ filename, name: "call", env, workerData, resourceLimits, atomics: "disabled", ...threads });
    // A thread died without a task. When it was the last (it could not even start) piscina would let queued tasks wait for
    // ever: they fail now, and the next call starts anew.
    piscina.on("error", () => {
      if (piscina.threads.length > 0) return;
      if (live === piscina) live = starting = undefined;
      void piscina.destroy();
    });
    live = piscina;
    return piscina;
  }

  const started = (plugin?: string): Promise<Piscina> => {
    starting ??= start(plugin).catch((error: unknown) => {
      starting = undefined;
      throw error;
    });
    return starting;
  };

  async function run(plugin: string, { name: tool, refines }: CalledTool, execution: ToolExecution): ReturnType<Execute> {
    const grants = options.grants.get(plugin);
    if (!grants)
      throw new GantryError("INTERNAL", `The plugin ${plugin} of the tool ${tool} has no entry among the pool's grants.`);
    // Not AbortSignal.any: the pool outlives thousands of calls, and each would stay known to its signal.
    const stop = new AbortController();
    const abort = (): void => stop.abort();
    execution.signal.addEventListener("abort", abort, { once: true });
    running.add(stop);
    try {
      if (execution.signal.aborted || closed) throw notBegun(tool);
      return await inLane({
        plugin,
        tool,
        refines: refines === true,
        grants,
        execution: { ...execution, signal: stop.signal },
      });
    } finally {
      running.delete(stop);
      execution.signal.removeEventListener("abort", abort);
    }
  }

  const brokers = new Map<string, Promise<Broker>>();
  function brokerOf(plugin: string): Promise<Broker> {
    const known =
      brokers.get(plugin) ??
      import("./broker.ts").then(({ createBroker }) => {
        const { brokerHost: host, grants } = options;
        if (host === undefined) throw new GantryError("INTERNAL", `The pool that runs ${plugin} was given no broker's host.`);
        return createBroker({ plugin, host, grants: () => grants.get(plugin) ?? {} });
      });
    brokers.set(plugin, known);
    return known;
  }

  async function inLane(call: Pick<ThreadCall, "plugin" | "tool" | "refines" | "grants" | "execution">): ReturnType<Execute> {
    const { plugin, tool, execution } = call;
    const leave = await lanes.enter(execution.signal).catch((error: unknown) => {
      throw execution.signal.aborted ? notBegun(tool) : error;
    });
    try {
      const { home, spawnFile, graceMs = 2_000 } = options;
      const piscina = await started(plugin);
      return await callInThread({
        ...{ ...call, piscina, home, spawnFile, graceMs, counts },
        options: options.options?.get(plugin) ?? {},
        broker: () => brokerOf(plugin),
        onLog: (text) => options.onLog?.(plugin, text),
      });
    } finally {
      counts.completed++;
      leave();
    }
  }

  const fileEffect: PerformFileEffect = async (effect, { signal, timeoutMs }) => {
    const stop = new AbortController();
    const abort = (): void => stop.abort(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    running.add(stop);
    const leaving: (() => void)[] = [];
    try {
      if (signal.aborted || closed) throw notBegun(effect.asked.kind);
      leaving.push(await guestLanes.enter(stop.signal));
      leaving.push(await lanes.enter(stop.signal));
      const { spawnFile, graceMs = 2_000 } = options;
      const piscina = await started();
      return await effectInThread({ ...{ piscina, effect, spawnFile, graceMs, counts, timeoutMs }, signal: stop.signal });
    } finally {
      for (const leave of leaving.reverse()) leave();
      running.delete(stop);
      signal.removeEventListener("abort", abort);
    }
  };

  return {
    execute: (plugin, tool) => (execution) => run(plugin, tool, execution),
    fileEffect,
    // A start that fails fails again, with its reason, at the first call.
    warm: (plugin) =>
      started(plugin).then(
        () => undefined,
        () => undefined,
      ),
    async close() {
      closed = true;
      for (const call of running) call.abort();
      await starting?.then(
        (piscina) => piscina.destroy(),
        () => undefined,
      );
    },
    stats: () => ({ threads: live?.threads.length ?? 0, running: lanes.running, waiting: lanes.waiting, ...counts }),
  };
}

function notBegun(tool: string): GantryError {
  return new GantryError("TOOL_INTERRUPTED", `${tool} was cancelled before it began.`, { detail: { began: false } });
}
