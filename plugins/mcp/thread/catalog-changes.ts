/** What of a catalog the core does not have yet. A list is known by a digest of its JSON, so that none is sent twice. */
import { createHash } from "node:crypto";
import type { McpCatalog } from "../../../core/contract/mcp.ts";

export interface CatalogChanges {
  /** The lists that are other than they were; undefined where none is. */
  since(catalog: McpCatalog): Partial<McpCatalog> | undefined;
  /** The core has none of them any more. */
  forget(): void;
}

const lists = ["tools", "prompts", "resources", "templates"] as const;

export function createCatalogChanges(): CatalogChanges {
  const known = new Map<keyof McpCatalog, string>();
  return {
    since(catalog) {
      const changed = lists.filter((list) => {
        const digest = createHash("sha256").update(JSON.stringify(catalog[list])).digest("base64");
        const isOther = known.get(list) !== digest;
        known.set(list, digest);
        return isOther;
      });
      return changed.length === 0 ? undefined : Object.fromEntries(changed.map((list) => [list, catalog[list]]));
    },
    forget: () => known.clear(),
  };
}
