import { readdirSync, statSync, utimesSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { createPlace } from "./place.ts";

test("an always-answer is a rule in this user's own file for the project, and the next load has it without trust", async () => {
  const place = createPlace();
  const where = await (await place.load()).rememberAlways("Bash(npm test:*)");
  const [file, line] = where.split(/:(?=\d+$)/) as [string, string];
  expect(place.read(file).split("\n")[Number(line) - 1]).toContain("Bash(npm test:*)");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(dirname(file))).toHaveLength(1);
  const next = await place.load();
  expect(next.problems).toEqual([]);
  expect(next.trust.state).toBe("nothing-to-trust");
  expect(next.ruleList).toEqual([{ behavior: "allow", rule: "Bash(npm test:*)", source: where, base: place.project }]);
});

test("comments and other keys of the file stay, and a rule that is there is not written twice", async () => {
  const place = createPlace();
  const loaded = await place.load();
  const file = (await loaded.host().paths()).find(({ layer }) => layer === "local")?.path ?? "";
  const text =
    '{\n  // my own limit\n  "limits": { "maxTurns": 5 },\n  "permissions": {\n    "deny": ["Write"], // never\n    "allow": [\n      "Read" // fine\n    ]\n  }\n}\n';
  place.writeUser(file.slice(place.userFolder.length + 1), text);
  const first = await loaded.rememberAlways("Glob");
  const after = place.read(file);
  for (const kept of ["// my own limit", "// never", '"Read"', '"deny": ["Write"]']) expect(after).toContain(kept);
  expect(await loaded.rememberAlways("Glob")).toBe(first);
  expect(place.read(file)).toBe(after);
  const next = await place.load();
  expect(next.config.permissions).toMatchObject({ allow: ["Read", "Glob"], deny: ["Write"] });
  expect(next.config.limits.maxTurns).toBe(5);
});

test("several answers follow one another", async () => {
  const place = createPlace();
  const loaded = await place.load();
  for (const rule of ["Read", "Glob", 'Bash(echo "x")']) await loaded.rememberAlways(rule);
  expect((await place.load()).config.permissions.allow).toEqual(["Read", "Glob", 'Bash(echo "x")']);
});

test("answers given at the same moment are all kept", async () => {
  const place = createPlace();
  const loaded = await place.load();
  const rules = Array.from({ length: 8 }, (_, at) => `Bash(run ${at})`);
  await Promise.all(rules.map(async (rule) => await loaded.rememberAlways(rule)));
  expect((await place.load()).config.permissions.allow.toSorted()).toEqual(rules);
});

test("a lock that a dead process left is taken over", async () => {
  const place = createPlace();
  const loaded = await place.load();
  const file = (await loaded.host().paths()).find(({ layer }) => layer === "local")?.path ?? "";
  const lock = place.writeUser(`${file.slice(place.userFolder.length + 1)}.lock`, "");
  utimesSync(lock, new Date(0), new Date(0));
  expect(await loaded.rememberAlways("Read")).toMatch(`${file}:`);
  expect(readdirSync(dirname(file))).toHaveLength(1);
});

test("a file that is broken by then is left as it is", async () => {
  const place = createPlace();
  const loaded = await place.load();
  const file = (await loaded.host().paths()).find(({ layer }) => layer === "local")?.path ?? "";
  place.writeUser(file.slice(place.userFolder.length + 1), "{ broken");
  await expect(loaded.rememberAlways("Read")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  expect(place.read(file)).toBe("{ broken");
});
