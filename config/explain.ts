/** Why a key has its value: the place that wins, what it hides, and for a joined list the place of each element. */
import { GantryError } from "../core/contract/errors.ts";
import type { ConfigExplanation } from "../core/contract/host.ts";
import type { Json, JsonObject } from "../core/contract/messages.ts";
import { didYouMean } from "../core/contract/nearest.ts";
import { publicEvents } from "../core/contract/public-events.ts";
import { nameableKeys } from "./check.ts";
import { defaults } from "./defaults.ts";
import { explainServer, heldNotes } from "./explain-server.ts";
import { byDefault, type Entry, isObject } from "./fragment.ts";
import type { Merged } from "./merge.ts";
import { nearestKey } from "./nearest.ts";
import { type Config, type ConfigKey, configKeys } from "./schema.ts";
import { shown } from "./secrets.ts";

export interface Explained {
  config: Config;
  merged: Merged;
  /** The project's entries that wait for trust. */
  held: readonly Entry[];
}

/** CONFIG_KEY_UNKNOWN with the nearest key. */
export function explain(key: string, state: Explained): ConfigExplanation {
  const [, ofList, index] = /^(.+)\.(\d+)$/.exec(key) ?? [];
  return ofList !== undefined && isList(ofList, state) ? element(ofList, Number(index), state) : whole(key, state);
}

function isList(key: string, { merged }: Explained): boolean {
  return merged.lists.has(key) || configKeys().some((one) => one.key === key && one.type === "list");
}

/** One of a joined list, counted from 0. */
function element(key: string, index: number, state: Explained): ConfigExplanation {
  const { elements = [], description } = whole(key, state);
  const found = elements[index];
  if (found !== undefined) return { key: `${key}.${index}`, ...found, hidden: [], description };
  const count = elements.length === 0 ? "no element" : `the elements 0 to ${elements.length - 1}`;
  throw new GantryError("CONFIG_KEY_UNKNOWN", `${key}.${index} is not there: ${key} has ${count}`);
}

function whole(key: string, state: Explained): ConfigExplanation {
  const known = configKeys();
  const own = known.find((one) => one.key === key);
  const parent = known.find((one) => one.type === "map" && key.startsWith(`${one.key}.`));
  if (own?.key === "hooks") return hooks(own, state);
  if (parent?.key === "hooks") return hooksOn(key, parent, state);
  if (parent?.key === "mcpServers") return explainServer(key, parent.description, state);
  if (own?.type === "list") return list(own, state);
  if (own !== undefined && own.type !== "map") return single(key, own, state);
  if (parent !== undefined) return single(key, parent, state);
  if (own !== undefined || known.some((one) => one.key.startsWith(`${key}.`))) return group(key, own, known, state);
  const near = nearestKey(key, nameableKeys());
  throw new GantryError(
    "CONFIG_KEY_UNKNOWN",
    `${JSON.stringify(key)} is no config key${near === undefined ? "" : `; did you mean ${near}?`}`,
  );
}

function single(key: string, known: ConfigKey, state: Explained): ConfigExplanation {
  const { config, merged, held } = state;
  const entries = merged.values.get(key) ?? [];
  const standard = valueAt(defaults, key);
  const all = entries.map(({ value, from }) => ({ value: shown(value, key), from }));
  if (standard !== undefined) all.push({ value: standard, from: byDefault });
  const [winner, ...hidden] = all;
  if (winner === undefined && known.type === "map" && held.every((entry) => entry.key !== key)) {
    throw new GantryError("CONFIG_KEY_UNKNOWN", `${key} is not set in any layer`);
  }
  const notes = [...notesOn(entries, config, key), ...heldNotes(key, held)];
  const from = winner?.from ?? byDefault;
  return { key, value: winner?.value ?? null, from, hidden, description: known.description, ...noted(notes) };
}

/** Of all events, in their order. */
function hooks(known: ConfigKey, state: Explained): ConfigExplanation {
  const { config, merged, held } = state;
  const elements = [...merged.lists].flatMap(([key, entries]) =>
    key.startsWith("hooks.")
      ? entries.map(({ value, from }) => ({ value: { [key.slice("hooks.".length)]: [shown(value, key)] } as Json, from }))
      : [],
  );
  return {
    key: known.key,
    value: shown(config.hooks, known.key),
    from: elements.at(-1)?.from ?? byDefault,
    hidden: [],
    elements,
    description: known.description,
    ...noted(held.filter(({ key }) => key.startsWith("hooks.")).flatMap((entry) => heldNotes(entry.key, [entry]))),
  };
}

/** CONFIG_KEY_UNKNOWN with the nearest event, where no layer has a hook on it and there is no such event. */
function hooksOn(key: string, known: ConfigKey, state: Explained): ConfigExplanation {
  const event = key.slice("hooks.".length);
  const isSet = state.merged.lists.has(key) || state.held.some((entry) => entry.key === key);
  if (!isSet && !publicEvents.some((name) => name === event)) {
    throw new GantryError("CONFIG_KEY_UNKNOWN", `${JSON.stringify(event)} is no hook event.${didYouMean(event, publicEvents)}`);
  }
  return list({ ...known, key, description: `Hooks on ${event}. ${known.description}` }, state);
}

function list(known: ConfigKey, { config, merged, held }: Explained): ConfigExplanation {
  const entries = merged.lists.get(known.key) ?? [];
  const elements = entries.map(({ value, from }) => ({ value: shown(value, known.key), from }));
  const value = shown(valueAt(config, known.key) ?? [], known.key);
  const from = entries.at(-1)?.from ?? byDefault;
  return {
    key: known.key,
    value,
    from,
    hidden: [],
    elements,
    description: known.description,
    ...noted(heldNotes(known.key, held)),
  };
}

function group(
  key: string,
  own: ConfigKey | undefined,
  known: readonly ConfigKey[],
  { config, merged, held }: Explained,
): ConfigExplanation {
  const inside = [...merged.values.entries()].filter(([name]) => name.startsWith(`${key}.`));
  const elements = inside.flatMap(([name, [winner]]) =>
    winner === undefined ? [] : [{ value: { [name]: shown(winner.value, name) } as JsonObject, from: winner.from }],
  );
  const keys = known.filter((one) => one.key.startsWith(`${key}.`)).map((one) => one.key);
  const notes = own === undefined ? [`a group; its keys are ${keys.join(", ")}`] : [];
  const heldHere = [...new Set(held.map((entry) => entry.key))].filter((name) => name.startsWith(`${key}.`));
  return {
    key,
    value: shown(valueAt(config, key) ?? null, key),
    from: elements.at(-1)?.from ?? byDefault,
    hidden: [],
    elements,
    description: own?.description ?? `The keys below ${key}.`,
    ...noted([...notes, ...heldHere.flatMap((name) => heldNotes(name, held))]),
  };
}

function notesOn(entries: readonly Entry[], config: Config, key: string): string[] {
  const [winner] = entries;
  if (winner === undefined) return valueAt(config, key) === undefined ? ["not set"] : [];
  const notes: string[] = [];
  if (winner.written !== undefined) notes.push(`${winner.written} is an accepted name for ${String(winner.value)}`);
  if (winner.from.layer === "managed") notes.push(`locked by ${winner.from.source}`);
  return notes;
}

function noted(notes: readonly string[]): { note?: string } {
  return notes.length === 0 ? {} : { note: notes.join("; ") };
}

function valueAt(root: object, key: string): Json | undefined {
  let value: unknown = root;
  for (const part of key.split(".")) value = isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  return value as Json | undefined;
}
