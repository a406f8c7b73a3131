/** Input schemas of servers as providers take them: JSON Schema 2020-12, an object at the top, and nothing that ends a whole request. */
import { expect, test } from "vitest";
import type { JsonObject } from "../../core/contract/messages.ts";
import { modelSchema } from "../../plugins/mcp/thread/model-schema.ts";

const object = (properties: JsonObject): JsonObject => ({ type: "object", properties });

test("a schema that providers take is sent as it is", () => {
  const schema: JsonObject = {
    ...object({ a: { type: ["string", "null"], enum: ["x", null], default: "x" }, "b.c-d": { $ref: "#/$defs/b" } }),
    ...{
      required: ["a"],
      additionalProperties: false,
      $defs: { b: { oneOf: [{ type: "integer", minimum: 0 }, { const: 1 }] } },
    },
  };
  expect(modelSchema(schema)).toEqual({ schema, changes: [] });
  expect(modelSchema({ ...schema, $schema: "http://json-schema.org/draft-07/schema#" })).toEqual({ schema, changes: [] });
});

test.each<[string, JsonObject, JsonObject, string]>([
  ["no type", {}, { type: "object" }, ""],
  ["another type", { type: "array", items: {} }, { type: "object", items: {} }, 'its type "array" became object'],
  ["alternatives at the top", { type: "object", oneOf: [{}] }, { type: "object" }, "oneOf at the top was taken off"],
  ["a tuple of old", object({ a: { items: [{ type: "string" }] } }), object({ a: { prefixItems: [{ type: "string" }] } }), ""],
  [
    "a bound of old",
    object({ a: { exclusiveMinimum: true } }),
    object({ a: {} }),
    "a wrong exclusiveMinimum in it was taken off",
  ],
  ["an unknown type", object({ a: { type: "any" } }), object({ a: {} }), "a wrong type in it was taken off"],
  ["required of old", object({ a: { required: true } }), object({ a: {} }), "a wrong required in it was taken off"],
  ["a reference elsewhere", object({ a: { $ref: "https://x/y" } }), object({ a: {} }), "a wrong $ref in it was taken off"],
  ["an empty choice", object({ a: { enum: [] } }), object({ a: {} }), "a wrong enum in it was taken off"],
  ["a broken pattern", object({ a: { pattern: "(" } }), object({ a: {} }), "a wrong pattern in it was taken off"],
  [
    "properties that are none",
    { type: "object", properties: [] },
    { type: "object" },
    "a wrong properties in it was taken off",
  ],
])("of %s only the wrong part is taken off, and it is said", (_, given, schema, change) => {
  expect(modelSchema(given)).toEqual({ schema, changes: change === "" ? [] : [change] });
});

test("a tool is left out for the name of an input that providers refuse", () => {
  expect(modelSchema(object({ "a b": {} }))).toEqual({ refused: expect.stringContaining('"a b"') });
  expect(modelSchema(object({ ["x".repeat(65)]: {} }))).toEqual({ refused: expect.any(String) });
});

test("a property named like an object's own machinery is a property", () => {
  const given = JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}') as JsonObject;
  expect(JSON.stringify(modelSchema(given))).toBe(JSON.stringify({ schema: given, changes: [] }));
});
