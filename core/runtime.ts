/**
 * The composition root: config, plugins, hooks, threads and processes become one running Gantry. Starts in that order,
 * stops in the reverse one. Threads and the process table are made when the first call needs them.
 */
import type { LoadedConfig } from "../config/load.ts";
import { type Community, noCommunity } from "./community/found.ts";
import type { RunningCommunity } from "./community/running.ts";
import type { Delta, EventData, SessionEvent } from "./contract/events.ts";
import type { CoreEffects } from "./contract/execution.ts";
import type { PluginManifest } from "./contract/manifest.ts";
import type { AnyTap } from "./contract/plugin.ts";
import { createCoreEffects } from "./core-effects.ts";
import { createHooks, type ListedTap } from "./hooks.ts";
import { lazyWorkers } from "./lazy-workers.ts";
import { createLiveConfig, type LiveConfig, makeReady } from "./live-config.ts";
import type { Mcp } from "./mcp/mcp.ts";
import { type CloseOptions, type OpenOptions, openSession, type Session, type SessionDeps } from "./open-session.ts";
import type { ApprovalAnswer, ApprovalQuestion } from "./permission/approval.ts";
import { loadPlugins, settingsOf } from "./plugins.ts";
import type { RegisteredTool } from "./registry.ts";
import { createSecrets } from "./secrets.ts";
import { createStore, type SessionStore } from "./session/store.ts";
import { chooseTools } from "./session-calls.ts";
import type { HookParts } from "./session-hooks.ts";
import { createListeners } from "./session-listeners.ts";
import { createTapContexts, lazyReach } from "./tap-contexts.ts";
import { createLiveRedactor } from "./turn/redact.ts";

/** What a front end does for a session. Nothing is asked of a front end that cannot answer. */
export interface FrontEnd {
  onEvent?(event: SessionEvent): void;
  onDelta?(delta: Delta): void;
  /** A config hook has run for a second, and what happens waits for it. */
  onWait?(hook: { event: string; source: string; status?: string }): void;
  /** A line that a plugin's guest logged: one line, cleaned, so many a minute. */
  onPluginLog?(plugin: string, line: string): void;
  ask?(question: ApprovalQuestion, options: { signal: AbortSignal }): Promise<ApprovalAnswer>;
  askUser?: CoreEffects["askUser"];
  askMcp?: import("./mcp/questions.ts").McpAsker;
}

export interface RuntimeOptions {
  version: string;
  /** Real, absolute. */
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  config: LoadedConfig;
  /** Loads the config again, with the same flags, when its files changed. Absent: it stays as it is. */
  reload?: () => Promise<LoadedConfig>;
  /** Of the built-ins; empty: none is loaded. */
  manifests: readonly PluginManifest[];
  /** Installed plugins, sorted out. Absent: none. */
  community?: Community;
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
  /** The taps that run, in their order. */
  taps(): ListedTap[];
  /** Absent where no server is configured. */
  readonly mcp: Mcp | undefined;
  /** What a session would offer now: the wanted ones that no rule denies whole. USAGE_INVALID. */
  tools(): readonly RegisteredTool[];
  /** SESSION_*, MODEL_INVALID, ROOT_BYPASS_REFUSED, USAGE_INVALID, LOG_WRITE_FAILED. */
  openSession(options: OpenOptions): Promise<Session>;
  /** Ends sessions, then, whatever became of those, threads and processes. Throws the first session's LOG_WRITE_FAILED. */
  close(reason?: EventData["session.close"]["reason"], options?: CloseOptions): Promise<void>;
}

/** PLUGIN_INVALID, NAME_TAKEN, SANDBOX_UNAVAILABLE, PLUGIN_CONSENT_REQUIRED, PLUGIN_REQUIRED. */
export async function createRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { config, version, community = noCommunity } = options;
  const manifests = [...options.manifests, ...community.manifests];
  const sessions = new Map<string, Session>();
  const listeners = createListeners();
  let inForce: LiveConfig | undefined;
  const secrets = createSecrets(options.env, () => (inForce?.config ?? config).config.env);
  const redactor = createLiveRedactor(options.env, () => (inForce?.config ?? config).config.env, secrets.read);
  const onWait = options.front?.onWait;
  const hooks = createHooks({
    onFired: listeners.onFired,
    settings: (owner) => settingsOf(inForce?.config ?? config, owner),
    redact: (text) => redactor().text(text),
    context: (about) => tapContext(about),
    ...(onWait === undefined ? {} : { onWait }),
  });
  const workers = lazyWorkers(options);
  if (config.config.sandbox.shell === "require") await workers.requireSandbox();
  const registry = loadPlugins(options, hooks, workers.execute);
  for (const tap of options.taps ?? []) hooks.tap("embedder", tap);
  const store = createStore({ stateHome: config.paths.stateHome, project: config.project });
  const effects = createCoreEffects({
    ...{ config, env: options.env, workers, secrets },
    scopeOf: (name) => community.taken.find((plugin) => plugin.name === name)?.scope ?? "user",
    storageOf: (name) => community.taken.find((plugin) => plugin.name === name)?.oneRun?.storageFile,
  });
  const home = options.env["HOME"] ?? "/";
  const reach = lazyReach(() => ({ config: inForce?.config ?? config, lines: inForce?.ruleLines ?? config.ruleList }), {
    tools: registry.tools,
    home,
  });
  const tapContext = createTapContexts({ effects, listeners, config, reach, home });
  const plugins = await withCommunity();
  const mcp = await withMcp();
  const hookParts: HookParts = { workers, listeners, store, env: options.env, manifests, redactor };
  const tapsOf = async (of: LoadedConfig) => await (await import("./session-hooks.ts")).tapsOf(of, hookParts);
  const ready = async (of: LoadedConfig) => await makeReady(of, { hooks, manifests, tapsOf });
  const live = createLiveConfig({
    ...{ ready: await ready(config), hooks, manifests, reload: options.reload, makeReady: ready },
    onTaken: () => mcp?.rootsMayDiffer(),
  });
  inForce = live;
  const deps: SessionDeps = {
    ...options,
    ...{ live, registry, hooks, store, processes: workers.processes, owner: {}, redactor, mcp },
    warm: async (tool) => {
      const found = tool === undefined ? undefined : registry.findTool(tool);
      plugins?.warm();
      if (found?.isCommunity !== true) await workers.warm(found?.plugin);
    },
    checkPlugins: () => plugins?.check(),
    shellEnv: async (sessionId) => ({ ...live.config.config.env, ...(await hookParts.sessionEnv?.(sessionId)) }),
    // As it is now, for whoever asks.
    get config() {
      return live.config;
    },
    listen: (sessionId, listener) => {
      const unlisten = listeners.add(sessionId, listener);
      return async (closing) => {
        await unlisten(closing);
        sessions.delete(sessionId);
      };
    },
  };
  await hooks.observe("runtime.start", { version, project: config.project, cwd: options.cwd });

  /** Nothing of it is loaded where no plugin is installed. */
  async function withCommunity(): Promise<RunningCommunity | undefined> {
    if (community === noCommunity) return undefined;
    const { startCommunity } = await import("./community/running.ts");
    return await startCommunity({
      ...{ community, config, hooks, registry, listeners, home, reach, openGuests: effects.openGuests },
      canAsk: options.front?.ask !== undefined,
      onLog: (plugin, line) => options.front?.onPluginLog?.(plugin, line),
      prepare: async (folder, { signal }) => {
        const { prepareFolder } = await import("./community/prepare.ts");
        return await prepareFolder(folder, { env: options.env, isolation: config.config.isolation, signal });
      },
    });
  }

  /** Nothing of it is loaded where no server is configured, or without the plugin (--no-plugins). */
  async function withMcp(): Promise<Mcp | undefined> {
    const { servers, waiting, disabled } = config.mcp;
    const isOff = !options.manifests.some(({ name }) => name === "mcp");
    if (isOff || servers.length + waiting.length + disabled.length === 0) return undefined;
    const { openMcp } = await import("./mcp/open.ts");
    const redact = (text: string): string => redactor().text(text);
    return openMcp({
      ...{ config, version, env: options.env, registry, workers, redact, keepSecret: secrets.keep },
      inForce: () => inForce?.config ?? config,
    });
  }

  async function endSessions(reason: EventData["session.close"]["reason"], closing: CloseOptions): Promise<void> {
    const ended = await Promise.allSettled([...sessions.values()].map((session) => session.close(reason, closing)));
    const failed = ended.find((end) => end.status === "rejected");
    if (failed) throw failed.reason;
  }

  return {
    store,
    mcp,
    taps: hooks.list,
    tools: () => chooseTools(deps).tools,
    async openSession(open) {
      const session = await openSession(open, deps);
      sessions.set(session.id, session);
      return session;
    },
    async close(reason = "done", { signal } = {}) {
      try {
        await endSessions(reason, { signal });
      } finally {
        listeners.end();
        await hooks.observe("runtime.stop", { reason }, signal === undefined ? {} : { signal });
        await Promise.all([plugins?.close(), mcp?.close()]);
        await workers.close();
      }
    },
  };
}
