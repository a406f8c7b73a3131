import fc from "fast-check";
import { expect, test } from "vitest";
import { defaults } from "../../config/defaults.ts";
import { type Entry, entriesOf, type Fragment } from "../../config/fragment.ts";
import { configOf, layerOrder, merge } from "../../config/merge.ts";
import { divide } from "../../config/trust.ts";
import { modes } from "../../core/contract/modes.ts";

const layer = fc.constantFrom(...layerOrder.slice(1));
const rule = fc.constantFrom("Read", "Write", "Bash", "Bash(rm:*)", "Read(./.env)", "Edit(/src/**)");
const rules = fc.uniqueArray(rule, { maxLength: 4 });
const data = fc.record(
  {
    model: fc.constantFrom("a/b", "c/d", "scripted/x"),
    permissions: fc.record({ mode: fc.constantFrom(...modes), allow: rules, ask: rules, deny: rules }, { requiredKeys: [] }),
    limits: fc.record(
      { maxTurns: fc.integer({ min: 1, max: 999 }), maxCostUsd: fc.integer({ min: 1, max: 9 }) },
      { requiredKeys: [] },
    ),
    env: fc.dictionary(fc.constantFrom("A", "B"), fc.constantFrom("1", "2")),
  },
  { requiredKeys: [] },
);
const fragments = fc
  .uniqueArray(fc.record({ layer, data }), { selector: ({ layer: name }) => name })
  .map((list) =>
    list.map(
      ({ layer: name, data: said }): Fragment => ({ layer: name, data: said, name, base: "/base", lineOf: () => undefined }),
    ),
  );

const all = (list: readonly Fragment[]): Entry[] => list.flatMap((fragment) => entriesOf(fragment, "/home/u"));
const strings = (list: readonly Entry[], key: string): unknown[] =>
  list.filter((entry) => entry.key === key).map(({ value }) => value);

test("no layer loses a rule of another, deny first of all", () => {
  fc.assert(
    fc.property(fragments, (list) => {
      const config = configOf(merge(all(list)));
      for (const behavior of ["deny", "ask", "allow"] as const) {
        expect(new Set(config.permissions[behavior])).toEqual(new Set(strings(all(list), `permissions.${behavior}`)));
      }
    }),
  );
});

test("the order in which layers are read changes nothing", () => {
  const shuffled = fragments.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );
  fc.assert(
    fc.property(shuffled, ([list, other]) => {
      expect(configOf(merge(all(other)))).toEqual(configOf(merge(all(list))));
      expect(merge(all(other))).toEqual(merge(all(list)));
    }),
  );
});

test("for every value the highest layer that says it wins, and the rest is kept in order as hidden", () => {
  fc.assert(
    fc.property(fragments, (list) => {
      const { values } = merge(all(list));
      for (const entries of values.values()) {
        const ranks = entries.map(({ from }) => layerOrder.indexOf(from.layer));
        expect(ranks).toEqual(ranks.toSorted((left, right) => right - left));
      }
      expect([...values.values()].flat()).toHaveLength(all(list).filter(({ isElement }) => !isElement).length);
    }),
  );
});

test("adding a layer never takes a deny or ask rule away", () => {
  fc.assert(
    fc.property(fragments, (list) => {
      const [, ...fewer] = list;
      const before = configOf(merge(all(fewer))).permissions;
      const after = configOf(merge(all(list))).permissions;
      expect(after.deny).toEqual(expect.arrayContaining(before.deny));
      expect(after.ask).toEqual(expect.arrayContaining(before.ask));
    }),
  );
});

test("an untrusted project adds its deny and ask rules, and loosens nothing", () => {
  fc.assert(
    fc.property(data, data, (user, project) => {
      const own = entriesOf({ layer: "user", data: user, name: "user", base: "/u", lineOf: () => undefined }, "/home/u");
      const theirs = entriesOf(
        { layer: "project", data: project, name: "project", base: "/p", lineOf: () => undefined },
        "/home/u",
      );
      const lower = configOf(merge(own));
      const { free, held, parts } = divide(theirs, lower);
      const { permissions, limits, env } = configOf(merge([...own, ...free]));
      expect(permissions.allow).toEqual(lower.permissions.allow);
      expect(env).toEqual(lower.env);
      expect(modes.indexOf(permissions.mode)).toBeLessThanOrEqual(modes.indexOf(lower.permissions.mode));
      expect(limits.maxTurns).toBeLessThanOrEqual(lower.limits.maxTurns);
      expect(limits.maxCostUsd ?? Infinity).toBeLessThanOrEqual(lower.limits.maxCostUsd ?? Infinity);
      expect(permissions.deny).toEqual(expect.arrayContaining(strings(theirs, "permissions.deny")));
      expect(permissions.ask).toEqual(expect.arrayContaining(strings(theirs, "permissions.ask")));
      expect([held.length, held.length + free.length]).toEqual([parts.length, theirs.length]);
    }),
  );
});

test("merging nothing gives the defaults, and never changes them", () => {
  const config = configOf(merge([]));
  config.permissions.deny.push("Write");
  config.limits.maxTurns = 1;
  expect(configOf(merge([]))).toEqual(defaults);
  expect(defaults.permissions.deny).toEqual([]);
});

const hookText = fc.constantFrom("./a.sh", "./b.sh", "./c.sh");
const hooks = fc.dictionary(
  fc.constantFrom("PreToolUse", "Stop", "Nope"),
  fc.array(
    fc.record(
      {
        matcher: fc.constantFrom("Bash", "*"),
        hooks: fc.array(
          hookText.map((command) => ({ type: "command", command })),
          { minLength: 1 },
        ),
      },
      { requiredKeys: ["hooks"] },
    ),
    { maxLength: 3 },
  ),
);

test("no layer loses or merges a hook of another, and their order within a layer is the one written", () => {
  const layers = fc.uniqueArray(fc.record({ layer, hooks }), { selector: ({ layer: name }) => name });
  fc.assert(
    fc.property(layers, (list) => {
      const said = list.map(
        ({ layer: name, hooks: own }): Fragment => ({
          layer: name,
          data: { hooks: own },
          name,
          base: "/b",
          lineOf: () => undefined,
        }),
      );
      const { lists } = merge(all(said));
      for (const { layer: name, hooks: own } of list) {
        for (const [event, groups] of Object.entries(own)) {
          const commands = groups.flatMap((group) => group.hooks.map((hook) => ({ ...group, hooks: [hook] })));
          const kept = (lists.get(`hooks.${event}`) ?? []).filter(({ from }) => from.layer === name).map(({ value }) => value);
          expect(kept).toEqual(commands);
        }
      }
      expect([...lists.values()].flat()).toHaveLength(all(said).length);
    }),
  );
});

test("no hook of an untrusted project is used, and none is forgotten", () => {
  fc.assert(
    fc.property(hooks, (own) => {
      const theirs = entriesOf(
        { layer: "project", data: { hooks: own }, name: "p", base: "/p", lineOf: () => undefined },
        "/h",
      );
      const { held, free, parts } = divide(theirs, configOf(merge([])));
      expect([held, free, parts.length]).toEqual([theirs, [], theirs.length]);
    }),
  );
});
