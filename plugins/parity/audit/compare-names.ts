/** Items of an inventory by their whole names, `part/name`. */
import type { Inventory, InventoryItem } from "../../../core/contract/inventory.ts";
import { didYouMean } from "../../../core/contract/nearest.ts";

/** In the order of the inventory. */
export function itemsOf(inventory: Inventory): Map<string, InventoryItem> {
  const parts = Object.entries(inventory.parts);
  return new Map(parts.flatMap(([part, items]) => items.map((item) => [`${part}/${item.name}`, item] as const)));
}

/** ` Did you mean X?`: the nearest among those of the same part, else of all. */
export function nearestItem(wrong: string, names: Iterable<string>): string {
  const all = [...names];
  const part = wrong.slice(0, wrong.indexOf("/") + 1);
  return didYouMean(wrong, part === "" ? [] : all.filter((name) => name.startsWith(part))) || didYouMean(wrong, all);
}
