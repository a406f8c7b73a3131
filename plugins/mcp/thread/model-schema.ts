/**
 * A server's input schema as providers take it. They refuse a whole request for one schema that is not of JSON Schema 2020-12, or
 * that has alternatives at its top; so what they would refuse is taken off, and said. The server checks by its own schema.
 */
import { isObject, type Json, type JsonObject } from "../../../core/contract/messages.ts";

export type ModelSchema = { schema: JsonObject; changes: string[] } | { refused: string };

const notAtTop = ["anyOf", "oneOf", "allOf", "not", "enum", "const", "if", "then", "else"];
const propertyName = /^[a-zA-Z0-9_.-]{1,64}$/;
const types = new Set<Json>(["string", "number", "integer", "boolean", "null", "object", "array"]);
const mostChanges = 5;

export function modelSchema(given: JsonObject): ModelSchema {
  const changes: string[] = [];
  const { $schema: _dialect, $id: _id, ...schema } = given;
  if (schema["type"] !== "object") {
    if (schema["type"] !== undefined) changes.push(`its type ${JSON.stringify(schema["type"]).slice(0, 40)} became object`);
    schema["type"] = "object";
  }
  for (const name of notAtTop) {
    if (schema[name] === undefined) continue;
    changes.push(`${name} at the top was taken off`);
    delete schema[name];
  }
  const names = isObject(schema["properties"]) ? Object.keys(schema["properties"]) : [];
  const wrong = names.find((name) => !propertyName.test(name));
  if (wrong !== undefined)
    return { refused: `its input ${JSON.stringify(wrong.slice(0, 80))} has a name that models' providers refuse` };
  const mended = mend(schema, (change) => {
    if (changes.length < mostChanges && !changes.includes(change)) changes.push(change);
  });
  return { schema: mended, changes };
}

type Tell = (change: string) => void;
/** The value in place of the given one; undefined takes the keyword off. */
type Mend = (value: Json, tell: Tell) => Json | undefined;

const one: Mend = (value, tell) => (typeof value === "boolean" ? value : isObject(value) ? mend(value, tell) : undefined);
const list: Mend = (value, tell) =>
  Array.isArray(value) && value.length > 0 ? value.map((each) => one(each, tell) ?? {}) : undefined;
const map: Mend = (value, tell) =>
  isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, one(each, tell) ?? {}])) : undefined;
const amount: Mend = (value) => (typeof value === "number" && Number.isFinite(value) ? value : undefined);
const length: Mend = (value) => (typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : undefined);
const text: Mend = (value) => (typeof value === "string" ? value : undefined);
const flag: Mend = (value) => (typeof value === "boolean" ? value : undefined);
const names: Mend = (value) => (Array.isArray(value) && value.every((each) => typeof each === "string") ? value : undefined);
const values: Mend = (value) => (Array.isArray(value) && value.length > 0 ? value : undefined);
const reference: Mend = (value) => (typeof value === "string" && value.startsWith("#") ? value : undefined);
const regex: Mend = (value) => (typeof value === "string" && isPattern(value) ? value : undefined);
const type: Mend = (value) => {
  const known = [value].flat().filter((each) => types.has(each));
  if (known.length === 0) return undefined;
  return Array.isArray(value) ? [...new Set(known)] : value;
};

const keywords = new Map<string, Mend>([
  ["type", type],
  ["enum", values],
  ["required", names],
  ["pattern", regex],
  ["$ref", reference],
  ["uniqueItems", flag],
  ...["properties", "$defs", "definitions", "dependentSchemas"].map((name) => [name, map] as const),
  ...["anyOf", "oneOf", "allOf", "prefixItems"].map((name) => [name, list] as const),
  ...["additionalProperties", "items", "not", "contains", "propertyNames", "if", "then", "else"].map(
    (name) => [name, one] as const,
  ),
  ...["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"].map((name) => [name, amount] as const),
  ...["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"].map(
    (name) => [name, length] as const,
  ),
  ...["title", "description", "format", "$comment"].map((name) => [name, text] as const),
]);

function mend(schema: JsonObject, tell: Tell): JsonObject {
  const kept = Object.entries(schema).flatMap(([name, value]): [string, Json][] => {
    // The tuple of older drafts.
    const keyword = name === "items" && Array.isArray(value) ? "prefixItems" : name;
    const take = keywords.get(keyword);
    const mended = take === undefined ? value : take(value, tell);
    if (mended !== undefined) return [[keyword, mended]];
    tell(`a wrong ${name.slice(0, 40)} in it was taken off`);
    return [];
  });
  return Object.fromEntries(kept);
}

function isPattern(source: string): boolean {
  try {
    new RegExp(source);
    return true;
  } catch {
    return false;
  }
}
