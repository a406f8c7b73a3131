/** What a command has of the core beside its own plugin: effects without a session, and questions where somebody is there to answer. */
import { loadConfig } from "../../config/load.ts";
import type { LoadedConfig } from "../../config/loaded.ts";
import { GantryError } from "../contract/errors.ts";
import type { CoreEffects, Reach } from "../contract/execution.ts";
import type { PluginScope } from "../contract/installed.ts";
import { type CoreEffectsAccess, createCoreEffects } from "../core-effects.ts";
import { lazyWorkers } from "../lazy-workers.ts";
import type { RegisteredTool } from "../registry.ts";
import { createSecrets } from "../secrets.ts";
import { createStore } from "../session/store.ts";
import { lazyReach } from "../tap-contexts.ts";
import { createRedactor, type Redactor } from "../turn/redact.ts";
import { canAsk, type ShellIo } from "./io.ts";
import type { Report } from "./report.ts";
import { sanitizeLine } from "./sanitize.ts";

export interface CommandEffects {
  effects: CoreEffectsAccess;
  core: CoreEffects;
  reach(): Promise<Reach>;
  /** With the values of secrets that were read. */
  redactor(): Redactor;
  close(): Promise<void>;
}

export interface CommandEffectsOptions {
  io: ShellIo;
  config: LoadedConfig;
  report: Report;
  tools: readonly RegisteredTool[];
  scopeOf?(plugin: string): PluginScope;
}

/** Nothing is started before an effect is asked for. */
export function createCommandEffects({ io, config, report, tools, scopeOf }: CommandEffectsOptions): CommandEffects {
  const { env } = io;
  const home = env["HOME"] ?? "/";
  const workers = lazyWorkers({ env });
  const secrets = createSecrets(env, () => config.config.env);
  const reach = lazyReach(() => ({ config, lines: config.ruleList }), { tools: () => tools, home });
  return {
    effects: createCoreEffects({ config, env, workers, secrets, ...(scopeOf === undefined ? {} : { scopeOf }) }),
    core: sessionlessEffects(io, config, report),
    reach,
    redactor: () => createRedactor([env, config.config.env], secrets.read()),
    close: workers.close,
  };
}

function sessionlessEffects(io: ShellIo, config: LoadedConfig, report: Report): CoreEffects {
  const none = (): Promise<never> =>
    Promise.reject(
      new GantryError("TOOL_FAILED", "A command has no session, and so no shells of one; ctx.process.exec runs a program."),
    );
  return {
    shells: { run: none, start: none, list: async () => [], output: none, stop: none, close: async () => undefined },
    lastRead: async () => undefined,
    askUser: canAsk(io) ? askOnTerminal(io) : undefined,
    notify: async (text, from) => report.say(`${from}: ${sanitizeLine(text)}`),
    async events({ sessionId, limit }) {
      if (sessionId === undefined) throw new GantryError("SESSION_NOT_FOUND", "A command belongs to no session; name one.");
      const store = createStore({ stateHome: config.paths.stateHome, project: config.project });
      return (await store.read(sessionId)).events.slice(-limit);
    },
  };
}

function askOnTerminal(io: ShellIo): NonNullable<CoreEffects["askUser"]> {
  return async (questions, options) => {
    const { createSessionView } = await import("./session-view.ts");
    const view = await createSessionView({ io, quiet: true, verbose: false, draw: false, interactive: true });
    return await (await view.asker()).questions(questions, options);
  };
}

/** For a command: the user's and the project's config as they are, whatever is wrong with them. */
export async function configFor(io: ShellIo, cwd: string): Promise<LoadedConfig> {
  return await loadConfig({ cwd, env: io.env, flags: {} });
}
