/**
 * The community plugins of one runtime: those in force are known to registry and hooks from their manifests; a process is
 * started by the first call. What users must be told of them becomes notes in every open session.
 */
import type { LoadedConfig } from "../../config/loaded.ts";
import { codeOf, GantryError, messageOf } from "../contract/errors.ts";
import type { CoreEffects } from "../contract/execution.ts";
import type { GuestPlugin, Guests } from "../contract/guest.ts";
import type { Grants } from "../contract/permissions.ts";
import type { CoreEffectsAccess } from "../core-effects.ts";
import type { Hooks } from "../hooks.ts";
import type { PluginSource, Registry } from "../registry.ts";
import type { Listeners } from "../session-listeners.ts";
import { isCrash, isDown, settle, takeBack } from "./first-start.ts";
import { type Community, type CommunityPlugin, refuseUnusable } from "./found.ts";
import { leaveOut, missingBoundary, refusalOf } from "./left-out.ts";
import { createLinked } from "./linked.ts";
import { createLiveStore, type LiveStore } from "./live-store.ts";
import { createTeller, type Teller } from "./news.ts";
import type { Prepared } from "./prepare.ts";
import { type Moment, remotePlugin } from "./remote-plugin.ts";

export interface CommunityParts {
  community: Community;
  config: LoadedConfig;
  hooks: Hooks;
  registry: Registry;
  listeners: Listeners;
  home: string;
  /** Whether somebody can be asked about a call. */
  canAsk: boolean;
  onLog?(plugin: string, line: string): void;
  openGuests: CoreEffectsAccess["openGuests"];
  /** Bundles a linked folder. */
  prepare(folder: string, options: { signal: AbortSignal }): Promise<Prepared>;
  /** The folders that a moment without a call reaches. */
  reach(): Promise<Moment["reach"]>;
}

export interface RunningCommunity {
  /** A spare process, where a plugin is in force; does not wait. */
  warm(): void;
  /** PLUGIN_REQUIRED when a required plugin is not usable any more, and nobody could be asked in its place. */
  check(): void;
  readonly live: LiveStore;
  close(): Promise<void>;
}

/** PLUGIN_CONSENT_REQUIRED, PLUGIN_REQUIRED. */
export async function startCommunity(parts: CommunityParts): Promise<RunningCommunity> {
  const { community, config, hooks, registry } = parts;
  refuseUnusable(community);
  const place = { dataHome: config.paths.dataHome, project: config.project };
  const live = createLiveStore(place, heldForRun(community));
  const tell = createTeller(parts);
  const unusable = new Map<string, string>();
  const inForce = new Map<string, CommunityPlugin>();
  const sources = new Map<string, string>();
  const settled = new Map<string, Promise<void>>();
  const guests = lazyGuests(parts, { tell, live, inForce, sources });
  const boundary = await missingBoundary(community, config);

  /** In place of what a plugin of its name was before: taps too, so that nothing fires twice. */
  function put(plugin: CommunityPlugin): void {
    const remote = remotePlugin({
      ...{ plugin, live, home: parts.home, guests: guests.open, startedGuests: guests.started },
      current: () => inForce.get(plugin.name) ?? plugin,
      momentOf: async (about) => await momentOf(about, parts),
      onStarted() {
        if (plugin.isNew === true) settled.set(plugin.name, settle(plugin, place));
      },
      async onFailed(error) {
        if (isCrash(error)) await tell.crashTold(plugin.name);
        if (!isDown(error, plugin) || unusable.has(plugin.name) || (await goBack(plugin, error))) return;
        const why = `${codeOf(error) ?? "PLUGIN_INVALID"}: ${messageOf(error)}`;
        unusable.set(plugin.name, why);
        tell.note(plugin.name, `it cannot be used: ${why}`);
      },
    });
    registry.replace(sourceFor(plugin, remote));
    hooks.replace(
      plugin.name,
      remote.taps.map((tap) => ({ tap })),
    );
    inForce.set(plugin.name, plugin);
    unusable.delete(plugin.name);
    guests.started()?.add(guestOf(plugin, live));
  }

  /** An update that never started is taken back: what it replaced is in force again. */
  async function goBack(plugin: CommunityPlugin, error: unknown): Promise<boolean> {
    if (settled.has(plugin.name)) return false;
    const back = await takeBack(plugin, place, error);
    if (back === undefined) return false;
    put(back.before);
    tell.note(plugin.name, back.said);
    return true;
  }

  const linked = createLinked({
    prepare: parts.prepare,
    onChanged(plugin, source, { isRunning }) {
      sources.delete(inForce.get(plugin.name)?.lock.sha512 ?? "");
      sources.set(plugin.lock.sha512, source);
      try {
        put(plugin);
        if (isRunning)
          tell.note(plugin.name, `its folder changed; ${plugin.version} ${plugin.lock.sha512.slice(0, 8)} is in force now`);
      } catch (error) {
        tell.note(plugin.name, `its folder changed and is not used: ${messageOf(error)}`);
      }
    },
    onProblem: tell.note,
  });
  for (const plugin of community.taken) {
    const wrong = await refusalOf(plugin, { boundary, hooks });
    if (wrong !== undefined) leaveOut({ plugin, required: plugin.required, ...wrong }, { hooks, tell });
    else {
      put(plugin);
      if (isLinked(plugin)) {
        await linked.refresh(plugin);
        linked.watch(plugin);
      }
    }
  }
  for (const left of community.left) leaveOut(left, { hooks, tell });

  return {
    live,
    warm() {
      if (inForce.size > 0)
        void guests.open().then(
          (open) => open.warm(),
          () => undefined,
        );
    },
    check() {
      for (const { name, required } of inForce.values()) {
        if (!required) continue;
        const why =
          unusable.get(name) ?? (guests.started()?.isOpen(name) === true && !parts.canAsk ? "it crashed too often" : undefined);
        if (why !== undefined) throw new GantryError("PLUGIN_REQUIRED", `${name} is required and not usable: ${why}`);
      }
    },
    async close() {
      const open = guests.started();
      const facts = open?.facts().flatMap((each) => {
        const plugin = inForce.get(each.plugin);
        return plugin === undefined || plugin.oneRun !== undefined ? [] : [{ scope: plugin.scope, facts: each }];
      });
      linked.close();
      await guests.close();
      await Promise.all(settled.values());
      live.close();
      // What a plugin used is told, never needed: a store that cannot be written holds nobody up.
      if (facts !== undefined) await (await import("../plugin-store/usage.ts")).recordUse(place, facts).catch(() => undefined);
    },
  };
}

function heldForRun({ taken }: Community): Map<string, Grants> {
  return new Map(taken.flatMap(({ name, grants, oneRun }) => (oneRun === undefined ? [] : [[name, grants] as const])));
}

function isLinked(plugin: CommunityPlugin): plugin is CommunityPlugin & { link: string } {
  return plugin.link !== undefined;
}

function sourceFor({ manifest }: CommunityPlugin, { definition, execute }: ReturnType<typeof remotePlugin>): PluginSource {
  return { manifest, isCommunity: true, load: async () => definition, execute };
}

interface LazyGuests {
  open(): Promise<Guests>;
  started(): Guests | undefined;
  close(): Promise<void>;
}

interface GuestParts {
  tell: Teller;
  live: LiveStore;
  inForce: ReadonlyMap<string, CommunityPlugin>;
  /** Of linked folders, by hash. */
  sources: ReadonlyMap<string, string>;
}

function lazyGuests({ openGuests }: CommunityParts, { tell, live, inForce, sources }: GuestParts): LazyGuests {
  let opening: Promise<Guests> | undefined;
  let started: Guests | undefined;
  const start = async (): Promise<Guests> => {
    const guests = await openGuests({ onNews: tell.news, sourceOf: (sha512) => sources.get(sha512) });
    for (const plugin of inForce.values()) guests.add(guestOf(plugin, live));
    started = guests;
    return guests;
  };
  return {
    open: () => (opening ??= start()),
    started: () => started,
    close: async () => await (await opening?.catch(() => undefined))?.close(),
  };
}

export function guestOf(plugin: CommunityPlugin, live: Pick<LiveStore, "grantsOf">): GuestPlugin {
  const { name, version, manifest, bundleFile, lock, options } = plugin;
  return { name, version, manifest, bundleFile, sha512: lock.sha512, grants: () => live.grantsOf(plugin), options };
}

async function momentOf(
  { sessionId, cwd }: { sessionId: string | undefined; cwd: string | undefined },
  { listeners, config, reach }: CommunityParts,
): Promise<Moment> {
  const session = sessionId === undefined ? undefined : listeners.find(sessionId);
  const core: CoreEffects | undefined = session?.effects();
  return { cwd: cwd ?? session?.facts().cwd ?? config.project, workspace: config.project, reach: await reach(), core };
}
