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
import type { Delta, SessionEvent } from "./contract/events.ts";
import type { CallServices, Execute } from "./contract/execution.ts";
import type { PluginManifest } from "./contract/manifest.ts";
import type { AnyTap } from "./contract/plugin.ts";
import { distFolder } from "./dist-folder.ts";
import { createHooks, type HookFired, type Hooks } from "./hooks.ts";
import { type OpenOptions, openSession, type Session } from "./open-session.ts";
import type { ApprovalAnswer, ApprovalQuestion } from "./permission/approval.ts";
import { createRegistry, type Registry } from "./registry.ts";
import { createStore, type SessionStore } from "./session/store.ts";

/** What a front end does for a session. Nothing is asked of a front end that cannot answer. */
export interface FrontEnd {
  onEvent?(event: SessionEvent): void;
  onDelta?(delta: Delta): void;
  ask?(question: ApprovalQuestion, options: { signal: AbortSignal }): Promise<ApprovalAnswer>;
  askUser?: CallServices["askUser"];
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
  /** Offer the model only these. TOOL_UNKNOWN when one does not exist. */
  tools?: readonly string[];
  /** Whether outcomes carry a cost; loads the price data. */
  wantCost?: boolean;
  /** Taps of the program that embeds Gantry: its own code, in its own process. */
  taps?: readonly AnyTap[];
}

export interface Runtime {
  readonly registry: Registry;
  readonly hooks: Hooks;
  readonly store: SessionStore;
  openSession(options: OpenOptions): Promise<Session>;
  /** Ends sessions, then threads and processes. */
  close(reason?: string): Promise<void>;
}

export async function createRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { config, version } = options;
  const sessions = new Map<string, Session>();
  const owner = {};
  const hooks = createHooks({ onFired: (fired) => recordFired(fired, sessions) });
  const workers = lazyWorkers(options);
  const registry = await loadPlugins(options, hooks, workers.execute);
  for (const tap of options.taps ?? []) hooks.tap("embedder", tap);
  const store = createStore({ stateHome: config.paths.stateHome, project: config.project });
  await hooks.observe("runtime.start", { version, project: config.project, cwd: options.cwd });

  return {
    registry,
    hooks,
    store,
    async openSession(open) {
      const session = await openSession(open, {
        ...options,
        registry,
        hooks,
        store,
        processes: workers.processes,
        warm: workers.warm,
        owner,
      });
      sessions.set(session.id, session);
      return session;
    },
    async close(reason = "done") {
      await Promise.all([...sessions.values()].map((session) => session.close("done")));
      await hooks.observe("runtime.stop", { reason });
      await workers.close();
    },
  };

  function recordFired(fired: HookFired, open: Map<string, Session>): void {
    const { payload, ...rest } = fired;
    if ("sessionId" in payload) open.get(payload.sessionId)?.recordHook(rest);
  }
}

async function loadPlugins(
  options: RuntimeOptions,
  hooks: Hooks,
  execute: (plugin: string, tool: string) => Execute,
): Promise<Registry> {
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
  execute(plugin: string, tool: string): Execute;
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
