/**
 * What the core performs for those who do not act in a thread: taps and commands of built-ins, and guests. One broker host for
 * all of them. Loaded, made and started when an effect is first asked for.
 */
import path from "node:path";
import type { LoadedConfig } from "../config/loaded.ts";
import type { Broker, BrokerHost } from "../workers/broker.ts";
import { createContext } from "../workers/context-brokered.ts";
import type { GuestsOptions } from "../workers/guests/guests.ts";
import { grantsOfBuiltin } from "./builtin-grants.ts";
import type { Reach } from "./contract/execution.ts";
import type { CallFrameContext } from "./contract/frames.ts";
import type { CallServices, Guests } from "./contract/guest.ts";
import type { InstalledPlugin } from "./contract/installed.ts";
import type { JsonObject } from "./contract/messages.ts";
import type { ToolContext } from "./contract/plugin.ts";
import { distFolder } from "./dist-folder.ts";
import { packed, unpacked } from "./effect-bytes.ts";
import type { LazyWorkers } from "./lazy-workers.ts";
import type { Secrets } from "./secrets.ts";

export interface CoreEffectsParts {
  config: Pick<LoadedConfig, "config" | "paths" | "project">;
  env: Readonly<Record<string, string | undefined>>;
  workers: LazyWorkers;
  secrets: Secrets;
  /** Of the plugins that guests may be of. */
  scopeOf?(plugin: string): InstalledPlugin["scope"];
  /** Of those that are in no store; undefined for the others. */
  storageOf?(plugin: string): string | undefined;
}

/** One run of a part of a built-in in the core. */
export interface CoreRun {
  plugin: string;
  context: CallFrameContext;
  signal: AbortSignal;
  options: JsonObject;
  services(): Promise<CallServices>;
  progress?(text: string): void;
  log?(text: string): void;
}

export interface CoreEffectsAccess {
  /** The context of a built-in's tap or command; `end` gives back what it holds. */
  contextOf(run: CoreRun): { context: ToolContext; end(): void };
  /** `sourceOf`: from elsewhere than the store; undefined for what is not there. */
  openGuests(options: Pick<GuestsOptions, "onNews"> & { sourceOf?(sha512: string): string | undefined }): Promise<Guests>;
}

export function createCoreEffects({
  config,
  env,
  workers,
  secrets,
  scopeOf = () => "user",
  storageOf = () => undefined,
}: CoreEffectsParts): CoreEffectsAccess {
  const home = env["HOME"] ?? "/";
  const brokers = new Map<string, Promise<Broker>>();

  async function hostOf(): Promise<BrokerHost> {
    const { storageFile } = await import("./plugin-store/layout.ts");
    const { dataHome, configHome, stateHome, cacheHome } = config.paths;
    const place = { dataHome, project: config.project };
    return {
      fileEffect: workers.fileEffect,
      exec: async (argv, request) => await (await workers.processes()).exec(argv, request),
      host: async (argv, request) => await (await workers.processes()).host(argv, request),
      secret: secrets.find,
      storageFile: (name) => storageOf(name) ?? storageFile(place, { name, scope: scopeOf(name) }),
      home,
      ownFolders: [dataHome, configHome, stateHome, cacheHome],
    };
  }

  async function brokerOf(plugin: string): Promise<Broker> {
    const [{ createBroker }, host] = await Promise.all([import("../workers/broker.ts"), hostOf()]);
    return createBroker({ plugin, grants: () => grantsOfBuiltin(plugin), host });
  }

  return {
    contextOf({ plugin, context, signal, options, services, progress = ignore, log = ignore }) {
      let call: Promise<{ context: CallFrameContext; services: CallServices; signal: AbortSignal }> | undefined;
      const { callId, cwd, workspace } = context;
      const facts = { callId, cwd, workspace, signal, options, progress, log };
      const made = createContext(facts, async (method, args) => {
        call ??= services().then((given) => ({ context, services: given, signal }));
        const broker = brokers.get(plugin) ?? brokerOf(plugin);
        brokers.set(plugin, broker);
        return unpacked(method, await (await broker).perform(method, args.map(packed), await call));
      });
      const end = (): void => {
        if (call !== undefined)
          void Promise.all([brokers.get(plugin), call]).then(([broker, live]) => broker?.endCall(live), ignore);
      };
      return { context: made, end };
    },
    async openGuests({ onNews, sourceOf: own }) {
      const [{ createGuests }, { sourceOf: stored }, host] = await Promise.all([
        import("../workers/guests/guests.ts"),
        import("./plugin-store/installed.ts"),
        hostOf(),
      ]);
      const { require, ...limits } = config.config.isolation;
      return createGuests({
        ...{ limits, require, host, onNews },
        sourceOf: async (plugin) => own?.(plugin.sha512) ?? (await stored(plugin)),
        processes: (await workers.processes()).groups,
        folder: path.join(distFolder, "guest"),
      });
    },
  };
}

const ignore = (): void => undefined;

/** As far as a part of a plugin reaches that no approved call stands behind: the workspace, but for what is hidden. */
export async function reachOf(config: LoadedConfig, ground: ReachGround): Promise<Reach> {
  const [{ layGround }, { policyOf }] = await Promise.all([import("./permission/ground.ts"), import("./policy.ts")]);
  const policy = policyOf(config, { rules: ground.rules, outputDir: config.project, home: ground.home, approve: "never" });
  return (await layGround(policy)).reach;
}

interface ReachGround {
  rules: Parameters<typeof import("./policy.ts").policyOf>[1]["rules"];
  home: string;
}
