/** Of an inventory: the config's keys with their schemas and what holds when nobody sets them. No config is read. */
import { configJsonSchema } from "../../config/json-schema.ts";
import { configKeys, object } from "../../config/schema.ts";
import type { InventoryItem } from "../contract/inventory.ts";
import { item } from "./inventory-item.ts";

export function configItems(): InventoryItem[] {
  const whole = configJsonSchema();
  return configKeys().map(({ key, default: value, description }) => {
    const found = key.split(".").reduce((at, part) => object(object(at["properties"])[part]), whole);
    const { description: _, default: __, ...schema } = found;
    return item(key, "config schema", {
      summary: description,
      facts: { schema, ...(value === null ? {} : { default: value }) },
    });
  });
}
