/** Our own inventory, whole: what the core describes, and the scenarios. */
import type { CommandContext } from "gantry/plugin";
import type { Inventory } from "../../../core/contract/inventory.ts";

export async function ownInventory({ host }: CommandContext): Promise<Inventory> {
  const { withScenarios } = await import("./scenarios.ts");
  return await withScenarios(await host.surface.inventory(), host.run.dataFolder);
}
