/** The two inventories of an audit and its map: the ones that ship, or the user's files. */
import { join } from "node:path";
import type { CommandContext } from "gantry/plugin";
import { readInventory } from "../inventory/format.ts";
import { ownInventory } from "../inventory/own.ts";
import { readAuditMap } from "./map.ts";
import { type AuditReport, auditReport } from "./report.ts";

/** Without `against`: Claw Code, and without `map` then the map that ships for it. INVENTORY_INVALID. */
export async function auditAgainst(
  files: { against: string | undefined; map: string | undefined },
  ctx: CommandContext,
): Promise<AuditReport> {
  const shipped = referenceFiles(ctx.host.run.dataFolder);
  const { value: theirs } = await readInventory(files.against ?? shipped.inventory);
  const ours = await ownInventory(ctx);
  const map = files.map ?? (files.against === undefined ? shipped.map : undefined);
  return auditReport(theirs, ours, map === undefined ? undefined : await readAuditMap(map, theirs, ours));
}

function referenceFiles(dataFolder: string): { inventory: string; map: string } {
  const folder = join(dataFolder, "reference");
  return { inventory: join(folder, "claw-code.json"), map: join(folder, "claw-code.map.json") };
}
