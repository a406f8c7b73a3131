/** One MCP server over the layers: who says what to start, and who changes settings of it. */
import type { Json, JsonObject } from "../core/contract/messages.ts";
import { isObject } from "./data.ts";
import type { Entry } from "./fragment.ts";
import { isWhole } from "./mcp-whole.ts";

/** At the project root; other clients' format. */
export const mcpFileName = ".mcp.json";
export const mcpKey = "mcpServers.";

export function isServer({ key }: Pick<Entry, "key">): boolean {
  return key.startsWith(mcpKey);
}

export interface ServerLayers {
  /** The highest that says what to start; absent where none does. */
  base: Entry | undefined;
  /** Above it, the winner first. */
  changes: readonly Entry[];
}

/** `entries`: of one name, the winner first. */
export function layersOf(entries: readonly Entry[]): ServerLayers {
  const at = entries.findIndex(({ value }) => isWhole(value));
  return at === -1 ? { base: undefined, changes: entries } : { base: entries[at], changes: entries.slice(0, at) };
}

/** Key by key only above the one that says what to start: no layer's headers or variables ever go to what another one names. */
export function mergedValue(entries: readonly Entry[]): Json {
  const { base, changes } = layersOf(entries);
  const said = [...changes, ...(base === undefined ? [] : [base])].map(({ value }) => (isObject(value) ? value : {}));
  return Object.assign({}, ...said.toReversed()) as JsonObject;
}
