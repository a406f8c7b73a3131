/** Names of inventory items: `part/name`. The part ends at the first slash; a slash command's name begins with another. */
import { inventoryParts } from "../../../core/contract/inventory.ts";
import { didYouMean } from "../../../core/contract/nearest.ts";

interface ItemName {
  part: string;
  name: string;
}

export function itemNameOf(text: string): ItemName {
  const end = text.indexOf("/");
  return { part: text.slice(0, end), name: text.slice(end + 1) };
}

/** What is wrong with it as a name; whether there is such an item is another question. */
export function itemNameProblem(text: string): string | undefined {
  const { part, name } = itemNameOf(text);
  if (part === "" || name === "" || !text.includes("/")) return "an item is part/name, such as tools/Read";
  if ((inventoryParts as readonly string[]).includes(part)) return undefined;
  return `an inventory has no part ${part}.${didYouMean(part, inventoryParts)}`;
}
