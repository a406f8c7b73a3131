/**
 * Inputs of community tools against the JSON Schema of their manifests, which a stranger wrote: only keywords whose check costs
 * no more than the schema and the input are long. No regular expression of a plugin's runs here, and no reference is followed;
 * the plugin's own schema says the rest in its guest.
 */
import * as z from "zod";
import type { ToolManifest } from "../contract/manifest.ts";
import { isObject, type Json, type JsonObject } from "../contract/messages.ts";
import { didYouMean } from "../contract/nearest.ts";

/** What is wrong with an input, a line for each problem; undefined when it fits. Fills in the defaults of absent fields. */
export function createSchemaCheck(): (tool: ToolManifest, input: JsonObject) => string | undefined {
  const schemas = new WeakMap<JsonObject, z.ZodType>();
  return ({ inputSchema }, input) => {
    let schema = schemas.get(inputSchema);
    if (schema === undefined) {
      schema = schemaOf(inputSchema);
      schemas.set(inputSchema, schema);
    }
    const result = schema.safeParse(input);
    if (!result.success)
      return [...new Set(result.error.issues.flatMap((issue) => linesOf(issue, inputSchema)))].slice(0, mostLines).join("\n");
    for (const [name, value] of Object.entries(result.data as JsonObject)) {
      if (!Object.hasOwn(input, name))
        Object.defineProperty(input, name, { value, enumerable: true, writable: true, configurable: true });
    }
    return undefined;
  };
}

const mostLines = 20;

/** What cannot be made a check of, such as properties that are no object, is left to the plugin's own schema. */
function schemaOf(inputSchema: JsonObject): z.ZodType {
  try {
    return z.fromJSONSchema({ ...plainSchema(inputSchema), type: "object" } as Parameters<typeof z.fromJSONSchema>[0]);
  } catch {
    return z.looseObject({});
  }
}

type Keep = (value: Json) => Json | undefined;
const same: Keep = (value) => value;
const inner: Keep = (value) => (typeof value === "boolean" ? value : isObject(value) ? plainSchema(value) : undefined);
const innerList: Keep = (value) => (Array.isArray(value) ? value.map((one) => inner(one) ?? {}) : undefined);
const innerMap: Keep = (value) =>
  isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inner(one) ?? {}])) : undefined;
const types = new Set<Json>(["string", "number", "integer", "boolean", "null", "object", "array"]);
const knownType: Keep = (value) => {
  const known = (Array.isArray(value) ? value : [value]).filter((one) => types.has(one));
  return known.length > 1 ? known : known[0];
};
const amount: Keep = (value) => (typeof value === "number" && Number.isFinite(value) ? value : undefined);

const keywords = new Map<string, Keep>([
  ["type", knownType],
  ...["enum", "const", "required", "default"].map((name) => [name, same] as const),
  ...["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"].map((name) => [name, amount] as const),
  ...["minLength", "maxLength", "minItems", "maxItems"].map((name) => [name, amount] as const),
  ...["additionalProperties", "items"].map((name) => [name, inner] as const),
  ...["anyOf", "oneOf", "allOf"].map((name) => [name, innerList] as const),
  ["properties", innerMap],
]);

function plainSchema(schema: JsonObject): JsonObject {
  const kept: JsonObject = {};
  for (const [name, value] of Object.entries(schema)) {
    const plain = keywords.get(name)?.(value);
    if (plain !== undefined) kept[name] = plain;
  }
  // zod bounds only arrays whose elements are spoken of.
  if (("minItems" in kept || "maxItems" in kept) && !("items" in kept)) kept["items"] = {};
  return kept;
}

function linesOf(issue: z.core.$ZodIssue, schema: JsonObject): string[] {
  const field = issue.path.map(String).join(".");
  const place = field === "" ? "" : `${field}: `;
  if (issue.code === "unrecognized_keys") {
    const fields = field === "" && isObject(schema["properties"]) ? Object.keys(schema["properties"]) : [];
    return issue.keys.map((key) => `- ${place}there is no field ${key}.${didYouMean(key, fields)}`);
  }
  if (issue.code === "invalid_value")
    return [`- ${field || "the input"} must be one of ${issue.values.map(String).join(", ")}`];
  if (issue.code === "invalid_type" && /received undefined/.test(issue.message)) {
    const above = issue.path.slice(0, -1).map(String).join(".");
    return [`- ${above === "" ? "" : `${above}: `}${String(issue.path.at(-1) ?? "the input")} is missing`];
  }
  return [`- ${field || "the input"} ${wordsOf(issue)}`];
}

/** As the built-ins' checks say it. */
function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return `must be ${issue.expected === "int" ? "integer" : issue.expected}`;
  if (issue.code === "too_small") {
    const { origin, minimum, inclusive } = issue;
    if (origin === "string" || origin === "array") return `must NOT have fewer than ${minimum} ${units[origin]}`;
    return `must be ${inclusive === false ? ">" : ">="} ${minimum}`;
  }
  if (issue.code === "too_big") {
    const { origin, maximum, inclusive } = issue;
    if (origin === "string" || origin === "array") return `must NOT have more than ${maximum} ${units[origin]}`;
    return `must be ${inclusive === false ? "<" : "<="} ${maximum}`;
  }
  return issue.code === "invalid_union" ? "fits none of the forms that it may have" : issue.message;
}

const units: Readonly<Record<string, string>> = { string: "characters", array: "items" };
