/**
 * The composition root: config, plugins, hooks, threads and processes become one running Gantry. Starts in that order,
 * stops in the reverse one. Threads and the process table are made when the first call needs them.
 */
import path from "node:path";
import { builtinPlugins } from "../config/defaults.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Pool } from "../workers/pool.ts";
import type { Processes } from "../workers/processes.ts";
import { builtinLoaders } from "./builtins.ts";
import { GantryError } from "./contract/errors.ts";
import type { Delta, EventData, SessionEvent } from "./contract/events.ts";
import type { CoreEffects, Execute } from "./contract/execution.ts";
import type { PluginManifest, ToolManifest } from "./contract/manifest.ts";
import type { AnyTap } from "./contract/plugin.ts";
import { distFolder } from "./dist-folder.ts";
import { createHooks, type Hooks } from "./hooks.ts";
import { type OpenOptions, openSession, type Session, type SessionDeps } from "./open-session.ts";
import type { ApprovalAnswer, ApprovalQuestion } from "./permission/approval.ts";
import { createRegistry, type Registry } from "./registry.ts";
import { createStore, type SessionStore } from "./session/store.ts";

/** What a front end does for a session. Nothing is asked of a front end that cannot answer. */
export interface FrontEnd {
  onEvent?(event: SessionEvent): void;
  onDelta?(delta: Delta): void;
  ask?(question: ApprovalQuestion, options: { signal: AbortSignal }): Promise<ApprovalAnswer>;
  askUser?: CoreEffects["askUser"];
}

export interface RuntimeOptions {
  version: string;
  /** Real, absolute. */
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  config: LoadedConfig;
  /** Of the built-ins; empty: none is loaded. */
  manifests: readonly PluginManifest[];
  front?: FrontEnd;
  approve?: "always" | "never" | "prompt";
  allowRootBypass?: boolean;
  systemPrompt?: string;
  appendSystemPrompt?: string;
  /** Offer the model only these. USAGE_INVALID when one does not exist. */
  tools?: readonly string[];
  /** Whether outcomes carry a cost; loads the price data. */
  wantCost?: boolean;
  /** Taps of the program that embeds Gantry: its own code, in its own process. */
  taps?: readonly AnyTap[];
}

export interface Runtime {
  readonly store: SessionStore;
  /** SESSION_*, MODEL_INVALID, ROOT_BYPASS_REFUSED, USAGE_INVALID, LOG_WRITE_FAILED. */
  openSession(options: OpenOptions): Promise<Session>;
  /** Ends sessions, then, whatever became of those, threads and processes. Throws the first session's LOG_WRITE_FAILED. */
  close(reason?: EventData["session.close"]["reason"]): Promise<void>;
}

export async function createRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { config, version } = options;
  const sessions = new Map<string, Session>();
  const listeners = new Map<string, Parameters<SessionDeps["listen"]>[1]>();
  const hooks = createHooks({
    onFired({ payload, ...fired }) {
      if ("sessionId" in payload) listeners.get(payload.sessionId)?.(fired);
    },
  });
  const workers = lazyWorkers(options);
  const registry = await loadPlugins(options, hooks, workers.execute);
  for (const tap of options.taps ?? []) hooks.tap("embedder", tap);
  const store = createStore({ stateHome: config.paths.stateHome, project: config.project });
  const listen: SessionDeps["listen"] = (sessionId, onFired) => {
    listeners.set(sessionId, onFired);
    return () => {
      listeners.delete(sessionId);
      sessions.delete(sessionId);
    };
  };
  const parts = { registry, hooks, store, processes: workers.processes, warm: workers.warm, owner: {}, listen };
  await hooks.observe("runtime.start", { version, project: config.project, cwd: options.cwd });

  async function endSessions(reason: EventData["session.close"]["reason"]): Promise<void> {
    const ended = await Promise.allSettled([...sessions.values()].map((session) => session.close(reason)));
    const failed = ended.find((end) => end.status === "rejected");
    if (failed) throw failed.reason;
  }

  return {
    store,
    async openSession(open) {
      const session = await openSession(open, { ...options, ...parts });
      sessions.set(session.id, session);
      return session;
    },
    async close(reason = "done") {
      try {
        await endSessions(reason);
      } finally {
        await hooks.observe("runtime.stop", { reason });
        await workers.close();
      }
    },
  };
}

async function loadPlugins(options: RuntimeOptions, hooks: Hooks, execute: LazyWorkers["execute"]): Promise<Registry> {
  const registry = createRegistry();
  for (const manifest of options.manifests) {
    const { name, contributes } = manifest;
    const load = async () => {
      const module = await builtinLoaders[name]?.();
      if (!module) throw new GantryError("PLUGIN_INVALID", `the built-in plugin ${name} has a manifest but no module`);
      return module.default;
    };
    registry.add({ manifest, load, execute: (tool) => execute(name, tool) });
    if (contributes.taps.length === 0) continue;
    for (const tap of (await load()).taps ?? []) hooks.tap(name, tap);
  }
  return registry;
}

const maxThreads = 4;

interface LazyWorkers {
  execute(plugin: string, tool: ToolManifest): Execute;
  processes(): Promise<Processes>;
  /** Starts the first thread, which begins to load the plugin; resolves when it is on its way. */
  warm(plugin: string | undefined): Promise<void>;
  close(): Promise<void>;
}

function lazyWorkers({ env }: RuntimeOptions): LazyWorkers {
  let pool: Promise<Pool> | undefined;
  let processes: Promise<Processes> | undefined;
  const openProcesses = (): Promise<Processes> =>
    (processes ??= import("../workers/processes.ts").then(({ createProcesses }) => createProcesses({ env })));
  const openPool = (): Promise<Pool> => (pool ??= startPool());

  async function startPool(): Promise<Pool> {
    const { createPool } = await import("../workers/pool.ts");
    return createPool({
      threads: maxThreads,
      grants: new Map(builtinPlugins.map((plugin) => [plugin.name, plugin.grants])),
      home: env["HOME"] ?? "/",
      filename: path.join(distFolder, "tool-thread.cjs"),
      spawnFile: async (...call) => await (await openProcesses()).spawnFile(...call),
    });
  }

  return {
    execute: (plugin, tool) => async (execution) => await (await openPool()).execute(plugin, tool)(execution),
    processes: openProcesses,
    warm: async (plugin) => await (await openPool()).warm(plugin),
    async close() {
      await (await pool)?.close();
      await (await processes)?.close();
    },
  };
}
