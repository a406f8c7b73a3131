/**
 * What is different between two JSON Schemas, as a reader of them would say it: by property, not by text. The order of
 * `required`, `enum` and `type` means nothing, `const` is an enum of one, and local `$ref`s are followed. Schemas come from
 * files of others, so depth and work are bounded: what lies beyond is said to be not compared.
 */
import { isObject, type Json, type JsonObject } from "../../../core/contract/messages.ts";
import { boundKeys, canonical, type Difference } from "./difference.ts";

/** `named`: only properties, required, type, enum and the bounds of values. `whole`: every keyword. */
export type SchemaReading = "named" | "whole";

const deepest = 24;
const mostVisits = 20_000;

interface Walk {
  reading: SchemaReading;
  theirs: JsonObject;
  ours: JsonObject;
  found: Difference[];
  visits: number;
  /** Pairs of references that were followed: one that comes again is a schema inside itself, or one compared already. */
  followed: Set<string>;
}

interface Place {
  /** `todos[].status`; empty at the top. */
  path: string;
  depth: number;
}

export function compareSchemas(theirs: JsonObject, ours: JsonObject, reading: SchemaReading): Difference[] {
  const walk: Walk = { reading, theirs, ours, found: [], visits: 0, followed: new Set() };
  compareAt(theirs, ours, { path: "", depth: 0 }, walk);
  if (walk.visits > mostVisits)
    walk.found.push({ what: "the rest of the input is too large to be compared", change: "unknown" });
  return walk.found;
}

function compareAt(theirsAt: Json | undefined, oursAt: Json | undefined, place: Place, walk: Walk): void {
  if (++walk.visits > mostVisits) return;
  if (place.depth > deepest) {
    walk.found.push({ what: `${nameOf(place.path)}: what lies deeper is not compared`, change: "unknown" });
    return;
  }
  const theirs = resolve(theirsAt, walk.theirs);
  const ours = resolve(oursAt, walk.ours);
  // Where only one side refers, the other is written out, and so has an end.
  if (theirs.from !== "" && ours.from !== "") {
    const pair = `${theirs.from} ${ours.from}`;
    if (walk.followed.has(pair)) return;
    walk.followed.add(pair);
  }
  if (isObject(theirs.schema) && isObject(ours.schema)) compareObjects(theirs.schema, ours.schema, place, walk);
  else compareValue("", theirs.schema, ours.schema, place, walk);
}

function compareObjects(theirs: JsonObject, ours: JsonObject, place: Place, walk: Walk): void {
  compareTypes(theirs, ours, place, walk);
  compareProperties(theirs, ours, place, walk);
  compareItems(theirs, ours, place, walk);
  if (walk.reading === "whole") compareRest(theirs, ours, place, walk);
  else compareBounds(theirs, ours, place, walk);
}

/** What a value is held to beside its type. */
function compareBounds(theirs: JsonObject, ours: JsonObject, place: Place, walk: Walk): void {
  for (const key of boundKeys) compareValue(key, boundOf(theirs, key), boundOf(ours, key), place, walk);
}

/** A whole number is never larger than the largest that is exact, whether or not its schema says so. */
function boundOf(schema: JsonObject, key: string): Json | undefined {
  const bound = own(schema, key);
  return typeof bound === "number" && Math.abs(bound) === Number.MAX_SAFE_INTEGER ? undefined : bound;
}

function compareTypes(theirs: JsonObject, ours: JsonObject, place: Place, walk: Walk): void {
  compareSet("type", typesOf(theirs), typesOf(ours), place, walk);
  compareSet("values", valuesOf(theirs), valuesOf(ours), place, walk);
}

function compareSet(key: string, theirs: Json[] | undefined, ours: Json[] | undefined, place: Place, walk: Walk): void {
  if (canonical(theirs ?? null) === canonical(ours ?? null)) return;
  walk.found.push({ what: `${nameOf(place.path)}: ${key}`, change: "changed", ...sides(one(theirs), one(ours)) });
}

/** Sorted, so that order means nothing. */
const sorted = (values: readonly Json[]): Json[] => values.toSorted((a, b) => (canonical(a) < canonical(b) ? -1 : 1));

function typesOf({ type, const: constant, ...schema }: JsonObject): Json[] | undefined {
  if (Array.isArray(type)) return sorted([...new Set(type)]);
  if (type !== undefined) return [type];
  if (constant !== undefined) return [constant === null ? "null" : typeof constant];
  const branches = branchesOf(schema)?.map(typesOf);
  return branches?.includes(undefined) ? undefined : branches && sorted([...new Set(branches.flatMap((each) => each ?? []))]);
}

function valuesOf(schema: JsonObject): Json[] | undefined {
  if (schema["const"] !== undefined) return [schema["const"]];
  return Array.isArray(schema["enum"]) ? sorted(schema["enum"]) : undefined;
}

/** Of `anyOf` or `oneOf`, one level: a union of plain types is often written so. */
function branchesOf(schema: JsonObject): JsonObject[] | undefined {
  const branches = schema["anyOf"] ?? schema["oneOf"];
  if (!Array.isArray(branches) || !branches.every((each) => isObject(each) && !("anyOf" in each) && !("oneOf" in each)))
    return undefined;
  return branches as JsonObject[];
}

const one = (values: Json[] | undefined): Json | undefined => (values?.length === 1 ? values[0] : values);

function compareProperties(theirs: JsonObject, ours: JsonObject, place: Place, walk: Walk): void {
  const [there, here] = [recordOf(theirs["properties"]), recordOf(ours["properties"])];
  const [mustThere, mustHere] = [namesIn(theirs["required"]), namesIn(ours["required"])];
  for (const name of [...new Set([...Object.keys(there), ...Object.keys(here), ...mustThere, ...mustHere])]) {
    if (++walk.visits > mostVisits) return;
    const path = place.path === "" ? name : `${place.path}.${name}`;
    const isThere = Object.hasOwn(there, name) || mustThere.has(name);
    const isHere = Object.hasOwn(here, name) || mustHere.has(name);
    if (!isThere || !isHere) {
      const must = (isThere ? mustThere : mustHere).has(name) ? ", required," : "";
      walk.found.push({ what: `${nameOf(path)}${must}`, change: isThere ? "only-there" : "only-here" });
      continue;
    }
    if (mustThere.has(name) !== mustHere.has(name)) {
      const word = (isRequired: boolean): string => (isRequired ? "required" : "optional");
      walk.found.push({
        what: nameOf(path),
        change: "changed",
        theirs: word(mustThere.has(name)),
        ours: word(mustHere.has(name)),
      });
    }
    compareAt(own(there, name) ?? {}, own(here, name) ?? {}, { ...place, path, depth: place.depth + 1 }, walk);
  }
}

function compareItems(theirs: JsonObject, ours: JsonObject, place: Place, walk: Walk): void {
  const [there, here] = [theirs["items"], ours["items"]];
  if (there === undefined && here === undefined) return;
  const below = { ...place, path: `${place.path}[]`, depth: place.depth + 1 };
  if (isObject(there ?? {}) && isObject(here ?? {})) compareAt(there ?? {}, here ?? {}, below, walk);
  else compareValue("items", there, here, place, walk);
}

const readApart = new Set([
  "type",
  "enum",
  "const",
  "properties",
  "required",
  "items",
  "$ref",
  "$defs",
  "definitions",
  "$schema",
]);

/** Keywords that are schemas, or lists or maps of them, are compared as such. */
function compareRest(theirs: JsonObject, ours: JsonObject, place: Place, walk: Walk): void {
  for (const key of [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].filter((each) => !readApart.has(each))) {
    const [there, here] = [own(theirs, key), own(ours, key)];
    const below = { ...place, path: `${place.path}<${key}>`, depth: place.depth + 1 };
    if (isObject(there) && isObject(here) && key !== "default") compareAt(there, here, below, walk);
    else if (Array.isArray(there) && Array.isArray(here) && there.length === here.length && /^(any|one|all)Of$/.test(key))
      for (const [i, each] of there.entries()) compareAt(each, here[i], { ...below, path: `${below.path}[${i}]` }, walk);
    else compareValue(key, there, here, place, walk);
  }
}

function compareValue(key: string, theirs: Json | undefined, ours: Json | undefined, { path }: Place, walk: Walk): void {
  if (theirs !== undefined && ours !== undefined && canonical(theirs) === canonical(ours)) return;
  if (theirs === undefined && ours === undefined) return;
  walk.found.push({ what: key === "" ? nameOf(path) : `${nameOf(path)}: ${key}`, change: "changed", ...sides(theirs, ours) });
}

const sides = (theirs: Json | undefined, ours: Json | undefined): Pick<Difference, "theirs" | "ours"> => ({
  ...(theirs === undefined ? {} : { theirs }),
  ...(ours === undefined ? {} : { ours }),
});

/** Follows `#/…` within one document; anything else stays as it is. `from` is the last reference, or empty. */
function resolve(schema: Json | undefined, root: JsonObject): { schema: Json | undefined; from: string } {
  const followed = new Set<string>();
  let at = schema;
  let from = "";
  while (isObject(at) && typeof at["$ref"] === "string" && at["$ref"].startsWith("#")) {
    from = at["$ref"];
    if (followed.has(from) || followed.size > deepest) return { schema: {}, from };
    followed.add(from);
    at = pointed(root, from);
  }
  return { schema: at, from };
}

function pointed(root: JsonObject, reference: string): Json | undefined {
  const keys = reference.split("/").slice(1);
  return keys.reduce<Json | undefined>((at, key) => {
    const name = key.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(at)) return at[Number(name)];
    return isObject(at) ? own(at, name) : undefined;
  }, root);
}

const own = (object: JsonObject, key: string): Json | undefined => (Object.hasOwn(object, key) ? object[key] : undefined);
const recordOf = (value: Json | undefined): JsonObject => (value !== undefined && isObject(value) ? value : {});
const namesIn = (value: Json | undefined): Set<string> =>
  new Set(Array.isArray(value) ? value.filter((name) => typeof name === "string") : []);
const nameOf = (path: string): string => (path === "" ? "the input" : `input ${path}`);
