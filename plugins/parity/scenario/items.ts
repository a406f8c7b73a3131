/** The surface items that follow from a scenario's file: what it calls, types, sets and expects. Nothing is played for it. */
import type { Inventory, InventoryItem } from "../../../core/contract/inventory.ts";
import { configItems } from "./config-items.ts";
import type { Scenario, Step } from "./format.ts";
import { itemNameOf } from "./item-name.ts";
import { lineItems } from "./line-items.ts";

/**
 * Sorted `part/name`. With an inventory, commands are the longest that it has, and other spellings are told by their item;
 * what it lacks is named all the same.
 */
export function itemsOf(scenario: Scenario, inventory?: Inventory): string[] {
  const known = knownItems(inventory);
  const found = new Set<string>(scenario.covers ?? []);
  for (const item of configItems(scenario, known)) found.add(item);
  for (const { grants } of scenario.plugins ?? []) {
    for (const item of lineItems(["plugins", "install", "folder", ...(grants ?? []).flatMap(() => ["--grant", ""])], known))
      found.add(item);
    for (const grant of grants ?? []) found.add(`permission-kinds/${grant.split("=")[0]}`);
  }
  for (const item of scenario.steps.flatMap((step) => stepItems(step, scenario, known))) {
    if (!isItsOwn(item, scenario, known)) found.add(item);
    // Who offers them does, though they themselves are no part of the surface.
    if (item.startsWith("tools/mcp__") && (!known.isThere || known.find("plugins", "mcp") !== undefined))
      found.add("plugins/mcp");
  }
  for (const item of [...found]) for (const behind of itemsBehind(item, known)) found.add(behind);
  return [...found].sort();
}

export interface KnownItems {
  /** Whether there is an inventory to ask. */
  isThere: boolean;
  find(part: string, name: string): InventoryItem | undefined;
  items(part: string): readonly InventoryItem[];
}

export function knownItems(inventory: Inventory | undefined): KnownItems {
  const parts = inventory?.parts ?? {};
  const index = new Map(
    Object.entries(parts).flatMap(([part, items]) => items.map((item) => [`${part}/${item.name}`, item] as const)),
  );
  return {
    isThere: index.size > 0,
    find: (part, name) => index.get(`${part}/${name}`),
    items: (part) => parts[part] ?? [],
  };
}

function stepItems(step: Step, scenario: Scenario, known: KnownItems): string[] {
  const { expect } = step;
  const events = expect?.events ?? [];
  const exit = expect?.exit ?? 0;
  return [
    ...lineOf(step, known),
    ...(isPlainRun(step, scenario) ? ["permission-modes/default"] : []),
    ...toolsOf(step).map((name) => `tools/${name}`),
    ...slashesOf(step.stdin).map((name) => `slash-commands/${name}`),
    ...(typeof exit === "number" ? [`exit-codes/${exit}`] : []),
    ...events.flatMap(eventItems),
    ...(step.interrupt?.after.event === undefined ? [] : [`session-events/${step.interrupt.after.event}`]),
    ...codesIn(expect, known).map((code) => `error-codes/${code}`),
    ...stopReasonsIn(expect).map((reason) => `stop-reasons/${reason}`),
    ...((step.model ?? []).length > 0 && !hasModel(step, scenario) ? ["providers/anthropic"] : []),
  ];
}

/** Of a line that is to be refused, what there is: the rest is the mistake that it is about. */
function lineOf({ gantry, expect }: Step, known: KnownItems): string[] {
  const items = lineItems(gantry, known);
  if (expect?.exit !== 2) return items;
  return items.filter((item) => {
    const { part, name } = itemNameOf(item);
    return known.find(part, name) !== undefined;
  });
}

/** A run in which nobody has chosen a mode. */
function isPlainRun({ gantry, env }: Step, { config, project }: Scenario): boolean {
  const chosen = [config, project].some(
    (layer) => (layer?.["permissions"] as { mode?: unknown } | undefined)?.mode !== undefined,
  );
  const named =
    gantry.some((word) => /^--(?:permission-mode|set)(?:=|$)/.test(word)) || env?.["GANTRY_PERMISSIONS__MODE"] !== undefined;
  return gantry.includes("run") && !chosen && !named;
}

/** Those that its scripts call and its expectations name; not those that are expected to be unknown. */
function toolsOf(step: Step): string[] {
  const scripted = (step.model ?? []).flatMap((entry) => {
    const { call, calls } = entry as { call?: { name: string }; calls?: { name: string }[] };
    return [...(call === undefined ? [] : [call]), ...(calls ?? [])].map(({ name }) => name);
  });
  const expected = step.expect?.calls ?? [];
  const unknown = new Set(expected.filter(({ code }) => code === "TOOL_UNKNOWN").map(({ tool }) => tool));
  const names = new Set([...scripted, ...expected.map(({ tool }) => tool)]);
  return [...names].filter((name) => !unknown.has(name));
}

/** What its own plugins and servers bring is no part of the surface. */
function isItsOwn(item: string, scenario: Scenario, known: KnownItems): boolean {
  const { part, name } = itemNameOf(item);
  if (known.find(part, name) !== undefined) return false;
  if (part === "tools" && name.startsWith("mcp__")) return true;
  return (scenario.plugins ?? []).length > 0 && ["tools", "commands", "flags", "providers"].includes(part);
}

function slashesOf(stdin: string | undefined): string[] {
  return (stdin ?? "").split("\n").flatMap((line) => /^\/[a-z][\w-]*/.exec(line)?.[0] ?? []);
}

function eventItems(event: Record<string, unknown>): string[] {
  const { type, point, event: name, stop } = event;
  const own = typeof type === "string" ? [`session-events/${type}`] : [];
  if (type === "hook.fired" && typeof point === "string") own.push(`hook-points/${point}`);
  if (type === "hook.fired" && typeof name === "string") own.push(`hook-events/${name}`);
  if (type === "turn.end" && typeof stop === "string") own.push(`stop-reasons/${stop}`);
  return own;
}

/** Values of `code`, and codes of the table in any other text that is wanted to be there. */
function codesIn(value: unknown, known: KnownItems, key = ""): string[] {
  if (key === "absent" || key === "notContains") return [];
  if (Array.isArray(value)) return value.flatMap((part) => codesIn(part, known, key));
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([name, part]) => codesIn(part, known, name));
  if (typeof value !== "string") return [];
  if (key === "code") return /^[A-Z][A-Z0-9_]+$/.test(value) ? [value] : [];
  return (value.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\b/g) ?? []).filter(
    (word) => known.find("error-codes", word) !== undefined,
  );
}

function stopReasonsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    key === "stopReason" && typeof part === "string" ? [part] : stopReasonsIn(part),
  );
}

function hasModel(step: Step, scenario: Scenario): boolean {
  const isSet = (config: Record<string, unknown> | undefined): boolean => config?.["model"] !== undefined;
  return step.gantry.some((word) => /^--model(?:=|$)/.test(word)) || isSet(scenario.config) || isSet(scenario.project);
}

/** A tool or command of a plugin touches the plugin too, and a hook's event the points that serve it. */
function itemsBehind(item: string, known: KnownItems): string[] {
  const { part, name } = itemNameOf(item);
  const found = known.find(part, name);
  const plugin = /^plugin ([\w-]+)/.exec(found?.source ?? "")?.[1];
  const points = part === "hook-events" ? found?.facts?.["points"] : undefined;
  return [
    ...(plugin === undefined ? [] : [`plugins/${plugin}`]),
    ...(Array.isArray(points) ? points.map((point) => `hook-points/${String(point)}`) : []),
  ];
}
