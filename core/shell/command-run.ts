/** The moment before a command of a plugin runs, for those who watch it: taps of built-ins, and of every plugin in force. */
import type { LoadedConfig } from "../../config/loaded.ts";
import type { Community } from "../community/found.ts";
import { type RemoteParts, remotePlugin } from "../community/remote-plugin.ts";
import type { HookPayloads } from "../contract/hooks.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import { createHooks } from "../hooks.ts";
import { settingsOf, tapPlugin } from "../plugins.ts";
import type { Report } from "./report.ts";
import { sanitizeText } from "./sanitize.ts";

interface Watching extends Omit<RemoteParts, "plugin" | "onStarted" | "onFailed"> {
  community: Community;
  config: LoadedConfig;
  builtins: readonly PluginManifest[];
  report: Report;
}

/** Resolves when all of them were told; one that fails holds nothing up. */
export async function tellCommandRun(run: HookPayloads["command.run"], parts: Watching): Promise<void> {
  const { community, config, builtins, report } = parts;
  const hooks = createHooks({
    settings: (owner) => settingsOf(config, owner),
    onFired({ tap, outcome, message, say }) {
      if (say !== undefined) report.say(sanitizeText(`${tap}: ${say}`));
      if (outcome === "failed" || outcome === "timeout")
        report.warn(sanitizeText(`${tap}: at command.run it failed: ${message ?? "no reason given"}`));
    },
  });
  for (const manifest of builtins) tapPlugin(manifest, hooks, ({ on }) => on === "command.run");
  for (const plugin of community.taken.filter(watchesCommands)) {
    const { taps } = remotePlugin({ ...parts, plugin, onStarted: () => undefined, onFailed: () => undefined });
    for (const tap of taps) if (tap.on === "command.run") hooks.tap(plugin.name, tap);
  }
  await hooks.observe("command.run", run);
}

export function watchesCommands({ manifest }: { manifest: PluginManifest }): boolean {
  return manifest.contributes.taps.some(({ on }) => on === "command.run");
}
