/** ConfigHost.change and tryChange: several keys of one layer's file, all or none. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ConfigChange } from "../../core/contract/host.ts";
import { createPlace, type Place } from "./place.ts";

type Layer = "user" | "project" | "local";

async function change(place: Place, changes: ConfigChange[], layer: Layer = "user"): Promise<string[]> {
  return await (await place.load()).host().change(changes, layer);
}
const add = (key: string, ...value: Exclude<ConfigChange["value"], undefined>[]): ConfigChange => ({ key, how: "add", value });
const set = (key: string, value: ConfigChange["value"]): ConfigChange => ({ key, how: "set", value });

test("a file that is not there is made with all of them, each at its place", async () => {
  const place = createPlace();
  const places = await change(place, [
    add("permissions.deny", "Bash(rm:*)", "Read(./private/**)"),
    set("permissions.mode", "plan"),
    add("hooks.Stop", { hooks: [{ type: "command", command: "true" }] }),
    set("mcpServers.docs", { command: "npx", args: ["-y", "docs"] }),
    set("env.A", "1"),
  ]);
  const file = join(place.userFolder, "config.json");
  const lines = place.read(file).split("\n");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const shown = places.map((where) => lines[Number(where.slice(file.length + 1)) - 1]?.trim());
  expect(shown).toEqual(['"Bash(rm:*)",', '"mode": "plan"', "{", '"docs": {', '"A": "1"']);
  const { config, problems } = await place.load();
  expect([problems, config.permissions.deny, config.permissions.mode, config.env, config.mcpServers]).toEqual([
    [],
    ["Bash(rm:*)", "Read(./private/**)"],
    "plan",
    { A: "1" },
    { docs: { command: "npx", args: ["-y", "docs"] } },
  ]);
});

const commented = `// head
{
    "permissions": {
        "deny": [
            "Write", // why
        ],
        /* none yet */
        "ask": []
    }, // end
    "model": "a/b" // mine
}
`;

test("comments and formatting stay, elements that are there are not added again", async () => {
  const place = createPlace();
  const file = place.writeUser("config.jsonc", commented);
  const changes = [
    add("permissions.deny", "Write", "Edit", "Edit", "Bash(rm:*)"),
    add("permissions.ask", "Bash(git push:*)"),
    add("permissions.allow", "Read"),
  ];
  const places = await change(place, changes);
  const after = place.read(file);
  for (const kept of ["// head", "// why", "/* none yet */", "// end", "// mine"]) expect(after).toContain(kept);
  expect((await place.load()).config.permissions).toMatchObject({
    deny: ["Write", "Edit", "Bash(rm:*)"],
    ask: ["Bash(git push:*)"],
    allow: ["Read"],
  });
  expect(places[0]).toBe(`${file}:5`);
  expect(await change(place, changes)).toEqual(places);
  expect(place.read(file)).toBe(after);
});

test("YAML and package.json are changed as JSON is", async () => {
  const place = createPlace();
  const yaml = place.writeUser("config.yaml", "# head\npermissions:\n  deny:\n    - Write # why\n");
  await change(place, [add("permissions.deny", "Write", "Edit"), set("env.A", "yes")]);
  expect(place.read(yaml)).toBe("# head\npermissions:\n  deny:\n    - Write # why\n    - Edit\nenv:\n  A: yes\n");
  const manifest = place.write("package.json", '{\n  "name": "x",\n  "gantry": { "model": "a/b" },\n  "private": true\n}\n');
  const [where] = await change(place, [add("permissions.deny", "Bash"), set("limits.maxTurns", 5)], "project");
  expect(where).toMatch(/package\.json:\d+$/);
  expect(JSON.parse(place.read(manifest))).toEqual({
    name: "x",
    gantry: { model: "a/b", permissions: { deny: ["Bash"] }, limits: { maxTurns: 5 } },
    private: true,
  });
});

test.each<[string, ConfigChange[], string, RegExp]>([
  ["a wrong value", [add("permissions.deny", "Bash"), set("limits.maxTurns", "many")], "CONFIG_INVALID", /expected number/],
  ["a wrong key", [set("limits.maxTurn", 5), add("permissions.deny", "Bash")], "CONFIG_KEY_UNKNOWN", /limits\.maxTurns/],
  ["an addition to no list", [add("model", "a/b")], "CONFIG_INVALID", /no list/],
  ["no elements", [{ key: "permissions.deny", how: "add", value: "Bash" }], "CONFIG_INVALID", /list of elements/],
  ["a wrong server", [set("mcpServers.docs", { comand: "npx" })], "CONFIG_INVALID", /did you mean command/i],
  ["a group", [set("permissions", {})], "CONFIG_INVALID", /is a group/],
  ["a prototype", [set("__proto__", {})], "CONFIG_KEY_UNKNOWN", /no config key/],
  ["too much", [add("permissions.deny", ...Array.from({ length: 20_001 }, (_, at) => `R${at}`))], "CONFIG_INVALID", /too many/],
])("%s refuses all of the changes", async (_, changes, code, message) => {
  const place = createPlace();
  const file = place.writeUser("config.json", '{ "model": "a/b" }');
  await expect(change(place, changes)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  expect(place.read(file)).toBe('{ "model": "a/b" }');
});

test("every wrong change is told at once", async () => {
  const place = createPlace();
  const both = change(place, [set("limits.maxTurn", 5), add("model", "x"), set("modle", "a/b")]);
  await expect(both).rejects.toMatchObject({
    message: expect.stringMatching(/limits\.maxTurn[\s\S]*no list[\s\S]*modle[\s\S]*Nothing is written/),
  });
});

test("what the managed layer sets is locked, its lists are not", async () => {
  const place = createPlace();
  place.writeManaged("managed.json", { permissions: { mode: "plan", deny: ["Bash"] } });
  await expect(change(place, [add("permissions.deny", "Write"), set("permissions.mode", "default")])).rejects.toMatchObject({
    code: "CONFIG_LOCKED",
  });
  expect(existsSync(join(place.userFolder, "config.json"))).toBe(false);
  await change(place, [add("permissions.deny", "Write")]);
  expect((await place.load()).config.permissions.deny).toEqual(["Write", "Bash"]);
});

test("changes made at the same moment are all kept, and nothing is left beside the file", async () => {
  const place = createPlace();
  const host = (await place.load()).host();
  const rules = Array.from({ length: 8 }, (_, at) => `Bash(v${at}:*)`);
  await Promise.all(
    rules.map(async (rule, at) => await host.change([add("permissions.deny", rule), set(`env.V${at}`, "")], "local")),
  );
  const { config } = await place.load();
  expect(config.permissions.deny.toSorted()).toEqual(rules);
  expect(Object.keys(config.env)).toHaveLength(8);
  expect(readdirSync(join(place.userFolder, "projects")).filter((name) => /lock|tmp/.test(name))).toEqual([]);
});

test("a look ahead gives each change its fate and writes nothing", async () => {
  const place = createPlace();
  const file = place.writeUser("config.jsonc", commented);
  const host = (await place.load()).host({
    problemsOf: async ({ ruleList, problems }) => [
      ...problems,
      ...ruleList
        .filter(({ rule }) => rule.startsWith("Raed") || rule === "Later")
        .map(({ rule, source }) => ({
          code: "RULE_INVALID",
          message: `no tool ${rule}`,
          file: source.replace(/:\d+$/, ""),
          line: Number(source.split(":").at(-1)),
          ...(rule === "Later" ? { severity: "warning" as const } : {}),
        })),
    ],
  });
  const fates = await host.tryChange(
    [
      add("permissions.deny", "Write"),
      add("permissions.deny", "Raed"),
      add("permissions.ask", "Edit"),
      add("permissions.ask", "Raed(x)"),
      add("permissions.allow", "Later"),
      set("model", "c/d"),
      set("limits.maxTurns", "many"),
      set("mcpServers.x", { nothing: 1 }),
      set("modle", "x"),
    ],
    "user",
  );
  expect(fates.file).toBe(file);
  expect(fates.fates.map(({ state, problems }) => [state, ...problems.map(({ message }) => message.slice(0, 30))])).toEqual(
    [
      ["held"],
      ["refused", "no tool Raed"],
      ["new"],
      ["refused", "no tool Raed(x)"],
      ["new", "no tool Later"],
      ["taken"],
      ["refused", "limits.maxTurns: expected numbe"],
      ["refused", "MCP server x: nothing is no ke"],
      ["refused", '"modle" is no config key; did '],
    ].map(([state, message]) => (message === undefined ? [state] : [state, message.slice(0, 30)])),
  );
  expect(place.read(file)).toBe(commented);
});
