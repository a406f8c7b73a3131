/** Names that a plugin may not take: of the shell's commands, of built-ins, of other plugins. NAME_TAKEN names both owners. */
import { GantryError } from "../contract/errors.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import { shellCommands } from "./own-commands.ts";

type Named = Pick<PluginManifest, "name" | "contributes">;

/** Throws with every clash at once. `installed`: without the plugin that this one replaces. */
export function refuseClashes(
  plugin: Named,
  { builtins, installed }: { builtins: readonly Named[]; installed: readonly Named[] },
): void {
  const clashes = [
    ...builtins.filter(({ name }) => name === plugin.name).map(() => `a built-in plugin is called ${plugin.name}`),
    ...clashesWith(
      plugin,
      shellCommands.map(({ id }) => ["command", id, "the shell"]),
    ),
    ...builtins.flatMap((other) => clashesWith(plugin, namesOf(other, `the built-in plugin ${other.name}`))),
    ...installed.flatMap((other) => clashesWith(plugin, namesOf(other, `the plugin ${other.name}`))),
  ];
  if (clashes.length === 0) return;
  throw new GantryError("NAME_TAKEN", `the plugin ${plugin.name} cannot be installed: ${clashes.join("; ")}`, {
    detail: { plugin: plugin.name, clashes },
  });
}

type Owned = [part: string, name: string, owner: string];

function clashesWith(plugin: Named, owned: readonly Owned[]): string[] {
  const ours = new Set(namesOf(plugin, plugin.name).map(([part, name]) => `${part} ${name}`));
  return owned
    .filter(([part, name]) => ours.has(`${part} ${name}`))
    .map(([part, name, owner]) => `the ${part} ${name} is ${owner}'s, and ${plugin.name} has one of that name`);
}

function namesOf({ contributes: { tools, commands, providers } }: Named, owner: string): Owned[] {
  return [
    ...tools.map(({ name }): Owned => ["tool", name, owner]),
    ...commands.map(({ id }): Owned => ["command", id, owner]),
    ...providers.map((name): Owned => ["provider", name, owner]),
  ];
}
