/** Which items of an inventory the scenarios touch, and which names of theirs it does not have. */
import type { Inventory } from "../../../core/contract/inventory.ts";
import type { Scenario } from "./format.ts";
import { itemNameOf } from "./item-name.ts";
import { itemsOf, knownItems } from "./items.ts";

export interface PartCoverage {
  part: string;
  items: number;
  touched: number;
  /** Names, sorted. */
  untouched: string[];
}

export interface Coverage {
  scenarios: number;
  parts: PartCoverage[];
  /** What scenarios name and the inventory lacks. */
  lacking: { item: string; scenarios: string[] }[];
  /** Scenarios that need what is not there: they touch nothing. */
  missing: { scenario: string; needs: string[] }[];
}

/** Items that are declared only cannot be touched and are not counted; neither are the scenarios themselves. */
export function coverageOf(scenarios: readonly Scenario[], inventory: Inventory): Coverage {
  const known = knownItems(inventory);
  const has = (item: string): boolean => {
    const { part, name } = itemNameOf(item);
    return known.find(part, name) !== undefined;
  };
  const missing = scenarios.flatMap(({ name, needs = [] }) => {
    const absent = needs.filter((item) => !has(item));
    return absent.length === 0 ? [] : [{ scenario: name, needs: absent }];
  });
  const touchers = new Map<string, string[]>();
  for (const scenario of scenarios) {
    if (missing.some((each) => each.scenario === scenario.name)) continue;
    for (const item of itemsOf(scenario, inventory)) touchers.set(item, [...(touchers.get(item) ?? []), scenario.name]);
  }
  const lacking = [...touchers].filter(([item]) => !has(item)).map(([item, names]) => ({ item, scenarios: names }));
  return {
    scenarios: scenarios.length,
    parts: Object.entries(inventory.parts).flatMap(([part, items]) => {
      if (part === "scenarios") return [];
      const real = items.filter(({ status }) => status !== "declared-only").map(({ name }) => name);
      const untouched = real.filter((name) => !touchers.has(`${part}/${name}`));
      return [{ part, items: real.length, touched: real.length - untouched.length, untouched }];
    }),
    lacking: lacking.sort((a, b) => (a.item < b.item ? -1 : 1)),
    missing,
  };
}
