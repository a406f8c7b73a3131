/** What a plugin's definition contributes, as data: the part of a manifest that is made from code, for built-ins and guests alike. */
import type { Contributions } from "../../core/contract/guest.ts";
import type { CommandManifest, TapManifest, ToolManifest } from "../../core/contract/manifest.ts";
import type { AnyTap, AnyTool, CommandDefinition, PluginDefinition } from "../../core/contract/plugin.ts";

/** Tools, commands and providers sorted by name; taps in the definition's order, which is their place. */
export function contributionsOf(
  plugin: PluginDefinition,
  describeTool: (tool: AnyTool) => Pick<ToolManifest, "inputSchema" | "refines">,
): Contributions {
  return {
    name: plugin.name,
    description: plugin.description,
    permissions: plugin.permissions ?? {},
    contributes: {
      tools: (plugin.tools ?? [])
        .map((tool) => toolManifest(tool, describeTool(tool)))
        .sort((a, b) => compareNames(a.name, b.name)),
      commands: (plugin.commands ?? []).map(commandManifest).sort((a, b) => compareNames(a.id, b.id)),
      taps: (plugin.taps ?? []).map(tapManifest),
      providers: (plugin.providers ?? []).map(({ name }) => name).sort(compareNames),
    },
  };
}

/** Not localeCompare: a manifest must not depend on the machine's language. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function toolManifest(tool: AnyTool, { inputSchema, refines }: Pick<ToolManifest, "inputSchema" | "refines">): ToolManifest {
  return {
    name: tool.name,
    description: tool.description,
    inputSchema,
    ...(refines === undefined ? {} : { refines }),
    effect: tool.effect,
    ...(tool.subject === undefined ? {} : { subject: tool.subject }),
    ...(tool.timeoutMs === undefined ? {} : { timeoutMs: tool.timeoutMs }),
  };
}

function commandManifest(command: CommandDefinition): CommandManifest {
  return {
    id: command.id,
    summary: command.summary,
    ...(command.description === undefined ? {} : { description: command.description }),
    args: command.args ?? [],
    flags: command.flags ?? [],
    examples: command.examples ?? [],
  };
}

function tapManifest(tap: AnyTap): TapManifest {
  return {
    on: tap.on,
    kind: tap.kind,
    name: tap.name ?? tap.on,
    ...(tap.tools === undefined ? {} : { tools: tap.tools }),
    stage: tap.stage ?? 0,
    ...(tap.before === undefined ? {} : { before: tap.before }),
    ...(tap.timeoutMs === undefined ? {} : { timeoutMs: tap.timeoutMs }),
  };
}
