/** The part of our own inventory that the core knows nothing of: the scenarios that ship, with what each of them touches. */
import { basename, join } from "node:path";
import type { Inventory, InventoryItem } from "../../../core/contract/inventory.ts";
import { findScenarios } from "../scenario/find.ts";
import { readScenario, type Scenario } from "../scenario/format.ts";
import { itemsOf } from "../scenario/items.ts";
import { byCodeUnits } from "./format.ts";

/** `dataFolder` as `ctx.host.run` has it. SCENARIO_INVALID for a file that ships broken. */
export async function withScenarios(inventory: Inventory, dataFolder: string): Promise<Inventory> {
  const files = await findScenarios([], { shipped: join(dataFolder, "scenarios"), cwd: dataFolder });
  const scenarios = await Promise.all(files.map((file) => readScenario(file)));
  const items = scenarios.map((scenario) => scenarioItem(scenario, inventory));
  return { ...inventory, parts: { ...inventory.parts, scenarios: items.toSorted((a, b) => byCodeUnits(a.name, b.name)) } };
}

/** One that needs what is not in this build only says what is missing: it is played to no end. */
function scenarioItem(scenario: Scenario, inventory: Inventory): InventoryItem {
  const { name, about, category, reference, needs = [], file } = scenario;
  const isMissing = needs.some((need) => !hasItem(inventory, need));
  return {
    name,
    source: `scenario file ${basename(file)}`,
    summary: about,
    ...(isMissing ? { status: "declared-only" as const } : {}),
    facts: { category, ...(reference === undefined ? {} : { reference }), covers: itemsOf(scenario, inventory) },
  };
}

/** `part/name`. */
function hasItem({ parts }: Inventory, item: string): boolean {
  const slash = item.indexOf("/");
  return parts[item.slice(0, slash)]?.some(({ name }) => name === item.slice(slash + 1)) ?? false;
}
