/**
 * Layers become one config. Values: the highest layer wins, key by key. Lists are joined, so that no layer can erase
 * what another denies; plugins merge by name. Pure; the laws are in test/properties/merge.test.ts.
 */
import type { ConfigSource } from "../core/contract/host.ts";
import type { Json, JsonObject } from "../core/contract/messages.ts";
import { defaults } from "./defaults.ts";
import type { Entry } from "./fragment.ts";
import { pluginSettingsOf } from "./plugin-entries.ts";
import type { Config } from "./schema.ts";
import { mergedValue } from "./server-layers.ts";

/** Lowest first. */
export const layerOrder = [
  "default",
  "user",
  "project",
  "local",
  "env",
  "flag",
  "managed",
] as const satisfies ConfigSource["layer"][];

export interface Merged {
  /** For each key that some layer sets: who does, the winner first. */
  values: ReadonlyMap<string, readonly Entry[]>;
  /** For each joined list: its elements, lowest layer first. */
  lists: ReadonlyMap<string, readonly Entry[]>;
}

/** Entries may come in any order of layers; within a layer a later one wins. */
export function merge(entries: readonly Entry[]): Merged {
  const values = new Map<string, Entry[]>();
  const lists = new Map<string, Entry[]>();
  const ranked = entries.toSorted((left, right) => rank(left) - rank(right));
  for (const entry of ranked) {
    const at = entry.isElement ? lists : values;
    const known = at.get(entry.key);
    if (known === undefined) at.set(entry.key, [entry]);
    else if (entry.isElement) known.push(entry);
    else known.unshift(entry);
  }
  return { values, lists };
}

/** The defaults with all that was merged on top. */
export function configOf(merged: Merged): Config {
  const config = structuredClone(defaults) as Config & JsonObject;
  for (const [key, entries] of merged.values) {
    const value = key.startsWith("mcpServers.") ? mergedValue(entries) : entries[0]?.value;
    if (value !== undefined) place(config, key, value);
  }
  for (const [key, elements] of merged.lists) place(config, key, listOf(key, elements));
  return config;
}

function listOf(key: string, elements: readonly Entry[]): Json[] {
  if (key === "plugins") return pluginSettingsOf(elements) as Json[];
  return [...new Set(elements.map(({ value }) => value))];
}

function rank(entry: Entry): number {
  return layerOrder.indexOf(entry.from.layer);
}

/** The keys come from checked data: every group but the last part exists in the defaults. */
function place(config: JsonObject, key: string, value: Json): void {
  const parts = partsOf(key);
  const last = parts.pop() ?? key;
  const group = parts.reduce((at, part) => at[part] as JsonObject, config);
  Object.defineProperty(group, last, { value, enumerable: true, writable: true, configurable: true });
}

/** A server's name may have dots. */
export function partsOf(key: string): string[] {
  const [map = "", ...rest] = key.split(".");
  return map === "mcpServers" && rest.length > 0 ? [map, rest.join(".")] : [map, ...rest];
}
