/** Names that a plugin may not take: of the shell's commands, of built-ins, of other plugins. NAME_TAKEN names both owners. */

import { takesWords } from "../community/clashes.ts";
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
    ...belowOwnTopics(plugin, builtins),
    ...installed.flatMap((other) => clashesWith(plugin, namesOf(other, `the plugin ${other.name}`))),
  ];
  if (clashes.length === 0) return;
  throw new GantryError("NAME_TAKEN", `the plugin ${plugin.name} cannot be used: ${clashes.join("; ")}`, {
    detail: { plugin: plugin.name, clashes },
  });
}

type Owned = [part: string, name: string, owner: string];

function clashesWith(plugin: Named, owned: readonly Owned[]): string[] {
  return namesOf(plugin, plugin.name).flatMap(([part, name]) =>
    owned
      .filter(([other, taken]) => other === part && (part === "command" ? takesWords(name, taken) : name === taken))
      .map(([, taken, owner]) =>
        taken === name
          ? `the ${part} ${name} is ${owner}'s, and ${plugin.name} has one of that name`
          : `the ${part} ${taken} is ${owner}'s, and ${name} of ${plugin.name} would take words from it`,
      ),
  );
}

/** A command below `plugins` or `sessions` looks like one of Gantry's own. */
function belowOwnTopics(plugin: Named, builtins: readonly Named[]): string[] {
  const ids = (of: Named): string[] => of.contributes.commands.map(({ id }) => id);
  const own = [...shellCommands.map(({ id }) => id), ...builtins.flatMap(ids)];
  const topics = new Set(own.map(firstWordOf));
  return ids(plugin)
    .filter((id) => topics.has(firstWordOf(id)) && !own.some((other) => takesWords(id, other)))
    .map((id) => `what is below ${firstWordOf(id)} is Gantry's own, and ${plugin.name} has the command ${id}`);
}

function firstWordOf(id: string): string {
  return id.split(" ")[0] ?? "";
}

function namesOf({ contributes: { tools, commands, providers } }: Named, owner: string): Owned[] {
  return [
    ...tools.map(({ name }): Owned => ["tool", name, owner]),
    ...commands.map(({ id }): Owned => ["command", id, owner]),
    ...providers.map((name): Owned => ["provider", name, owner]),
  ];
}
