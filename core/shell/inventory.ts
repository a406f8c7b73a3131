/**
 * host.surface.inventory: the live registry and the tables of the code as one document. Nothing of it depends on the
 * machine, the folder or what a config holds, but for the installed plugins that a run here would use.
 */
import type { LoadedConfig } from "../../config/loaded.ts";
import { problemLine } from "../../config/problems.ts";
import { type Community, findCommunity } from "../community/found.ts";
import { type Inventory, type InventoryItem, type InventoryPart, inventoryParts } from "../contract/inventory.ts";
import { version } from "../version.ts";
import type { HostOptions } from "./host-options.ts";
import { commandItems, flagItems, offeredCommands, slashItems } from "./inventory-commands.ts";
import { configItems } from "./inventory-config.ts";
import { byName, type OfferedPlugin } from "./inventory-item.ts";
import { pluginItems, providerItems, toolItems } from "./inventory-plugins.ts";
import {
  errorItems,
  eventItems,
  exitItems,
  hookEventItems,
  hookPointItems,
  modeItems,
  permissionItems,
  stopItems,
} from "./inventory-tables.ts";

/** MCP servers are not started, and their tools not named. Warns of plugins that might be thought to be in it, and are not. */
export async function inventoryOf({ io, warn = () => undefined }: HostOptions, config: LoadedConfig): Promise<Inventory> {
  const builtins = io.manifests();
  const community = await findCommunity(config, builtins);
  for (const line of leftOutLines(config, community)) warn(line);
  return describeSurface([
    ...builtins.map((manifest): OfferedPlugin => ({ manifest, kind: "built-in" })),
    ...community.taken.map(({ manifest }): OfferedPlugin => ({ manifest, kind: "community" })),
  ]);
}

function leftOutLines({ problems }: LoadedConfig, community: Community): string[] {
  // What else is wrong with a config changes nothing here.
  const ofPlugins = problems.filter(({ key, severity }) => severity === undefined && (key ?? "plugins").startsWith("plugins"));
  const isNotIn = "and is not in the inventory";
  return [
    ...[...ofPlugins, ...community.problems].map(problemLine),
    ...community.left.map(
      ({ plugin, code, message }) => `the plugin ${plugin.name} is left out, ${isNotIn}: ${code}: ${message}`,
    ),
    ...community.waiting.map(({ name }) => `the plugin ${name} waits for your consent, ${isNotIn}`),
  ];
}

/** The core knows nothing of scenarios: plugins/parity adds that part. */
type OwnPart = Exclude<InventoryPart, "scenarios">;

function describeSurface(plugins: readonly OfferedPlugin[]): Inventory {
  const commands = offeredCommands(plugins);
  const own: Record<OwnPart, InventoryItem[]> = {
    tools: toolItems(plugins),
    commands: commandItems(commands),
    flags: flagItems(commands),
    "slash-commands": slashItems(),
    "hook-points": hookPointItems(),
    "hook-events": hookEventItems(),
    "permission-modes": modeItems(),
    "permission-kinds": permissionItems(),
    "error-codes": errorItems(),
    "exit-codes": exitItems(),
    "stop-reasons": stopItems(),
    "session-events": eventItems(),
    "config-keys": configItems(),
    providers: providerItems(plugins),
    plugins: pluginItems(plugins),
  };
  const parts = inventoryParts
    .filter((part): part is OwnPart => part !== "scenarios")
    .map((part) => [part, byName(own[part])] as const);
  return {
    format: "gantry-inventory/1",
    system: { name: "gantry", version },
    about: "Made by gantry parity manifest from the registry and the tables of this build.",
    parts: Object.fromEntries(parts),
  };
}
