import { chmodSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { createPlace, type Place } from "./place.ts";

type Layer = "user" | "project" | "local";

async function set(place: Place, key: string, value: string, layer: Layer = "user"): Promise<string> {
  return await (await place.load()).host().set(key, value, layer);
}
async function unset(place: Place, key: string, layer: Layer = "user"): Promise<string> {
  return await (await place.load()).host().unset(key, layer);
}

test("the first key makes the layer's file, the user's and local one for this user alone", async () => {
  const place = createPlace();
  const where = await set(place, "limits.maxTurns", "7");
  const file = join(place.userFolder, "config.json");
  expect(where).toBe(`${file}:3`);
  expect(place.read(file)).toBe('{\n  "limits": {\n    "maxTurns": 7\n  }\n}\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const project = await set(place, "permissions.ask", "Bash(git push:*)", "project");
  expect(project).toBe(`${join(place.project, "gantry.config.jsonc")}:3`);
  await set(place, "permissions.mode", "acceptEdits", "local");
  const { config, trust } = await place.load();
  expect([config.limits.maxTurns, config.permissions.mode, config.permissions.ask]).toEqual([
    7,
    "acceptEdits",
    ["Bash(git push:*)"],
  ]);
  expect(trust.state).toBe("nothing-to-trust");
  expect(readdirSync(place.project).toSorted()).toEqual([".git", "gantry.config.jsonc"]);
});

const commented = `// head
{
    "model": "a/b", // mine
    /* bounds */
    "limits": {
        "maxTurns": 5, // few
        "parallelReads": 2 // slow disk
    },
    "permissions": { "deny": ["Write"] }, // never

    // the end
}
`;

test.each([
  ["model", "c/d", [['"a/b"', '"c/d"']]],
  ["limits.maxTurns", "6", [["5, // few", "6, // few"]]],
  ["limits.toolTimeoutMs", "1000", [["2 // slow disk\n", '2, // slow disk\n        "toolTimeoutMs": 1000\n']]],
  ["permissions.deny", "Edit", [['["Write"]', '["Write", "Edit"]']]],
  ["permissions.deny", '["Bash"]', [['["Write"]', '["Bash"]']]],
  ["permissions.ask", "Edit", [['["Write"] }', '["Write"], "ask": ["Edit"] }']]],
  ["env.A", "1", [["// never\n", '// never\n    "env": {\n        "A": "1"\n    },\n']]],
])("set %s %s changes its place and no other letter of a commented file", async (key, value, changes) => {
  const place = createPlace();
  const file = place.writeUser("config.jsonc", commented);
  const where = await set(place, key, value);
  const expected = changes.reduce((text, [from, to]) => text.replace(from ?? "", to ?? ""), commented);
  expect(place.read(file)).toBe(expected);
  const line = Number(where.split(":").at(-1));
  expect(expected.split("\n")[line - 1]).toContain(key.split(".").at(-1));
  expect((await place.load()).problems).toEqual([]);
});

test.each([
  ["model", [['    "model": "a/b", // mine\n', "    // mine\n"]]],
  ["limits.maxTurns", [['        "maxTurns": 5, // few\n', "        // few\n"]]],
  [
    "limits.parallelReads",
    [
      ["5, // few", "5 // few"],
      ['        "parallelReads": 2 // slow disk\n', "        // slow disk\n"],
    ],
  ],
  ["permissions", [['    "permissions": { "deny": ["Write"] }, // never\n', "    // never\n"]]],
  ["permissions.deny", [['"permissions": { "deny": ["Write"] }', '"permissions": { }']]],
])("unset %s takes its place out and no other letter", async (key, changes) => {
  const place = createPlace();
  const file = place.writeUser("config.jsonc", commented);
  expect(await unset(place, key)).toBe(file);
  expect(place.read(file)).toBe(changes.reduce((text, [from, to]) => text.replace(from ?? "", to ?? ""), commented));
  expect((await place.load()).problems).toEqual([]);
});

test("line ends, tabs, a byte order mark and the last line stay as they are", async () => {
  const place = createPlace();
  const file = place.writeUser("config.json", '\uFEFF{\r\n\t"model": "a/b"\r\n}');
  await set(place, "limits.maxTurns", "5");
  expect(place.read(file)).toBe('\uFEFF{\r\n\t"model": "a/b",\r\n\t"limits": {\r\n\t\t"maxTurns": 5\r\n\t}\r\n}');
  await unset(place, "limits");
  expect(place.read(file)).toBe('\uFEFF{\r\n\t"model": "a/b"\r\n}');
});

const yaml = `# head
model: a/b # mine

limits:
    maxTurns: 5 # few
permissions:
    # never
    deny:
        - Write # why
`;

test("YAML keeps its comments and layout", async () => {
  const place = createPlace();
  const file = place.writeUser("config.yaml", yaml);
  expect(await set(place, "limits.maxTurns", "6")).toBe(`${file}:5`);
  await set(place, "model", "c/d");
  expect(place.read(file)).toBe(yaml.replace("5 # few", "6 # few").replace("a/b", "c/d"));
  await set(place, "permissions.deny", "Edit");
  await set(place, "env.A", "yes");
  expect(place.read(file)).toBe(
    `${yaml.replace("5 # few", "6 # few").replace("a/b", "c/d")}        - Edit\nenv:\n    A: yes\n`,
  );
  await unset(place, "env");
  await unset(place, "limits.maxTurns");
  const { config, problems } = await place.load();
  expect([problems, config.model, config.permissions.deny]).toEqual([[], "c/d", ["Write", "Edit"]]);
  for (const comment of ["# head", "# mine", "# never", "# why"]) expect(place.read(file)).toContain(comment);
});

test("an alias in the way is said, and the file is left alone", async () => {
  const place = createPlace();
  const text = "env: &e\n  A: x\nlimits: {maxTurns: 5}\n";
  const file = place.writeUser("config.yaml", text.replace("{maxTurns: 5}", "*e"));
  const before = place.read(file);
  await expect(set(place, "limits.maxTurns", "6")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  expect(place.read(file)).toBe(before);
});

test("package.json: only what is below gantry", async () => {
  const place = createPlace();
  const file = place.write("package.json", '{\n  "name": "x",\n  "gantry": { "model": "a/b" },\n  "private": true\n}\n');
  expect(await set(place, "limits.maxTurns", "5", "project")).toBe(`${file}:3`);
  expect(JSON.parse(place.read(file))).toEqual({ name: "x", gantry: { model: "a/b", limits: { maxTurns: 5 } }, private: true });
  await unset(place, "model", "project");
  expect(JSON.parse(place.read(file)).gantry).toEqual({ limits: { maxTurns: 5 } });
});

test("hooks and permission tests are set as JSON: a list for all, an object for one more", async () => {
  const place = createPlace();
  const group = (command: string): string => JSON.stringify({ hooks: [{ type: "command", command }] });
  await set(place, "hooks.Stop", `[${group("a")}]`);
  await set(place, "hooks.Stop", group("b"));
  await set(place, "permissions.tests", '{"call": "Read(x)", "expect": "allow"}');
  const { hookList, permissionTests, problems } = await place.load();
  expect(problems).toEqual([]);
  expect(hookList.map(({ handler }) => handler)).toEqual([
    { type: "command", command: "a" },
    { type: "command", command: "b" },
  ]);
  expect(permissionTests).toHaveLength(1);
  await set(place, "hooks", `{"Stop": [${group("c")}]}`);
  expect((await place.load()).hookList).toHaveLength(1);
});

test.each([
  ["limits.maxTurn", "5", "CONFIG_KEY_UNKNOWN", /did you mean limits.maxTurns/],
  ["limits", "5", "CONFIG_INVALID", /limits is a group; its keys are limits.maxTurns/],
  ["limits.maxTurns", "many", "CONFIG_INVALID", /expected number, received string; it is "many"\nNothing is written/],
  ["limits.parallelReads", "65", "CONFIG_INVALID", /<=64/],
  ["permissions.mode", "yolo", "CONFIG_INVALID", /is none of plan/],
  ["permissions.deny", "[1", "CONFIG_INVALID", /looks like JSON and is none/],
  ["permissions.deny", "[1]", "CONFIG_INVALID", /permissions.deny/],
  ["env", "x", "CONFIG_INVALID", /JSON object/],
  ["hooks.Stop", "./x.sh", "CONFIG_INVALID", /takes JSON/],
  ["hooks.Stop", '{"type": "command"}', "CONFIG_INVALID", /must be wrapped/],
  ["plugins", "X", "CONFIG_INVALID", /neither a plugin's name .* nor a folder/],
  ["__proto__", "x", "CONFIG_KEY_UNKNOWN", /no config key/],
])("set %s %s is refused, and nothing is written", async (key, value, code, message) => {
  const place = createPlace();
  const file = place.writeUser("config.json", '{ "model": "a/b" }');
  await expect(set(place, key, value)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  expect(place.read(file)).toBe('{ "model": "a/b" }');
});

test("what the caller finds wrong with the config as it would be refuses the change", async () => {
  const place = createPlace();
  const file = place.writeUser("config.json", "{}");
  const host = (await place.load()).host({
    problemsOf: async ({ ruleList }) => ruleList.map(({ rule }) => ({ code: "RULE_INVALID", message: `no tool ${rule}` })),
  });
  await expect(host.set("permissions.deny", "Raed", "user")).rejects.toMatchObject({
    code: "RULE_INVALID",
    message: expect.stringContaining("no tool Raed"),
  });
  expect(place.read(file)).toBe("{}");
});

test("a file with other problems can be mended, one fault of grammar leaves it alone", async () => {
  const place = createPlace();
  const file = place.writeUser("config.json", '{ "limits": { "maxTurns": "many", "parallelReads": 999 } }');
  await set(place, "limits.maxTurns", "5");
  await unset(place, "limits.parallelReads");
  expect((await place.load()).problems).toEqual([]);
  writeFileSync(file, '{\n  "model": oops\n}');
  await expect(set(place, "model", "a/b")).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining(`${file}:2:12: `),
  });
  expect(place.read(file)).toBe('{\n  "model": oops\n}');
});

test("a key that the managed layer sets is refused by name; unset of what is not set too", async () => {
  const place = createPlace();
  const managed = place.writeManaged("managed.json", { permissions: { mode: "plan", deny: ["Bash"] } });
  await expect(set(place, "permissions.mode", "default")).rejects.toMatchObject({
    code: "CONFIG_LOCKED",
    message: `permissions.mode is locked to "plan" by ${managed}:3; nothing is written`,
  });
  await set(place, "permissions.deny", "Write");
  expect((await place.load()).config.permissions.deny).toEqual(["Write", "Bash"]);
  await expect(unset(place, "model")).rejects.toMatchObject({ code: "CONFIG_KEY_UNKNOWN" });
});

test("two files of one layer, a home folder and a link out of the project are refused", async () => {
  const place = createPlace();
  place.writeUser("config.json", "{}");
  place.writeUser("config.yaml", "");
  await expect(set(place, "model", "a/b")).rejects.toMatchObject({ message: expect.stringContaining("are both here") });
  expect(place.read(join(place.userFolder, "config.json"))).toBe("{}");
  await expect((await place.load({ cwd: place.home })).host().set("model", "a/b", "project")).rejects.toMatchObject({
    message: expect.stringContaining("never a project"),
  });
  const outside = place.writeUser("other.json", "{}");
  symlinkSync(outside, join(place.project, "gantry.config.json"));
  await expect(set(place, "model", "a/b", "project")).rejects.toMatchObject({
    message: expect.stringContaining("a link to a place outside the project"),
  });
  expect(place.read(outside)).toBe("{}");
});

test("a link to the user's own file stays a link, and modes stay", async () => {
  const place = createPlace();
  const real = join(place.home, "dotfiles.json");
  writeFileSync(real, "{}");
  chmodSync(real, 0o640);
  place.writeUser("x", "");
  symlinkSync(real, join(place.userFolder, "config.json"));
  await set(place, "model", "a/b");
  expect(JSON.parse(place.read(real))).toEqual({ model: "a/b" });
  expect(statSync(real).mode & 0o777).toBe(0o640);
  expect(readdirSync(dirname(real)).filter((name) => /tmp|lock/.test(name))).toEqual([]);
});

test("changes made at the same moment are all kept", async () => {
  const place = createPlace();
  const host = (await place.load()).host();
  await Promise.all(Array.from({ length: 8 }, async (_, at) => await host.set(`env.V${at}`, String(at), "local")));
  expect(Object.keys((await place.load()).config.env)).toHaveLength(8);
});
