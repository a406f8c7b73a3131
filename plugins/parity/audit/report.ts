/** What an audit says: the compared items with their excuses, the totals, and what nobody has explained. */
import type { Inventory } from "../../../core/contract/inventory.ts";
import { type ComparedItem, type Comparison, compareInventories, type ItemState, readingOf } from "./compare-inventories.ts";
import type { AuditMap } from "./map.ts";

export interface AuditedItem extends ComparedItem {
  /** Why it may be so. */
  excused?: string;
}

export interface AuditTotals {
  /** Items there, and here. */
  theirs: number;
  ours: number;
  same: number;
  mapped: number;
  different: number;
  missing: number;
  oursOnly: number;
  /** Of what is missing or different. */
  excused: number;
}

export interface AuditReport {
  theirs: Inventory["system"];
  ours: Inventory["system"];
  about?: string;
  /** In the order of their inventory, then parts that only we have. */
  parts: ({ part: string } & AuditTotals)[];
  totals: AuditTotals;
  items: AuditedItem[];
  /** What is wrong with the map: excuses for what is not so, and mappings that lead nowhere. */
  findings: { kind: "stale-excuse" | "lost-mapping"; item: string; words: string }[];
  /** Names of items that would have to be explained for --strict. */
  unexplained: string[];
}

interface Compared {
  theirs: Inventory;
  ours: Inventory;
  items: readonly AuditedItem[];
}

export function auditReport(theirs: Inventory, ours: Inventory, map?: AuditMap): AuditReport {
  const { items: compared, lost } = compareInventories(theirs, ours, map);
  const excuses = new Map(map?.excused.map((excuse) => [excuse.item, excuse]));
  const items = compared.map((item): AuditedItem => {
    const excuse = excuses.get(item.item);
    return excuse?.kind === item.state ? { ...item, excused: excuse.reason } : item;
  });
  const mustExplain: readonly ItemState[] =
    readingOf(theirs) === "whole" ? ["missing", "different", "ours-only"] : ["missing", "different"];
  const parts = [...new Set([...Object.keys(theirs.parts), ...Object.keys(ours.parts)])];
  return {
    theirs: theirs.system,
    ours: ours.system,
    ...(theirs.about === undefined ? {} : { about: theirs.about }),
    parts: parts.map((part) => ({ part, ...totalsOf({ theirs, ours, items }, part) })),
    totals: totalsOf({ theirs, ours, items }),
    items,
    findings: [...staleExcuses(items, map), ...lostMappings(lost)],
    unexplained: items
      .filter(({ state, excused }) => mustExplain.includes(state) && excused === undefined)
      .map(({ item }) => item),
  };
}

/** Of one part, or of all. */
function totalsOf({ theirs, ours, items }: Compared, part?: string): AuditTotals {
  const own = part === undefined ? items : items.filter(({ item }) => item.startsWith(`${part}/`));
  const count = (state: ItemState): number => own.filter((item) => item.state === state).length;
  return {
    theirs: sizeOf(theirs, part),
    ours: sizeOf(ours, part),
    same: count("same"),
    mapped: count("mapped"),
    different: count("different"),
    missing: count("missing"),
    oursOnly: count("ours-only"),
    excused: own.filter(({ excused, state }) => excused !== undefined && state !== "ours-only").length,
  };
}

function sizeOf({ parts }: Inventory, part: string | undefined): number {
  if (part !== undefined) return parts[part]?.length ?? 0;
  return Object.values(parts).reduce((sum, items) => sum + items.length, 0);
}

function staleExcuses(items: readonly AuditedItem[], map: AuditMap | undefined): AuditReport["findings"] {
  const states = new Map(items.map(({ item, state }) => [item, state]));
  const stale = map?.excused.filter(({ item, kind }) => states.get(item) !== kind) ?? [];
  return stale.map(({ item, kind }) => {
    const state = states.get(item);
    const now = state === undefined ? "something else here by the map" : state;
    return { kind: "stale-excuse", item, words: `${item} is excused as ${kind}, and is ${now}` };
  });
}

function lostMappings(lost: Comparison["lost"]): AuditReport["findings"] {
  return lost.map(({ item, words }) => ({ kind: "lost-mapping", item, words }));
}
