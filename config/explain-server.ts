/** Why an MCP server is as it is: who says what to start, who changes settings of it, and what each layer hides. */
import { GantryError } from "../core/contract/errors.ts";
import type { ConfigExplanation } from "../core/contract/host.ts";
import type { Json } from "../core/contract/messages.ts";
import { didYouMean } from "../core/contract/nearest.ts";
import { byDefault, type Entry, isObject } from "./fragment.ts";
import type { Merged } from "./merge.ts";
import type { Config } from "./schema.ts";
import { shown } from "./secrets.ts";
import { isServer, layersOf, mcpKey } from "./server-layers.ts";

interface State {
  config: Config;
  merged: Merged;
  held: readonly Entry[];
}

/** A server as it is used, and each layer's word on it; below a server's name one key of it. CONFIG_KEY_UNKNOWN. */
export function explainServer(key: string, description: string, { config, merged, held }: State): ConfigExplanation {
  const own = serverIn(key, [...merged.values.keys(), ...held.map((entry) => entry.key)]);
  const inside = key === own ? [] : key.slice(own.length + 1).split(".");
  const at = (value: Json): Json | undefined => valueAt(value, inside);
  const entries = merged.values.get(own) ?? [];
  const { base, changes } = layersOf(entries);
  const said = entries.filter(({ value }) => at(value) !== undefined);
  const [winner, ...hidden] = said.map(({ value, from }) => ({ value: at(shown(value, own)) ?? null, from }));
  const notes = [
    ...(changes.length === 0 || base === undefined
      ? []
      : [`started as ${base.from.source} says; changed by ${placesOf(changes)}`]),
    ...(entries[0]?.from.layer === "managed" ? [`locked by ${entries[0].from.source}`] : []),
    ...(winner === undefined ? ["not set"] : []),
    ...heldNotes(own, held),
  ];
  const value = at(shown((config.mcpServers[own.slice(mcpKey.length)] ?? null) as Json, own)) ?? null;
  const note = notes.length === 0 ? {} : { note: notes.join("; ") };
  return { key, value, from: winner?.from ?? byDefault, hidden, description, ...note };
}

/** Names may have dots: the longest that fits. */
function serverIn(key: string, keys: readonly string[]): string {
  const names = keys.filter((each) => isServer({ key: each }));
  const fitting = names.filter((name) => key === name || key.startsWith(`${name}.`));
  const [own] = fitting.sort((left, right) => right.length - left.length);
  if (own !== undefined) return own;
  const wanted = key.slice(mcpKey.length);
  const near = didYouMean(
    wanted,
    names.map((name) => name.slice(mcpKey.length)),
  );
  throw new GantryError("CONFIG_KEY_UNKNOWN", `no layer has an MCP server ${JSON.stringify(wanted)}.${near}`);
}

function valueAt(value: Json, path: readonly string[]): Json | undefined {
  let found: Json | undefined = value;
  for (const part of path) found = isObject(found) && Object.hasOwn(found, part) ? found[part] : undefined;
  return found;
}

function placesOf(entries: readonly Entry[]): string {
  return entries.map(({ from }) => from.source).join(", ");
}

/** What the project asks for at a key, and has to wait with. */
export function heldNotes(key: string, held: readonly Entry[]): string[] {
  return held
    .filter((entry) => entry.key === key)
    .map(
      ({ value, from }) =>
        `${from.source} asks for ${JSON.stringify(shown(value, key))}, which waits until the project is trusted`,
    );
}
