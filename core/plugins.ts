/** The built-in plugins as a runtime takes them: their manifests now, their code when something of it is first needed. */
import type { LoadedConfig } from "../config/loaded.ts";
import { builtinLoaders } from "./builtins.ts";
import { GantryError } from "./contract/errors.ts";
import type { Execute } from "./contract/execution.ts";
import type { PluginManifest, TapManifest, ToolManifest } from "./contract/manifest.ts";
import { isObject, type Json, type JsonObject } from "./contract/messages.ts";
import type { AnyTap, PluginDefinition } from "./contract/plugin.ts";
import type { Hooks } from "./hooks.ts";
import { createRegistry, type Registry } from "./registry.ts";

type ExecuteOf = (plugin: string, tool: ToolManifest) => Execute;
type Load = () => Promise<PluginDefinition>;

/** NAME_TAKEN, PLUGIN_INVALID for a tap that its point does not take. */
export function loadPlugins(
  { manifests }: { manifests: readonly PluginManifest[] },
  hooks: Hooks,
  execute: ExecuteOf,
): Registry {
  const registry = createRegistry();
  for (const manifest of manifests) {
    const { name } = manifest;
    const load = once(name);
    registry.add({ manifest, load, execute: (tool) => execute(name, tool) });
    tapPlugin(manifest, hooks, () => true, load);
  }
  return registry;
}

/** Those of its taps that are wanted, in the manifest's order. */
export function tapPlugin(
  { name, contributes }: PluginManifest,
  hooks: Hooks,
  isWanted: (tap: TapManifest) => boolean,
  load: Load = once(name),
): void {
  for (const [place, tap] of contributes.taps.entries()) if (isWanted(tap)) hooks.tap(name, lazyTap(tap, place, load));
}

/** The config's section of a plugin's own name. */
export function settingsOf({ config }: Pick<LoadedConfig, "config">, owner: string): JsonObject {
  const section = (config as unknown as Record<string, Json | undefined>)[owner];
  return isObject(section) ? section : {};
}

function once(name: string): Load {
  let loading: Promise<PluginDefinition> | undefined;
  const load = async (): Promise<PluginDefinition> => {
    const module = await builtinLoaders[name]?.();
    if (!module) throw new GantryError("PLUGIN_INVALID", `the built-in plugin ${name} has a manifest but no module`);
    return module.default;
  };
  return () => (loading ??= load());
}

type Run = (payload: unknown, context: unknown) => unknown;

/** Taps are known by the manifest, in its order; the module is loaded when one first fires. One that cannot be is a tap that fails. */
function lazyTap({ timeoutMs, ...facts }: TapManifest, place: number, load: Load): AnyTap {
  let loaded: Run | undefined;
  const find = async (): Promise<Run> => {
    const tap = (await load()).taps?.[place];
    if (tap?.on !== facts.on || tap.kind !== facts.kind)
      throw new GantryError("PLUGIN_INVALID", `the manifest names the tap ${facts.name} and the module does not have it`);
    loaded = tap.run as Run;
    return loaded;
  };
  // A loaded tap that answers at once is not made to wait.
  const run: Run = (payload, context) =>
    loaded === undefined ? find().then((found) => found(payload, context)) : loaded(payload, context);
  return { ...facts, ...(timeoutMs === undefined ? {} : { timeoutMs }), run } as AnyTap;
}
