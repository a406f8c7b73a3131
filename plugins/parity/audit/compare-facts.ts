/**
 * What is different between two items that stand for the same thing. Of another version of Gantry every fact counts; of
 * another system only what both can say: the properties of a schema, the flags of a command, a flag's type and values, and
 * its short form where the other system says one.
 */
import type { InventoryItem } from "../../../core/contract/inventory.ts";
import { isObject, type Json, type JsonObject } from "../../../core/contract/messages.ts";
import { printed } from "../plain-text.ts";
import { compareSchemas, type SchemaReading } from "./compare-schemas.ts";
import { canonical, type Difference } from "./difference.ts";

const deepest = 24;

export function compareItem(theirs: InventoryItem, ours: InventoryItem, reading: SchemaReading): Difference[] {
  return reading === "whole" ? compareWhole(theirs, ours) : compareNamed(theirs, ours);
}

function compareWhole(theirs: InventoryItem, ours: InventoryItem): Difference[] {
  const facts = (item: InventoryItem): JsonObject => ({
    source: item.source,
    ...(item.summary === undefined ? {} : { summary: item.summary }),
    status: item.status ?? "real",
  });
  return [...compareFields("", facts(theirs), facts(ours), 0), ...compareFields("", theirs.facts ?? {}, ours.facts ?? {}, 0)];
}

function compareNamed(theirs: InventoryItem, ours: InventoryItem): Difference[] {
  const [there, here] = [theirs.facts ?? {}, ours.facts ?? {}];
  const found: Difference[] = [];
  if (isObject(there["inputSchema"] ?? null) && isObject(here["inputSchema"] ?? null))
    found.push(...compareSchemas(there["inputSchema"] as JsonObject, here["inputSchema"] as JsonObject, "named"));
  for (const key of ["type", "options"]) {
    const [value, own] = [there[key], here[key]];
    if (value !== undefined && own !== undefined) found.push(...compareField(key, value, own, 0));
  }
  found.push(...compareShortForm(there["char"], here["char"]));
  if (isNamedList(there["flags"]) && isNamedList(here["flags"]))
    found.push(...compareNamedLists("flag --", there["flags"], here["flags"], { keys: ["type", "options"], depth: 0 }));
  return [...found, ...compareStatus(theirs, ours)];
}

/** A short form that only we have is no news to who comes from there. */
function compareShortForm(theirs: Json | undefined, ours: Json | undefined): Difference[] {
  if (theirs === undefined || theirs === ours) return [];
  const what = `short form -${typeof theirs === "string" ? theirs : printed(theirs)}`;
  return ours === undefined ? [{ what, change: "only-there" }] : [{ what: "short form", change: "changed", theirs, ours }];
}

/** What is real there and a bare name here is no match. */
function compareStatus(theirs: InventoryItem, ours: InventoryItem): Difference[] {
  if (ours.status !== "declared-only" || theirs.status === "declared-only") return [];
  return [{ what: "status", change: "changed", theirs: theirs.status ?? "real", ours: ours.status }];
}

function compareFields(prefix: string, theirs: JsonObject, ours: JsonObject, depth: number): Difference[] {
  const keys = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].sort();
  return keys.flatMap((key) => {
    const what = prefix === "" ? key : `${prefix}.${key}`;
    const there = Object.hasOwn(theirs, key) ? theirs[key] : undefined;
    const here = Object.hasOwn(ours, key) ? ours[key] : undefined;
    if (there === undefined || here === undefined) {
      const value: Pick<Difference, "theirs" | "ours"> =
        there === undefined ? (here === undefined ? {} : { ours: here }) : { theirs: there };
      return [{ what, change: there === undefined ? "only-here" : "only-there", ...value } satisfies Difference];
    }
    return compareField(what, there, here, depth);
  });
}

function compareField(what: string, theirs: Json, ours: Json, depth: number): Difference[] {
  if (depth > deepest) return [{ what: `${what}: what lies deeper is not compared`, change: "unknown" }];
  if (what === "inputSchema" && isObject(theirs) && isObject(ours)) return compareSchemas(theirs, ours, "whole");
  if (isNamedList(theirs) && isNamedList(ours) && theirs.length + ours.length > 0)
    return compareNamedLists(what === "flags" ? "flag --" : `${what} `, theirs, ours, { depth });
  if (isObject(theirs) && isObject(ours)) return compareFields(what, theirs, ours, depth + 1);
  if (isTextList(theirs) && isTextList(ours)) return compareTextLists(what, theirs, ours);
  return canonical(theirs) === canonical(ours) ? [] : [{ what, change: "changed", theirs, ours }];
}

type NamedList = (JsonObject & { name: string })[];

/** Arguments and flags: told by name, and by their order where they have the same names. */
function compareNamedLists(
  label: string,
  theirs: NamedList,
  ours: NamedList,
  { keys, depth }: { keys?: readonly string[]; depth: number },
): Difference[] {
  const here = new Map(ours.map((each) => [each.name, each]));
  const there = new Map(theirs.map((each) => [each.name, each]));
  const changes = theirs.flatMap((each): Difference[] => {
    const other = here.get(each.name);
    if (!other) return [{ what: `${label}${each.name}`, change: "only-there" }];
    const both = keys?.filter((key) => each[key] !== undefined && other[key] !== undefined);
    const fields = (from: JsonObject): JsonObject => (both ? picked(from, both) : from);
    return compareFields(`${label}${each.name}`, fields(each), fields(other), depth + 1);
  });
  const added = ours.filter(({ name }) => !there.has(name));
  const only = added.map(({ name }): Difference => ({ what: `${label}${name}`, change: "only-here" }));
  const names = (list: NamedList): string[] => list.map(({ name }) => name);
  const all = [...changes, ...only];
  if (all.length > 0 || keys || canonical(names(theirs)) === canonical(names(ours))) return all;
  return [{ what: `order of ${label.trim()}`, change: "changed", theirs: names(theirs), ours: names(ours) }];
}

function picked(from: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.map((key) => [key, from[key] ?? null]));
}

function compareTextLists(what: string, theirs: string[], ours: string[]): Difference[] {
  const gone = theirs.filter((each) => !ours.includes(each));
  const added = ours.filter((each) => !theirs.includes(each));
  if (gone.length + added.length === 0) {
    return canonical(theirs) === canonical(ours) ? [] : [{ what: `order of ${what}`, change: "changed", theirs, ours }];
  }
  return [
    ...gone.map((each): Difference => ({ what: `${what} ${each}`, change: "only-there" })),
    ...added.map((each): Difference => ({ what: `${what} ${each}`, change: "only-here" })),
  ];
}

function isNamedList(value: Json | undefined): value is NamedList {
  if (!Array.isArray(value)) return false;
  const names = value.map((each) => (isObject(each) && typeof each["name"] === "string" ? each["name"] : undefined));
  return !names.includes(undefined) && new Set(names).size === names.length;
}

const isTextList = (value: Json): value is string[] => Array.isArray(value) && value.every((each) => typeof each === "string");
