/** Of an inventory: what plugins offer beside their commands, from their manifests alone. */
import type { InventoryItem } from "../contract/inventory.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import { ownPlugin, ownTools } from "../mcp/own-tools.ts";
import { item, type OfferedPlugin, plain, sentenceOf, sourceOf } from "./inventory-item.ts";

export function toolItems(plugins: readonly OfferedPlugin[]): InventoryItem[] {
  return plugins.flatMap((plugin) => {
    const { contributes, name } = plugin.manifest;
    const source = sourceOf(plugin);
    const own = contributes.tools.map((tool) => toolItem(tool, source));
    // Offered where a server is configured; which ones, their descriptions say there.
    const brought = name === ownPlugin ? ownTools([]).map((tool) => toolItem(tool, source)) : [];
    return [...own, ...brought.map((each) => ({ ...each, facts: { ...each.facts, where: "an MCP server is configured" } }))];
  });
}

function toolItem(tool: ToolManifest, source: string): InventoryItem {
  const { name, description, effect, inputSchema, subject, timeoutMs, refines } = tool;
  return item(name, source, {
    summary: sentenceOf(description),
    facts: plain({ effect, inputSchema, subject, timeoutMs, refines }),
  });
}

export function providerItems(plugins: readonly OfferedPlugin[]): InventoryItem[] {
  return plugins.flatMap((plugin) =>
    plugin.manifest.contributes.providers.map((name) =>
      item(name, sourceOf(plugin), { summary: `Models named ${name}/NAME.` }),
    ),
  );
}

/** What each asks for; what a user gave to it is nobody else's to know. */
export function pluginItems(plugins: readonly OfferedPlugin[]): InventoryItem[] {
  return plugins.map(({ manifest: { name, version, description, permissions, optionsSchema, contributes }, kind }) => {
    const { taps } = contributes;
    const facts = plain({ version, kind, permissions, optionsSchema, taps: taps.length === 0 ? undefined : taps });
    return item(name, kind === "built-in" ? "this build" : "installed", { summary: description, facts });
  });
}
