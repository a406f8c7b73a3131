import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson } from "../../config/json-text.ts";
import { parsePlainJson } from "../../config/plain-json.ts";
import type { Json } from "../../core/contract/messages.ts";

type Path = (string | number)[];

/** Of every key, and one that nobody wrote below each. */
function pathsOf(data: Json, above: Path = []): Path[] {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return [above];
  const own = Object.entries(data).flatMap(([key, value]) => pathsOf(value, [...above, key]));
  return [above, [...above, "nobody wrote this"], ...own];
}

const sameAsTolerant = (text: string): void => {
  const [plain, tolerant] = [parsePlainJson(text), parseJson(text)];
  expect(plain?.data).toEqual(tolerant.data);
  for (const path of pathsOf(tolerant.data ?? null)) expect(plain?.lineOf(path)).toBe(tolerant.lineOf(path));
};

test("plain JSON gives the same data and the same lines as the parser that takes comments", () => {
  const entry = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 6 });
  fc.assert(fc.property(entry, fc.constantFrom(0, 1, 4), (data, indent) => sameAsTolerant(JSON.stringify(data, null, indent))));
  sameAsTolerant('\n\n  {"a, [": {"b\\"}": [1, {"c": 2}],\n\n"__proto__":\n{"d": "x\\n"}}, "": {}}\n');
});

test("a key that is written twice, too many levels and what is no plain JSON are left to that parser", () => {
  const deep = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
  for (const text of ['{"a": {"b": 1, "\\u0062": 2}}', deep(65), "{} // x", '{"a": 1,}', "\uFEFF{}", "", "a: 1"]) {
    expect(parsePlainJson(text), text).toBeUndefined();
  }
  sameAsTolerant(deep(64));
});
