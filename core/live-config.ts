/**
 * The config that a runtime runs on now. It changes between turns only: when files did, and no turn or call of any session
 * runs, the next turn begins with the new one, or says why not (config-reload.ts). A turn that runs is never loosened.
 */
import type { LoadedConfig, RuleLine } from "../config/loaded.ts";
import { GantryError } from "./contract/errors.ts";
import type { EventData } from "./contract/events.ts";
import { type PluginManifest, toolsOf } from "./contract/manifest.ts";
import type { Hooks, TapEntry } from "./hooks.ts";
import { parseRules } from "./permission/rules/rules.ts";

export type Reload = EventData["config.reload"];

/** A config with what of it is made ready before it counts. */
export interface ReadyConfig {
  config: LoadedConfig;
  /** The config's own lines, and those of config.load's rewriters behind them. */
  ruleLines: readonly RuleLine[];
  taps: readonly TapEntry[];
}

export interface LiveConfig {
  readonly config: LoadedConfig;
  readonly ruleLines: readonly RuleLine[];
  /** Rises with each config that was taken. */
  readonly generation: number;
  /** What came of the last change, whichever session met it. */
  readonly last: Reload | undefined;
  /**
   * A turn, or a call outside one, begins: it looks for changed files first, and keeps the config it finds until `leave`. What
   * came of them is for its session to tell. Sessions wait for each other here, never in a turn.
   */
  enterTurn(session: ReloadingSession): Promise<Reload | undefined>;
  leave(): void;
  /** Writes an allow rule to the local layer; where it stands. The change is the user's own, and no news at the next turn. */
  remember(rule: string): Promise<string>;
}

export interface ReloadingSession {
  sessionId: string;
  signal: AbortSignal;
  /** Throws what speaks against the config in this session. */
  check(config: LoadedConfig): void;
}

export interface LiveConfigOptions {
  ready: ReadyConfig;
  hooks: Hooks;
  manifests: readonly PluginManifest[];
  /** Loads again, with the same flags. Absent: the config stays. */
  reload: (() => Promise<LoadedConfig>) | undefined;
  /** Makes a config ready. PLUGIN_INVALID. */
  makeReady(config: LoadedConfig): Promise<ReadyConfig>;
  /** Another config is in force. */
  onTaken?(): void;
}

/** The owner of taps that come from config files. */
export const configOwner = "config";

export function createLiveConfig(options: LiveConfigOptions): LiveConfig {
  const { hooks, reload } = options;
  let now = options.ready;
  let generation = 0;
  let running = 0;
  let last: Reload | undefined;
  /** The newest that was loaded, taken or not: what it saw is not looked at again. */
  let seen = now.config;
  const remembered: string[] = [];
  let gate: Promise<unknown> = Promise.resolve();
  hooks.replace(configOwner, now.taps);

  async function refresh(session: ReloadingSession): Promise<Reload | undefined> {
    if (reload === undefined || running > 0) return undefined;
    const files = await seen.changedSince();
    // One that waits for trust, or was refused, may be sound by now.
    if (files.length === 0 && seen === now.config) return undefined;
    const { reloadConfig } = await import("./config-reload.ts");
    const met = await reloadConfig({ ...options, ...session, reload, now, seen, files, remembered });
    seen = met.seen;
    if (met.ready === undefined) {
      const told = met.told !== undefined && met.told.reason === last?.reason && files.length === 0;
      last = met.told;
      return told ? undefined : met.told;
    }
    now = met.ready;
    generation++;
    last = met.told;
    hooks.replace(configOwner, now.taps);
    options.onTaken?.();
    return met.told;
  }

  return {
    get config() {
      return now.config;
    },
    get ruleLines() {
      return now.ruleLines;
    },
    get generation() {
      return generation;
    },
    get last() {
      return last;
    },
    async enterTurn(session) {
      const entering = gate.then(() => refresh(session));
      gate = entering.catch(() => undefined);
      return await entering.finally(() => running++);
    },
    leave: () => void running--,
    async remember(rule) {
      const place = await now.config.rememberAlways(rule);
      remembered.push(rule);
      return place;
    },
  };
}

export interface ReadyParts {
  hooks: Hooks;
  manifests: readonly PluginManifest[];
  /** Taps of the config's own hooks; asked when it has some. */
  tapsOf(config: LoadedConfig): Promise<TapEntry[]>;
}

/** What of a config is made before it counts: its hooks, and the rules that rewriters of config.load add. PLUGIN_INVALID. */
export async function makeReady(config: LoadedConfig, { hooks, manifests, tapsOf }: ReadyParts): Promise<ReadyConfig> {
  const taps = config.hookList.length === 0 ? [] : await tapsOf(config);
  const { ruleList, project } = config;
  const textsOf = (behavior: RuleLine["behavior"]): string[] =>
    ruleList.filter((line) => line.behavior === behavior).map(({ rule }) => rule);
  const { payload } = await hooks.rewrite("config.load", {
    project,
    mode: config.config.permissions.mode,
    allow: textsOf("allow"),
    ask: textsOf("ask"),
    deny: textsOf("deny"),
    added: [],
  });
  if (payload.added.length === 0) return { config, ruleLines: ruleList, taps };
  const added = payload.added.map(({ behavior, rule, by }): RuleLine => ({ behavior, rule, source: by, base: project }));
  const { problems } = parseRules(added, toolsOf(manifests));
  const wrong = problems.filter(({ severity }) => severity !== "warning");
  if (wrong.length > 0) {
    const each = wrong.map(({ message }) => message).join("\n");
    throw new GantryError("PLUGIN_INVALID", `a tap on config.load added rules that cannot work:\n${each}`);
  }
  return { config, ruleLines: [...ruleList, ...added], taps };
}
