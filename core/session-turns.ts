/** What the turns of a session run on, and what of it is made anew when the config changes. */

import type { LoadedConfig } from "../config/loaded.ts";
import type { Usage } from "./contract/messages.ts";
import { tellGoneServers } from "./gone-servers.ts";
import type { OpenOptions, SessionDeps } from "./open-session.ts";
import type { Mode } from "./permission/modes.ts";
import type { Recorder } from "./session/session.ts";
import type { OpenedSession } from "./session/store.ts";
import { type Chosen, chooseTools, type SessionCalls } from "./session-calls.ts";
import type { SessionMcp } from "./session-mcp.ts";
import { priceOf } from "./session-model.ts";
import { createSystemPrompt } from "./session-prompt.ts";
import { createPromptDigest } from "./turn/prompt.ts";
import type { ActiveModel, TurnDeps, TurnLimits } from "./turn/turn.ts";

/** What a session goes by now. */
export interface Now {
  readonly chosen: Chosen;
  mode(): Mode;
  /** The mode under another config: the user's own choice in this session stays. */
  modeWith(config: LoadedConfig): Mode;
  setMode(mode: Mode): void;
  /** Takes rules and tools as they are now; what was chosen stays the same object while nothing has changed. */
  refresh(): void;
}

export function createNow({ chosen: first, deps }: { chosen: Chosen; deps: SessionDeps }): Now {
  let chosen = first;
  const generationNow = (): string => `${deps.live.generation} ${deps.registry.generation}`;
  let generation = generationNow();
  let own: Mode | undefined;
  const modeWith: Now["modeWith"] = ({ config }) => own ?? config.permissions.mode;
  return {
    get chosen() {
      return chosen;
    },
    mode: () => modeWith(deps.config),
    modeWith,
    setMode(mode) {
      own = mode;
    },
    refresh() {
      if (generation === generationNow()) return;
      chosen = chooseTools(deps);
      generation = generationNow();
    },
  };
}

export interface TurnParts {
  open: OpenOptions;
  opened: OpenedSession;
  model: ActiveModel;
  calls: SessionCalls;
  recorder: Recorder;
  now: Now;
  deps: SessionDeps;
  mcp: SessionMcp | undefined;
  takeHookUsage(): Usage;
}

export function turnDeps({ open, opened, model, calls, recorder, now, deps, mcp, takeHookUsage }: TurnParts): TurnDeps {
  let hasToldGone = false;
  const running: TurnDeps = {
    model,
    beforeStep: (signal) => {
      if (!hasToldGone) {
        const configured = deps.mcp?.specs.map(({ name }) => name) ?? [];
        tellGoneServers({ state: opened.state, configured, record: recorder.record });
      }
      hasToldGone = true;
      if (mcp) return mcp.beforeStep(signal);
      now.refresh();
      return undefined;
    },
    offered: () => (mcp ? mcp.offered(running.model) : now.chosen.tools),
    onSent: mcp ? mcp.onSent : () => undefined,
    digest: createPromptDigest(),
    provenMessages: 0,
    state: opened.state,
    system: createSystemPrompt({
      ...{ sessionId: opened.log.id, record: recorder.record, rules: now.chosen.rules, deps },
      hearing: calls.deps.hearing,
    }),
    hooks: deps.hooks,
    record: recorder.record,
    flush: recorder.flush,
    calls: calls.deps,
    limits: limitsOf(deps, open),
    price: priceFor(deps),
    onDelta: deps.front?.onDelta,
    takeHookUsage,
    // The thread first: it starts on the other core while this one loads what parses the input.
    warm: (tool) => void deps.warm(tool).then(calls.deps.inputs.warm),
    checkPlugins: deps.checkPlugins,
  };
  return running;
}

export function limitsOf({ config }: SessionDeps, open: OpenOptions): TurnLimits {
  const { maxTurns: most, maxCostUsd, timeoutSeconds, parallelReads } = config.config.limits;
  const timeoutMs = timeoutSeconds === undefined ? undefined : timeoutSeconds * 1_000;
  const maxTurns = Math.min(most, open.maxTurns ?? most);
  return { maxTurns, maxCostUsd, parallelReads, timeoutMs };
}

export function priceFor(deps: SessionDeps): TurnDeps["price"] {
  return deps.wantCost || deps.config.config.limits.maxCostUsd !== undefined ? priceOf : undefined;
}

export interface Aside {
  own<T>(work: Promise<T>): Promise<T>;
  /** Resolves when all that was owned has ended; never rejects. */
  settled(): Promise<void>;
}

/** Owns work that runs beside the turns. */
export function createAside(): Aside {
  const running = new Set<Promise<unknown>>();
  return {
    own(work) {
      const owned = work.finally(() => running.delete(owned));
      running.add(owned);
      return owned;
    },
    settled: async () => void (await Promise.allSettled(running)),
  };
}
