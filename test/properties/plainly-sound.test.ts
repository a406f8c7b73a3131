import fc from "fast-check";
import { expect, test } from "vitest";
import { isPlainlySound, plainKeys } from "../../config/plainly-sound.ts";
import { configKeys, layerSchema } from "../../config/schema.ts";

const keys = configKeys();
const value = fc.oneof(
  fc.constantFrom("a/b", "plan", "read-only", "yolo", "", "/", "a/ b", "http://x", "A/b", "a/\n"),
  fc.constantFrom(0, 1, 64, 65, 1023, 1024, 1.5, -1, 2_147_483_647, 2_147_483_648, 1e300, Number.MAX_SAFE_INTEGER),
  fc.constantFrom(null, true, {}, [], "off", "require", "ask", ["user"], ["users"]),
  fc.constantFrom({ Stop: [] }, { Stop: [{ hooks: [{}] }] }, { Stop: [{ hooks: {} }] }, { "a.b": [] }, { Stop: [[]] }),
  fc.constantFrom(
    { docs: { command: "x", args: ["a"], env: { A: "b" }, cwd: ".", timeout: 5, tools: { allow: ["a*"] }, enabled: true } },
    { "my docs": { url: "x", type: "sse", headers: { A: "b" }, oauth: { callbackPort: 1 }, sampling: { answer: "ask" } } },
    { " docs": { command: "x" } },
    { docs: { command: "x", timeout: 0 } },
    { docs: { enabled: false } },
    { docs: {}, __: { command: "x" } },
  ),
  fc.constantFrom([{ call: "Read", expect: "deny" }], [{ call: "", expect: "deny" }], [{ call: "Read" }]),
  fc.array(fc.oneof(fc.string(), fc.constant(1), fc.constant("")), { maxLength: 3 }),
  fc.dictionary(fc.constantFrom("A", "b_1", "1A", "A B", "é", "__proto__"), fc.oneof(fc.string(), fc.constant(1))),
);
const setting = fc.tuple(
  fc.oneof(
    fc.constantFrom(...keys.map(({ key }) => key)),
    fc.constantFrom("nope", "limits", "permissions", "sandbox", "__proto__"),
  ),
  value,
);

function nested(settings: readonly [string, unknown][]): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [key, said] of settings) {
    const parts = key.split(".");
    const last = parts.pop() ?? key;
    let at = root;
    for (const part of parts) {
      const next = Object.hasOwn(at, part) ? at[part] : undefined;
      if (typeof next !== "object" || next === null || Array.isArray(next)) at[part] = {};
      at = at[part] as Record<string, unknown>;
    }
    Object.defineProperty(at, last, { value: said, enumerable: true, configurable: true, writable: true });
  }
  return root;
}

test("what is plainly sound is sound by the schema too", () => {
  fc.assert(
    fc.property(fc.array(setting, { maxLength: 4 }), (settings) => {
      const data = nested(settings);
      if (isPlainlySound(data as never)) expect(layerSchema.safeParse(data).error?.issues).toBeUndefined();
    }),
    { numRuns: 3000 },
  );
});

test("a single sound value of the usual keys is seen as such, so that the quick way is really taken", () => {
  for (const [key, said] of [
    ["model", "a/b"],
    ["permissions.mode", "read-only"],
    ["permissions.deny", ["Bash"]],
    ["limits.maxTurns", 1],
    ["limits.maxCostUsd", 0.5],
    ["env", { A: "" }],
  ] as const) {
    expect([key, isPlainlySound(nested([[key, said]]) as never)]).toEqual([key, true]);
  }
});

test("the keys it knows are the schema's, with their types", () => {
  const types = new Map(keys.map(({ key, type }) => [key, type]));
  for (const { key, type } of plainKeys()) expect([key, types.get(key)]).toEqual([key, type]);
});
