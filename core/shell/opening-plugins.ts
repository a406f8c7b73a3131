/** The plugins of an opening: built-in ones, and the installed ones with whether a run would use them. Nothing of theirs is loaded. */
import { builtinPlugins } from "../../config/defaults.ts";
import type { Community } from "../community/found.ts";
import { codeOf, messageOf } from "../contract/errors.ts";
import type { InstalledPlugin } from "../contract/installed.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import type { OpeningPlugin } from "../contract/surface.ts";
import { version } from "../version.ts";

/** The built-ins in the order they load, then the installed ones by name. */
export async function openingPlugins(
  builtins: readonly PluginManifest[],
  community: Community,
  { require }: { require: "none" | "os" },
): Promise<OpeningPlugin[]> {
  const { taken, left, waiting, off } = community;
  const unbound = "isolation.require is os; whether this machine has such a boundary, gantry doctor tries";
  const installed = await Promise.all([
    ...taken.map(async (plugin) => {
      const wrong = await wrongBytes(plugin);
      const why = wrong ?? (require === "os" ? unbound : undefined);
      return withNeed(ofInstalled(plugin, wrong === undefined ? "in-force" : "broken", why), plugin.required);
    }),
    ...left.map(({ plugin, code, message, required }) =>
      withNeed(ofInstalled(plugin, plugin.state === "disabled" ? "disabled" : "broken", `${code}: ${message}`), required),
    ),
    ...waiting.map((plugin) => ofInstalled(plugin, "waiting", plugin.problem?.message)),
    ...off.map((plugin) => ofInstalled(plugin, "disabled", whyOff(plugin))),
  ]);
  return [...ofBuiltins(builtins), ...installed.sort((a, b) => (a.name < b.name ? -1 : 1))];
}

function ofBuiltins(manifests: readonly PluginManifest[]): OpeningPlugin[] {
  const known = manifests.map(
    (manifest): OpeningPlugin => ({
      ...{ name: manifest.name, version, kind: "built-in", state: "in-force" },
      contributes: countsOf(manifest),
    }),
  );
  const missing = builtinPlugins.filter(({ name }) => manifests.every((manifest) => manifest.name !== name));
  return [
    ...known,
    ...missing.map(
      ({ name }): OpeningPlugin => ({
        ...{ name, version, kind: "built-in", state: "broken", why: "it is not in this build" },
        contributes: countsOf(undefined),
      }),
    ),
  ];
}

function ofInstalled(plugin: InstalledPlugin, state: OpeningPlugin["state"], why: string | undefined): OpeningPlugin {
  return {
    ...{ name: plugin.name, version: plugin.version, kind: "community", state },
    ...(why === undefined ? {} : { why }),
    contributes: countsOf(plugin.manifest),
  };
}

function withNeed(plugin: OpeningPlugin, required: boolean): OpeningPlugin {
  return required ? { ...plugin, required } : plugin;
}

function countsOf(manifest: PluginManifest | undefined): OpeningPlugin["contributes"] {
  const { tools = [], commands = [], taps = [], providers = [] } = manifest?.contributes ?? {};
  return { tools: tools.length, commands: commands.length, taps: taps.length, providers: providers.length };
}

/** What the first call of it would find. */
async function wrongBytes(plugin: InstalledPlugin): Promise<string | undefined> {
  const { sourceOf } = await import("../plugin-store/installed.ts");
  return await sourceOf({ ...plugin, sha512: plugin.lock.sha512 }).then(
    () => undefined,
    (error: unknown) => `${codeOf(error) ?? "INTERNAL"}: ${messageOf(error)}`,
  );
}

function whyOff({ name, state }: InstalledPlugin): string {
  return state === "disabled" ? `gantry plugins enable ${name} switches it on` : "the config switches it off";
}
