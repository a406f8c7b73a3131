/** The context of taps that run in the core: their owner's grants, the session they fire in, and nothing that is hidden: no approved call opens it. */
import type { LoadedConfig, RuleLine } from "../config/loaded.ts";
import type { Reach } from "./contract/execution.ts";
import type { TapContext } from "./contract/plugin.ts";
import type { CoreEffectsAccess } from "./core-effects.ts";
import type { ContextRequest } from "./hooks.ts";
import type { Registry } from "./registry.ts";
import type { Listeners } from "./session-listeners.ts";

interface TapContextParts {
  effects: CoreEffectsAccess;
  listeners: Listeners;
  config: Pick<LoadedConfig, "project">;
  reach(): Promise<Reach>;
  home: string;
}

/** Nothing is loaded or opened before a tap asks for an effect. */
export function createTapContexts(parts: TapContextParts): (about: ContextRequest) => TapContext {
  const { effects, listeners, config, reach, home } = parts;
  let last = 0;
  return ({ owner, payload, signal, options }) => {
    const sessionId = "sessionId" in payload ? payload.sessionId : undefined;
    const session = sessionId === undefined ? undefined : listeners.find(sessionId);
    const { context } = effects.contextOf({
      plugin: owner,
      context: {
        callId: "callId" in payload ? payload.callId : `tap_${++last}`,
        cwd: "cwd" in payload ? payload.cwd : (session?.facts().cwd ?? config.project),
        workspace: config.project,
        ...(sessionId === undefined ? {} : { sessionId }),
      },
      ...{ signal, options },
      services: async () => ({ reach: await reach(), home, ...(session === undefined ? {} : { core: session.effects() }) }),
    });
    return context;
  };
}

interface RulesNow {
  config: LoadedConfig;
  lines: readonly RuleLine[];
}

/** Made when somebody first needs it, and again when the config is another. */
export function lazyReach(
  now: () => RulesNow,
  { tools, home }: { tools: Registry["tools"]; home: string },
): () => Promise<Reach> {
  let made: { of: LoadedConfig; reach: Promise<Reach> } | undefined;
  return async () => {
    const { config, lines } = now();
    if (made?.of !== config) made = { of: config, reach: reachFor(config, lines, { tools, home }) };
    return await made.reach;
  };
}

async function reachFor(
  config: LoadedConfig,
  lines: readonly RuleLine[],
  { tools, home }: { tools: Registry["tools"]; home: string },
): Promise<Reach> {
  const [{ parseRules }, { reachOf }] = await Promise.all([import("./permission/rules/rules.ts"), import("./core-effects.ts")]);
  return await reachOf(config, { rules: parseRules(lines, tools()).rules, home });
}
