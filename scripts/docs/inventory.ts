/**
 * docs/inventory.json: the surface of this build as the built command prints it in an empty folder, with no config and no
 * plugin installed; and what is different between two of them, item by item.
 */
import type { Inventory, InventoryItem } from "../../core/contract/inventory.ts";
import { printedByBuild } from "./printed.ts";

export const inventoryText = (root: string): Promise<string> => printedByBuild(root, ["parity", "manifest"]);

const mostLines = 200;

/** `+ flags/--new`, `- commands/old`, `~ tools/Read: facts.effect "reads" → "writes"`. */
export function inventoryChanges(before: string, after: string): string[] {
  const [old, now] = [itemsOf(before), itemsOf(after)];
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  const lines = names.flatMap((name) => {
    const [was, is] = [old.get(name), now.get(name)];
    if (was === undefined) return [`+ ${name}`];
    if (is === undefined) return [`- ${name}`];
    const found = differences(was, is, []);
    return found.length === 0 ? [] : [`~ ${name}: ${found.slice(0, 3).join("; ")}${found.length > 3 ? "; …" : ""}`];
  });
  if (lines.length === 0) return ["only its form, its version or its order is different"];
  return lines.length > mostLines ? [...lines.slice(0, mostLines), `and ${lines.length - mostLines} more`] : lines;
}

function itemsOf(text: string): Map<string, InventoryItem> {
  try {
    const { parts } = JSON.parse(text) as Inventory;
    const items = Object.entries(parts).flatMap(([part, each]) => each.map((item) => [`${part}/${item.name}`, item] as const));
    return new Map(items);
  } catch {
    // A merge left its marks in it, or it is not there: all is new.
    return new Map();
  }
}

function differences(before: unknown, after: unknown, path: readonly string[]): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (isNamed(before) && isNamed(after)) return listDifferences(before, after, path);
  if (isTree(before) && isTree(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differences(Reflect.get(before, key), Reflect.get(after, key), [...path, key]));
  }
  return [`${path.join(".")} ${shown(before)} → ${shown(after)}`];
}

type NamedList = { name: string }[];

/** Flags and arguments: one that is new makes no other of them different. */
function listDifferences(before: NamedList, after: NamedList, path: readonly string[]): string[] {
  const [was, is] = [before, after].map((list) => new Map(list.map((each) => [each.name, each])));
  const names = [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])];
  const found = names.flatMap((name) => {
    const at = [...path, name];
    const [old, now] = [was?.get(name), is?.get(name)];
    if (old === undefined) return [`${at.join(".")} is new`];
    return now === undefined ? [`${at.join(".")} is gone`] : differences(old, now, at);
  });
  return found.length > 0 ? found : [`order of ${path.join(".")}`];
}

function isNamed(value: unknown): value is NamedList {
  if (!Array.isArray(value) || value.length === 0) return false;
  const names = value.map((each: unknown) => (isTree(each) ? Reflect.get(each, "name") : undefined));
  return names.every((name) => typeof name === "string") && new Set(names).size === names.length;
}

const isTree = (value: unknown): value is object => typeof value === "object" && value !== null;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
