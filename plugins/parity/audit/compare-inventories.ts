/**
 * Two inventories item by item. What another system has is found here by its name, or by what a map says is the same thing;
 * between two versions of Gantry only names count, and every fact. Pure: the order of items changes nothing but the order
 * of what is told.
 */
import type { Inventory, InventoryItem } from "../../../core/contract/inventory.ts";
import { isObject, type JsonObject } from "../../../core/contract/messages.ts";
import { compareItem } from "./compare-facts.ts";
import { itemsOf, nearestItem } from "./compare-names.ts";
import type { SchemaReading } from "./compare-schemas.ts";
import type { Difference } from "./difference.ts";
import type { AuditMap } from "./map.ts";

export type ItemState = "same" | "mapped" | "different" | "missing" | "ours-only";

export interface ComparedItem {
  /** `part/name`: of the other system, or ours where only we have it. */
  item: string;
  state: ItemState;
  /** Absent: real. Theirs, or ours of what only we have. */
  status?: "shallow" | "declared-only";
  /** What it is here, where a map says so. */
  ours?: string[];
  /** Why a map says that it is the same. */
  reason?: string;
  differences?: Difference[];
}

export interface Comparison {
  items: ComparedItem[];
  /** Of mappings whose other end is not in this inventory: a tool that was removed, a plugin that is switched off. */
  lost: { item: string; ours: string; words: string }[];
}

/** How much of an item counts. */
export const readingOf = (theirs: Inventory): SchemaReading => (theirs.system.name === "gantry" ? "whole" : "named");

export function compareInventories(theirs: Inventory, ours: Inventory, map?: AuditMap): Comparison {
  const [there, here] = [itemsOf(theirs), itemsOf(ours)];
  const mappings = new Map(map?.same.map((mapping) => [mapping.theirs, mapping]));
  const reading = readingOf(theirs);
  const used = new Set<string>();
  const lost: Comparison["lost"] = [];
  const items = [...there].map(([name, item]): ComparedItem => {
    const mapping = mappings.get(name);
    const counterparts = (mapping?.ours ?? [name]).filter((each) => here.has(each));
    for (const each of counterparts) used.add(each);
    for (const each of mapping?.ours ?? []) if (!here.has(each)) lost.push(lostMapping(name, each, here));
    const known = { item: name, ...statusOf(item) };
    if (counterparts.length === 0) return { ...known, state: "missing" };
    const found = mapping ? { ours: counterparts, reason: mapping.reason } : {};
    const [only = "", more] = counterparts;
    const other = here.get(only);
    // What is several things here has no one schema to be compared with.
    const differences = !other || more ? [] : compareItem(renamed(item, mapping?.renamed), other, reading);
    for (const what of mapping?.lacks ?? []) differences.push({ what, change: "only-there" });
    if (differences.length > 0) return { ...known, state: "different", ...found, differences };
    return { ...known, state: mapping ? "mapped" : "same", ...found };
  });
  const rest = [...here].filter(([name]) => !used.has(name));
  return { items: [...items, ...rest.map(([item, fact]) => ({ item, state: "ours-only" as const, ...statusOf(fact) }))], lost };
}

function lostMapping(item: string, ours: string, here: ReadonlyMap<string, unknown>): Comparison["lost"][number] {
  return { item, ours, words: `${item} is mapped to ${ours}, which is not here.${nearestItem(ours, here.keys())}` };
}

function statusOf({ status }: InventoryItem): Pick<ComparedItem, "status"> {
  return status === undefined || status === "real" ? {} : { status };
}

/** With the properties of its schema under the names that they have here. */
function renamed(item: InventoryItem, names: Readonly<Record<string, string>> | undefined): InventoryItem {
  const schema = item.facts?.["inputSchema"];
  if (!names || !isObject(schema) || !isObject(schema["properties"])) return item;
  const nameOf = (name: string): string => (Object.hasOwn(names, name) ? (names[name] ?? name) : name);
  const properties = Object.fromEntries(Object.entries(schema["properties"]).map(([name, value]) => [nameOf(name), value]));
  const required = Array.isArray(schema["required"]) ? schema["required"].map((name) => nameOf(String(name))) : [];
  const inputSchema: JsonObject = { ...schema, properties, required };
  return { ...item, facts: { ...item.facts, inputSchema } };
}
