/** The taps of plugins as a run would have them: in its very order, and of installed plugins those that are granted. */
import type { LoadedConfig } from "../../config/loaded.ts";
import { codeOf } from "../contract/errors.ts";
import type { TapFacts } from "../contract/host.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import type { AnyTap } from "../contract/plugin.ts";
import { createHooks } from "../hooks.ts";
import { coversTap } from "../permission/scopes/tap-scope.ts";

type Project = Pick<LoadedConfig, "paths" | "project">;

export async function listTaps(manifests: readonly PluginManifest[], { paths, project }: Project): Promise<TapFacts[]> {
  const { readInstalled } = await import("../plugin-store/installed.ts");
  const installed = readInstalled({ dataHome: paths.dataHome, project });
  const grants = new Map(installed.map((plugin) => [plugin.name, plugin.grants["hook.tap"] ?? []]));
  const hooks = createHooks({ onFired: () => undefined });
  for (const { name, contributes } of manifests) {
    const held = grants.get(name);
    for (const tap of contributes.taps) {
      const { on, tools } = tap;
      if (held !== undefined && !coversTap(held, { on, ...(tools === undefined ? {} : { tools }) })) continue;
      try {
        hooks.tap(name, { ...tap, run: () => undefined } as unknown as AnyTap);
      } catch (error) {
        // Of a kind that its point does not take: no run has it either.
        if (codeOf(error) !== "PLUGIN_INVALID") throw error;
      }
    }
  }
  return hooks.list().map(({ source: _none, ...facts }) => facts);
}
