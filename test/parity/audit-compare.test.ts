/** The comparison behind parity audit: nothing is different from itself, any one change is found, and order says nothing. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Inventory, InventoryItem } from "../../core/contract/inventory.ts";
import type { Json, JsonObject } from "../../core/contract/messages.ts";
import { compareInventories } from "../../plugins/parity/audit/compare-inventories.ts";
import { compareSchemas } from "../../plugins/parity/audit/compare-schemas.ts";
import { wordsOf } from "../../plugins/parity/audit/difference.ts";
import { auditReport } from "../../plugins/parity/audit/report.ts";
import { auditText } from "../../plugins/parity/audit/text.ts";

const name = fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom(..."abcXYZ-`|/") });
const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
const schema = fc.record({
  type: fc.constant("object"),
  properties: fc.dictionary(name, fc.record({ type: fc.constantFrom("string", "integer"), description: fc.string() })),
});
const item = fc.record(
  {
    name,
    source: fc.constant("table"),
    summary: fc.string(),
    facts: fc.record({ inputSchema: schema, more: json, names: fc.array(name) }) as fc.Arbitrary<JsonObject>,
  },
  { requiredKeys: ["name", "source"] },
) as fc.Arbitrary<InventoryItem>;
const items = fc.uniqueArray(item, { selector: (each) => each.name, minLength: 1, maxLength: 6 });
const inventory = fc
  .record({ tools: items, flags: items })
  .map((parts): Inventory => ({ format: "gantry-inventory/1", system: { name: "gantry", version: "1" }, parts: { ...parts } }));

const states = (theirs: Inventory, ours: Inventory): string[] =>
  compareInventories(theirs, ours).items.map(({ item: whole, state }) => `${whole} ${state}`);
const changed = (all: readonly string[]): string[] => all.filter((each) => !each.endsWith(" same"));

test("an inventory against itself, in any order, is all same", () => {
  fc.assert(
    fc.property(inventory, (theirs) => {
      const parts = Object.entries(theirs.parts).map(([part, list]) => [part, list.toReversed()]);
      const ours: Inventory = { ...structuredClone(theirs), parts: Object.fromEntries(parts.toReversed()) };
      expect(changed(states(theirs, ours))).toEqual([]);
      expect(states(ours, theirs).toSorted()).toEqual(states(theirs, ours).toSorted());
    }),
  );
});

const changes: ((chosen: InventoryItem) => InventoryItem | undefined)[] = [
  () => undefined,
  (chosen) => ({ ...chosen, name: `${chosen.name}2` }),
  (chosen) => ({ ...chosen, source: "another table" }),
  (chosen) => ({ ...chosen, summary: `${chosen.summary ?? ""}.` }),
  (chosen) => ({ ...chosen, status: "declared-only" }),
  (chosen) => ({ ...chosen, facts: { ...chosen.facts, added: null } }),
  (chosen) => ({ ...chosen, facts: { ...chosen.facts, more: { deeper: [chosen.facts?.["more"] ?? null, 1] } } }),
  (chosen) => withProperty(chosen, { type: "string" }),
  (chosen) => ({
    ...chosen,
    facts: { ...chosen.facts, names: [...((chosen.facts?.["names"] as string[]) ?? []), "one more"] },
  }),
];

function withProperty(chosen: InventoryItem, value: JsonObject): InventoryItem {
  const was = (chosen.facts?.["inputSchema"] ?? {}) as { properties?: JsonObject };
  const inputSchema = { ...was, properties: { ...was.properties, "a new one": value } };
  return { ...chosen, facts: { ...chosen.facts, inputSchema } };
}

test("every single change is found, at the item it was made of and nowhere else", () => {
  fc.assert(
    fc.property(inventory, fc.nat(), fc.constantFrom(...changes), (theirs, place, change) => {
      const list = theirs.parts["tools"] ?? [];
      const at = place % list.length;
      const [chosen] = list.slice(at);
      if (!chosen) throw new Error("there is an item");
      const now = change(chosen);
      fc.pre(!list.some((each) => each !== chosen && each.name === now?.name));
      const tools = list.flatMap((each, i) => (i !== at ? [each] : now ? [now] : []));
      const found = changed(states(theirs, { ...theirs, parts: { ...theirs.parts, tools } }));
      const whole = `tools/${chosen.name}`;
      if (!now) expect(found).toEqual([`${whole} missing`]);
      else if (now.name !== chosen.name) expect(found).toEqual([`${whole} missing`, `tools/${now.name} ours-only`]);
      else expect(found).toEqual([`${whole} different`]);
    }),
  );
});

const words = (theirs: JsonObject, ours: JsonObject, reading: "named" | "whole" = "named"): string[] =>
  compareSchemas(theirs, ours, reading).map(wordsOf);

test("schemas are compared by what they say, with nested properties, types, values and references", () => {
  const theirs: JsonObject = {
    properties: {
      path: { type: "string" },
      mode: { enum: ["b", "a"] },
      count: { $ref: "#/$defs/count" },
      either: { anyOf: [{ type: "integer" }, { type: "string" }] },
      todos: { type: "array", items: { properties: { status: { enum: ["open", "done"] }, old: {} } } },
    },
    required: ["mode", "path"],
    $defs: { count: { type: "integer", minimum: 1 } },
  };
  const ours: JsonObject = {
    properties: {
      either: { type: ["string", "integer"] },
      path: { type: "string", description: "where" },
      mode: { enum: ["a", "b"] },
      count: { type: "integer", minimum: 2, maximum: Number.MAX_SAFE_INTEGER },
      todos: { type: "array", items: { properties: { status: { enum: ["open"] }, note: {} }, required: ["note"] } },
    },
    required: ["path"],
  };
  expect(words(theirs, ours)).toEqual([
    "input mode is required there, optional here",
    "input count: at least 2 here, at least 1 there",
    'input todos[].status: values is ["done","open"] there, open here',
    "input todos[].old is only there",
    "input todos[].note, required, is only here",
  ]);
  expect(words(theirs, ours, "whole")).toContain("input path: description is not said there, where here");
  const bounds: JsonObject = { type: "string", minLength: 2, format: "uri", pattern: "^x" };
  expect(words(bounds, { type: "string", maxLength: 9 })).toEqual([
    "the input: no such bound here, at least 2 characters there",
    "the input: at most 9 characters here, no such bound there",
    'the input: no such bound here, a text like "^x" there',
    "the input: no such bound here, a text of the format uri there",
  ]);
  expect(words(bounds, { ...bounds, description: "order says nothing" })).toEqual([]);
  expect(words({ const: "x" }, { enum: ["x"], type: "string" })).toEqual([]);
});

test("schemas inside themselves, of great depth and of great width come to an end and say so", () => {
  const loop = (type: string): JsonObject => ({
    $ref: "#/$defs/node",
    $defs: { node: { properties: { next: { $ref: "#/$defs/node" }, value: { type } } }, self: { $ref: "#/$defs/self" } },
  });
  expect(words(loop("string"), loop("string"))).toEqual([]);
  expect(words(loop("string"), loop("integer"))).toEqual(["input value: type is string there, integer here"]);
  expect(words({ $ref: "#/$defs/self", ...loop("string") }, { $ref: "#" })).toEqual(expect.any(Array));
  let deep: JsonObject = { type: "string" };
  for (let i = 0; i < 2_000; i++) deep = { properties: { a: deep } };
  expect(words(deep, deep).at(-1)).toMatch(/what lies deeper is not compared$/);
  const wide = { properties: Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`p${i}`, {}])) };
  expect(words(wide, wide)).toEqual(["the rest of the input is too large to be compared"]);
  const bomb: JsonObject = { $defs: {}, $ref: "#/$defs/d0" };
  for (let i = 0; i < 40; i++)
    (bomb["$defs"] as JsonObject)[`d${i}`] = {
      properties: { a: { $ref: `#/$defs/d${i + 1}` }, b: { $ref: `#/$defs/d${i + 1}` } },
    };
  expect(words(bomb, bomb).length).toBeLessThan(200);
});

test("against another system only names, inputs and flags count, and a name with nothing behind it is no match", () => {
  const make = (system: string, parts: Inventory["parts"]): Inventory => ({
    format: "gantry-inventory/1",
    system: { name: system, version: "1" },
    parts,
  });
  const theirs = make("other", {
    commands: [
      {
        name: "list",
        source: "a",
        summary: "Lists.",
        facts: {
          flags: [
            { name: "all", type: "boolean" },
            { name: "old", type: "string" },
          ],
          args: ["x"],
        },
      },
      { name: "fork", source: "a" },
      { name: "later", source: "a", status: "declared-only" },
    ],
  });
  const ours = make("gantry", {
    commands: [
      {
        name: "list",
        source: "b",
        summary: "Shows.",
        facts: {
          flags: [
            { name: "all", type: "string", summary: "x" },
            { name: "new", type: "string" },
          ],
          args: [],
        },
      },
      { name: "fork", source: "b", status: "declared-only" },
      { name: "later", source: "b" },
    ],
  });
  const report = auditReport(theirs, ours);
  expect(report.items.map(({ item: whole, state, differences = [] }) => [whole, state, ...differences.map(wordsOf)])).toEqual([
    [
      "commands/list",
      "different",
      "flag --all.type is boolean there, string here",
      "flag --old is only there",
      "flag --new is only here",
    ],
    ["commands/fork", "different", 'status is real there, "declared-only" here'],
    ["commands/later", "same"],
  ]);
  expect(report.unexplained).toEqual(["commands/list", "commands/fork"]);
});

test("a short form that only the other system has is told, and one that only we have is not", () => {
  const withFlags = (system: string, chars: Record<string, string | undefined>): Inventory => ({
    format: "gantry-inventory/1",
    system: { name: system, version: "1" },
    parts: {
      flags: Object.entries(chars).map(([flag, char]) => ({
        name: flag,
        source: "a",
        facts: { type: "boolean", ...(char === undefined ? {} : { char }) },
      })),
    },
  });
  const theirs = withFlags("other", { "--version": "V", "--quiet": "q", "--yes": undefined, "--help": "h" });
  const ours = withFlags("gantry", { "--version": undefined, "--quiet": "s", "--yes": "y", "--help": "h" });
  const { items: found } = auditReport(theirs, ours);
  expect(found.flatMap(({ differences = [] }) => differences.map(wordsOf))).toEqual([
    "short form -V is only there",
    "short form is q there, s here",
  ]);
});

test("names of others leave the Markdown of a report whole", () => {
  const hostile = "a`b|c";
  const theirs: Inventory = {
    format: "gantry-inventory/1",
    system: { name: "x|y", version: "1" },
    parts: { tools: [{ name: hostile, source: "s" }, schemaItem({ "a\u001b[31m\nb": {}, toString: {} })] },
  };
  const tools = [schemaItem({})];
  const ours: Inventory = { ...theirs, system: { name: "gantry", version: "1" }, parts: { tools } };
  const text = auditText(auditReport(theirs, ours));
  expect(text).toContain("- `` tools/a`b|c `` is missing");
  expect(text).toContain("| `tools` | 2 | 0 | 0 | 1 | 1 | 0 | 1 | 0 |");
  expect(text).toContain("\n  - input a[31m b is only there\n  - input toString is only there\n");
});

function schemaItem(properties: JsonObject): InventoryItem {
  return { name: "with schema", source: "s", facts: { inputSchema: { properties } } };
}
