/** parity summary: the inventory as a Markdown report. */
import { defineCommand } from "gantry/plugin";

export const summary = defineCommand({
  id: "parity summary",
  summary: "Print what this build offers as a Markdown report.",
  examples: ["gantry parity summary > surface.md"],
  run: async (_input, ctx) => {
    const [{ ownInventory }, { countsOf, summaryText }] = await Promise.all([
      import("./inventory/own.ts"),
      import("./inventory/summary-text.ts"),
    ]);
    const inventory = await ownInventory(ctx);
    const { system } = inventory;
    return { data: { system, parts: countsOf(inventory).map((counts) => ({ ...counts })) }, text: summaryText(inventory) };
  },
});
