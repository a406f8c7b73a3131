/** parity manifest: the inventory of this build, or the schema of such documents. */
import { defineCommand, type Json } from "gantry/plugin";

export const manifest = defineCommand({
  id: "parity manifest",
  summary: "Print what this build offers as one JSON document.",
  description:
    "Tools with schemas and effects, commands, flags, hooks, modes, permissions, codes, config keys, plugins and scenarios, each with its source. Nothing is started for it; values of a config are not in it.",
  flags: [{ name: "schema", type: "boolean", summary: "Print the JSON Schema of such a document instead." }],
  examples: ["gantry parity manifest > inventory.json", "gantry parity manifest --schema"],
  run: async ({ flags }, ctx) => {
    const [{ jsonText }, document] = await Promise.all([
      import("./json-text.ts"),
      flags["schema"] === true ? schema() : import("./inventory/own.ts").then(({ ownInventory }) => ownInventory(ctx)),
    ]);
    return { data: document as unknown as Json, text: jsonText(document) };
  },
});

async function schema(): Promise<Json> {
  return (await import("./inventory/format.ts")).inventoryJsonSchema();
}
