import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createPlace, type Place } from "./place.ts";

const hooks = { PreToolUse: [{ hooks: [{ type: "command", command: "./guard.sh" }] }] };

function writeClaudeUser(place: Place, data: object): string {
  mkdirSync(join(place.home, ".claude"), { recursive: true });
  const path = join(place.home, ".claude/settings.json");
  writeFileSync(path, JSON.stringify(data, null, 1));
  return path;
}

test("nothing of .claude is read unless it is asked for", async () => {
  const place = createPlace();
  writeClaudeUser(place, { permissions: { deny: ["Bash"] } });
  place.write(".claude/settings.json", "{ broken");
  const { ruleList, problems } = await place.load();
  expect([ruleList, problems]).toEqual([[], []]);
});

test("the user's file is part of the user layer, below the user's own, with ~/.claude as its folder", async () => {
  const place = createPlace();
  const claude = writeClaudeUser(place, {
    permissions: { defaultMode: "acceptEdits", deny: ["Read(/secret)"], allow: ["Glob"], additionalDirectories: ["~/notes"] },
    hooks,
    env: { A: "1", B: "1" },
  });
  place.writeUser("config.json", { claudeSettings: ["user"], env: { B: "2" } });
  const loaded = await place.load();
  expect(loaded.problems).toEqual([]);
  expect(loaded.config.permissions).toMatchObject({ mode: "acceptEdits", additionalDirectories: [join(place.home, "notes")] });
  expect(loaded.config.env).toEqual({ A: "1", B: "2" });
  expect(loaded.ruleList).toEqual([
    { behavior: "allow", rule: "Glob", source: `${claude}:8`, base: join(place.home, ".claude"), imported: true },
    { behavior: "deny", rule: "Read(/secret)", source: `${claude}:5`, base: join(place.home, ".claude"), imported: true },
  ]);
  expect(loaded.hookList).toMatchObject([{ event: "PreToolUse", layer: "user", base: join(place.home, ".claude") }]);
  expect((await loaded.explain("permissions.mode")).from).toEqual({ layer: "user", source: `${claude}:3` });
  expect((await loaded.explain("env.B")).hidden).toEqual([
    { value: "1", from: { layer: "user", source: expect.stringContaining(claude) } },
  ]);
});

test("the project's two files are the project's: guards hold at once, the rest waits for trust", async () => {
  const place = createPlace();
  const shared = place.write(".claude/settings.json", { permissions: { deny: ["Write"], allow: ["Bash"] }, hooks });
  const own = place.write(".claude/settings.local.json", {
    permissions: { defaultMode: "bypassPermissions" },
    env: { X: "y" },
  });
  const flags = { set: ['claudeSettings=["project","local"]'] };
  const loaded = await place.load({ flags });
  expect(loaded.ruleList.map(({ rule }) => rule)).toEqual(["Write"]);
  expect([loaded.hookList, loaded.heldHooks.length, loaded.config.permissions.mode]).toEqual([[], 1, "default"]);
  expect(loaded.trust.parts).toEqual([
    { what: "allow rule Bash", source: `${shared}:7` },
    { what: "a hook on PreToolUse: ./guard.sh", source: `${shared}:14` },
    { what: "permission mode bypassPermissions", source: `${own}:3` },
    { what: "environment variable X=y", source: `${own}:6` },
  ]);
  await loaded.host().trust("grant");
  const trusted = await place.load({ flags });
  expect([trusted.trust.state, trusted.hookList.length, trusted.config.env]).toEqual(["trusted", 1, { X: "y" }]);
  place.write(".claude/settings.local.json", { permissions: {} });
  expect(await trusted.changedSince()).toEqual([own]);
  expect((await place.load({ flags })).trust.state).toBe("changed");
});

test("a project that asks for the user's file gets it with trust only", async () => {
  const place = createPlace();
  writeClaudeUser(place, { permissions: { allow: ["Bash"] }, hooks });
  place.write("gantry.config.json", { claudeSettings: ["user"] });
  const loaded = await place.load();
  expect([loaded.config.permissions.allow, loaded.hookList, loaded.heldHooks.length]).toEqual([[], [], 1]);
  expect(loaded.trust.parts.map(({ what }) => what)).toEqual(["reading the user settings of .claude"]);
  await loaded.host().trust("grant");
  const trusted = await place.load();
  expect([trusted.config.permissions.allow, trusted.hookList.length]).toEqual([["Bash"], 1]);
});

test("keys that are not read are named once, switches by themselves, and a run goes on", async () => {
  const place = createPlace();
  const file = writeClaudeUser(place, {
    $schema: "x",
    model: "opus",
    statusLine: {},
    $import: "./x.js",
    disableAllHooks: true,
    permissions: { deny: ["Bash"], disableBypassPermissionsMode: "disable" },
  });
  const { problems, ruleList } = await place.load({ flags: { set: ["claudeSettings=user"] } });
  expect(problems).toEqual([
    {
      code: "CONFIG_INVALID",
      severity: "warning",
      file,
      line: 6,
      key: "disableAllHooks",
      message: "disableAllHooks is true here and switches nothing off: the hooks of every layer are used",
      hint: expect.any(String),
    },
    {
      code: "CONFIG_INVALID",
      severity: "warning",
      file,
      message: "not read: model, statusLine, $import, permissions.disableBypassPermissionsMode",
      hint: expect.any(String),
    },
  ]);
  expect(ruleList).toHaveLength(1);
});

test.each([
  ["{ broken }", /column/],
  [JSON.stringify({ permissions: { defaultMode: "auto" } }), /permissions.mode: "auto" is none of/],
  [JSON.stringify({ permissions: { deny: "Bash" } }), /permissions.deny/],
  [JSON.stringify({ hooks: [] }), /hooks is a list/],
  [JSON.stringify([]), /expected object/],
])("what is wrong in it is a problem with its line: %s", async (text, message) => {
  const place = createPlace();
  const file = place.write(".claude/settings.json", text);
  const { problems } = await place.load({ flags: { set: ["claudeSettings=project"] } });
  expect(problems).toMatchObject([{ code: "CONFIG_INVALID", file, line: 1, message: expect.stringMatching(message) }]);
});
