/** Names that may be taken once: of plugins, tools, commands and providers. A community plugin never takes one that somebody has. */
import type { PluginManifest } from "../contract/manifest.ts";
import { shellCommands } from "../shell/own-commands.ts";

export interface Owners {
  /** The owner in words, by what is owned: `tool Read`, `command run`. */
  find(what: string): string | undefined;
  claim(manifest: PluginManifest): void;
}

export function ownersOf(manifests: readonly PluginManifest[]): Owners {
  const owners = new Map(shellCommands.map(({ id }) => [`command ${id}`, "the shell"]));
  const claim = (manifest: PluginManifest): void => {
    for (const name of namesOf(manifest)) owners.set(name, `the plugin ${manifest.name}`);
  };
  for (const manifest of manifests) claim(manifest);
  return { find: (what) => owners.get(what), claim };
}

/** Both owners in words; undefined when all names are free. */
export function clashOf(manifest: PluginManifest, owners: Owners): string | undefined {
  for (const name of namesOf(manifest)) {
    const owner = owners.find(name);
    if (owner === undefined) continue;
    if (name.startsWith("plugin ")) return `two plugins are named ${manifest.name}`;
    return `${owner} and the plugin ${manifest.name} both offer the ${name}`;
  }
  return undefined;
}

function namesOf({ name, contributes: { tools, commands, providers } }: PluginManifest): string[] {
  return [
    `plugin ${name}`,
    ...tools.map((tool) => `tool ${tool.name}`),
    ...commands.map(({ id }) => `command ${id}`),
    ...providers.map((provider) => `provider ${provider}`),
  ];
}
