/** What the built-in plugins' judges say of a call that no session makes: they start no process, so they are asked for real. */
import { builtinLoaders } from "./builtins.ts";
import type { CallFacts } from "./contract/hooks.ts";
import type { PluginManifest } from "./contract/manifest.ts";
import { createHooks } from "./hooks.ts";
import type { Judged } from "./permission/decision.ts";
import { settingsOf, tapPlugin } from "./plugins.ts";

type Loaded = Parameters<typeof settingsOf>[0];

export const isBuiltin = ({ name }: PluginManifest): boolean => Object.hasOwn(builtinLoaders, name);

/** Those on tool.approve; who is heard only when somebody would be asked is not, nor is a guest, which would have to be started. */
export function createBuiltinJudge(loaded: Loaded, manifests: readonly PluginManifest[]): (call: CallFacts) => Promise<Judged> {
  const hooks = createHooks({ onFired: () => undefined, settings: (owner) => settingsOf(loaded, owner) });
  for (const manifest of manifests.filter(isBuiltin))
    tapPlugin(manifest, hooks, ({ on, kind }) => on === "tool.approve" && kind === "judge");
  return async (call) => {
    const { verdict, by, reason } = await hooks.judge("tool.approve", call);
    return { verdict, by, ...(reason === undefined ? {} : { reason }) };
  };
}
