/** Files that the build makes for the package from this plugin's code, by their names in dist/. */
import { inventoryJsonSchema } from "./inventory/format.ts";

export function publishedFiles(): Record<string, string> {
  return { "inventory.schema.json": `${JSON.stringify(inventoryJsonSchema(), undefined, 2)}\n` };
}
