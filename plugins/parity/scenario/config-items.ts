/** The surface items of a scenario's configs: keys, hook events, the mode, the model's provider. */
import type { Scenario } from "./format.ts";
import type { KnownItems } from "./items.ts";
import { modeNameOf } from "./line-items.ts";

export function configItems(scenario: Scenario, known: KnownItems): string[] {
  const configs = [scenario.config, scenario.project].filter((config) => config !== undefined);
  const environment = scenario.steps.flatMap(({ env }) => Object.keys(env ?? {}).flatMap(keyOfVariable));
  return [...configs.flatMap((config) => itemsIn(config, known)), ...environment.map((key) => `config-keys/${key}`)];
}

function itemsIn(config: Record<string, unknown>, known: KnownItems): string[] {
  const { hooks, model, permissions } = config as { hooks?: unknown; model?: unknown; permissions?: { mode?: unknown } };
  const events = typeof hooks === "object" && hooks !== null && !Array.isArray(hooks) ? Object.keys(hooks) : [];
  const mode = permissions?.mode;
  return [
    ...leaves(config, []).map((path) => `config-keys/${keyOf(path, known)}`),
    ...events.map((event) => `hook-events/${event}`),
    ...(typeof mode === "string" ? [`permission-modes/${modeNameOf(mode, known)}`] : []),
    ...(typeof model === "string" ? [`providers/${model.split("/")[0]}`] : []),
  ];
}

/** Paths of objects to what is no object; lists are leaves. */
function leaves(value: unknown, path: readonly string[]): string[][] {
  if (typeof value !== "object" || value === null || Array.isArray(value) || Object.keys(value).length === 0)
    return path.length === 0 ? [] : [[...path]];
  return Object.entries(value).flatMap(([key, part]) => leaves(part, [...path, key]));
}

/** The longest key of the inventory that the path begins with; a segment in angle brackets, or `*`, stands for any name. */
function keyOf(path: readonly string[], known: KnownItems): string {
  const fitting = known
    .items("config-keys")
    .map(({ name }) => ({ name, segments: name.split(".") }))
    .filter(
      ({ segments }) => segments.length <= path.length && segments.every((segment, index) => isName(segment, path[index])),
    )
    .sort((a, b) => b.segments.length - a.segments.length);
  return fitting[0]?.name ?? (known.isThere ? (path[0] ?? "") : path.join("."));
}

function isName(segment: string, name: string | undefined): boolean {
  return segment === name || segment === "*" || /^<.*>$/.test(segment);
}

/** `GANTRY_A__B` is the key a.b. */
function keyOfVariable(name: string): string[] {
  if (!name.startsWith("GANTRY_") || ["GANTRY_HOME", "GANTRY_DEBUG", "GANTRY_RUN"].includes(name)) return [];
  return [name.slice("GANTRY_".length).split("__").map(camel).join(".")];
}

function camel(word: string): string {
  return word.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
