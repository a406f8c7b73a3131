/** What doctor finds of the plugins: whether each loads, what it offers and what it may. */
import { builtinPlugins } from "../../config/defaults.ts";
import { builtinLoaders } from "../builtins.ts";
import { messageOf } from "../contract/errors.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import { permissionTable } from "../contract/permissions.ts";

export interface PluginFinding {
  name: string;
  state: "loaded" | "failed" | "left out";
  problem?: string;
  tools: string[];
  commands: string[];
  providers: string[];
  /** In plain words, what it is granted. */
  may: string[];
}

export async function examinePlugins(
  manifests: readonly PluginManifest[],
  options: { plugins: boolean },
): Promise<PluginFinding[]> {
  const known = await Promise.all(manifests.map((manifest) => examinePlugin(manifest, options)));
  const missing = builtinPlugins
    .filter(({ name }) => !manifests.some((manifest) => manifest.name === name))
    .map(
      ({ name }): PluginFinding => ({
        name,
        state: "failed",
        problem: "it is not in this build",
        tools: [],
        commands: [],
        providers: [],
        may: [],
      }),
    );
  return [...known, ...missing];
}

async function examinePlugin({ name, contributes }: PluginManifest, options: { plugins: boolean }): Promise<PluginFinding> {
  const grants = builtinPlugins.find((plugin) => plugin.name === name)?.grants ?? {};
  const finding: PluginFinding = {
    name,
    state: "loaded",
    tools: contributes.tools.map((tool) => tool.name),
    commands: contributes.commands.map(({ id }) => id),
    providers: contributes.providers,
    may: (Object.keys(grants) as (keyof typeof permissionTable)[]).map((kind) => permissionTable[kind].allows),
  };
  if (!options.plugins) return { ...finding, state: "left out", problem: "--no-plugins" };
  try {
    const module = await builtinLoaders[name]?.();
    if (module?.default.name === name) return finding;
    return {
      ...finding,
      state: "failed",
      problem: module ? `its module calls itself ${module.default.name}` : "it has a manifest but no module",
    };
  } catch (error) {
    return { ...finding, state: "failed", problem: messageOf(error) };
  }
}
