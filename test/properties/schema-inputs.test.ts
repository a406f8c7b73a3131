/** The JSON Schema that a stranger wrote, in the core: what it may cost, what of it counts, and how its problems are said. */
import { describe, expect, test } from "vitest";
import type { ToolManifest } from "../../core/contract/manifest.ts";
import type { Json, JsonObject } from "../../core/contract/messages.ts";
import { createSchemaCheck } from "../../core/turn/schema-inputs.ts";

const check = createSchemaCheck();

function problemsOf(inputSchema: JsonObject, input: JsonObject): string | undefined {
  return check({ name: "One", description: "One.", effect: "reads", inputSchema } as ToolManifest, input);
}

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: "object", properties, ...more });

function nested(levels: number, wrap: (inner: Json) => Json, last: Json): Json {
  let value = last;
  for (let at = 0; at < levels; at++) value = wrap(value);
  return value;
}

describe("hostile schemas", () => {
  const catastrophic = "^(a+)+$";
  const attack = `${"a".repeat(40)}!`;

  test.each<[string, JsonObject, JsonObject]>([
    ["a pattern", object({ a: { type: "string", pattern: catastrophic } }), { a: attack }],
    ["patternProperties", { type: "object", patternProperties: { [catastrophic]: { type: "number" } } }, { [attack]: "x" }],
    ["propertyNames", { type: "object", propertyNames: { pattern: catastrophic } }, { [attack]: 1 }],
    ["a pattern below anyOf", object({ a: { anyOf: [{ type: "string", pattern: catastrophic }] } }), { a: attack }],
    ["a format", object({ a: { type: "string", format: "email" } }), { a: attack }],
    ["a reference to itself", object({ a: { $ref: "#" } }), { a: { a: { a: {} } } }],
    ["a reference to elsewhere", object({ a: { $ref: "https://example.invalid/schema" } }), { a: 1 }],
    ["definitions in a ring", object({ a: { $ref: "#/$defs/x" } }, { $defs: { x: { $ref: "#/$defs/x" } } }), { a: 1 }],
    ["a dynamic reference", { type: "object", $dynamicRef: "#meta" }, {}],
    ["conditions", { type: "object", if: { required: ["a"] }, else: false }, {}],
  ])("%s is neither run nor followed: the guest's own schema decides", (_what, schema, input) => {
    expect(problemsOf(schema, input)).toBeUndefined();
  });

  test.each<[string, JsonObject]>([
    ["types that are none", object({ a: { type: "frob" } })],
    ["a list of types", object({ a: { type: ["string", "null", 7] } })],
    ["no words in required", { type: "object", required: [1, null] }],
    ["required that is no list", { type: "object", required: "a" }],
    ["an enum that is no list", object({ a: { enum: "x" } })],
    ["an enum of nothing", object({ a: { enum: [] } })],
    ["an enum of objects", object({ a: { enum: [{ x: 1 }, [1]] } })],
    ["a const that is an object", object({ a: { const: { x: 1 } } })],
    ["lengths that are none", object({ a: { type: "string", minLength: -1, maxLength: 1e308 } })],
    ["properties that are no schemas", object({ a: 7, b: null, c: [] })],
    ["properties that are a list", { type: "object", properties: [1] }],
    ["anyOf of nothing", object({ a: { anyOf: [] } })],
    ["oneOf of nonsense", object({ a: { oneOf: [7, null, "x"] } })],
    ["allOf that cannot be", object({ a: { allOf: [{ type: "string" }, { type: "number" }] } })],
    ["another type at its top", { type: "string" }],
    ["a prototype among its properties", JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}')],
    ["names of an object's own parts", object({ constructor: { type: "string" }, toString: { type: "number" } })],
  ])("%s: an answer, and no exception", (_what, schema) => {
    for (const input of [{}, { a: "x" }, { a: null }, { b: [1] }] as JsonObject[]) {
      const said = problemsOf(schema, structuredClone(input));
      expect(said === undefined || said.startsWith("- ")).toBe(true);
    }
  });

  test("as deep and as wide as an install takes one, it is checked and overflows nothing", () => {
    const deep = object({ a: nested(20, (items) => ({ type: "array", items }), { type: "number" }) });
    expect(problemsOf(deep, { a: nested(20, (one) => [one], "x") })).toMatch(/^- a\.0\.0.* must be number$/);
    const wide = object(Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`f${at}`, { type: "number" }])));
    const wrong = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`f${at}`, "x"]));
    expect(problemsOf(wide, wrong)?.split("\n")).toHaveLength(20);
  });

  test("an input that is deeper than any schema overflows nothing", () => {
    const input = { a: nested(5_000, (one) => [one], 1) };
    expect(problemsOf(object({ a: { type: "array" } }), input)).toBeUndefined();
  });

  test("a default is filled in as the input's own field, and is not the schema's", () => {
    const schema = object({ a: { type: "object", default: { list: [1] } }, b: { type: "string", default: "x" } });
    const first: JsonObject = {};
    expect(problemsOf(schema, first)).toBeUndefined();
    expect(first).toEqual({ a: { list: [1] }, b: "x" });
    (first["a"] as JsonObject)["list"] = "changed";
    const second: JsonObject = {};
    problemsOf(schema, second);
    expect(second["a"]).toEqual({ list: [1] });
  });

  test("nothing of a schema reaches a prototype", () => {
    const schema = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"default":{"polluted":1}},"a":{"default":1}}}',
    ) as JsonObject;
    const input: JsonObject = {};
    problemsOf(schema, input);
    expect(Object.getPrototypeOf(input)).toBe(Object.prototype);
    expect(({} as JsonObject)["polluted"]).toBeUndefined();
  });
});

test.each<[JsonObject, JsonObject, string]>([
  [object({ a: { type: "string" } }, { required: ["a"] }), {}, "- a is missing"],
  [object({ a: { type: "integer" } }), { a: 1.5 }, "- a must be integer"],
  [object({ a: { type: "string", maxLength: 2 } }), { a: "abc" }, "- a must NOT have more than 2 characters"],
  [object({ a: { type: "array", minItems: 1 } }), { a: [] }, "- a must NOT have fewer than 1 items"],
  [object({ a: { type: "number", exclusiveMaximum: 5 } }), { a: 5 }, "- a must be < 5"],
  [object({ a: { enum: ["x", "y"] } }), { a: "z" }, "- a must be one of x, y"],
  [object({ name: {} }, { additionalProperties: false }), { nmae: 1 }, "- there is no field nmae. Did you mean name?"],
])("%j refuses %j in the words of built-ins", (schema, input, said) => {
  expect(problemsOf(schema, input)).toBe(said);
});
