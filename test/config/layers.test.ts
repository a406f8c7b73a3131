import { mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { defaults } from "../../config/defaults.ts";
import { createPlace } from "./place.ts";

test("without any config the defaults hold and nothing is wrong", async () => {
  const place = createPlace();
  const loaded = await place.load();
  expect(loaded.config).toEqual(defaults);
  expect(loaded.problems).toEqual([]);
  expect(loaded.ruleList).toEqual([]);
  expect(loaded.project).toBe(place.project);
  expect(loaded.trust).toEqual({ project: place.project, state: "nothing-to-trust", parts: [] });
});

test("each layer beats the one below it, key by key, and explain shows the whole pile", async () => {
  const place = createPlace();
  const user = place.writeUser("config.json", { limits: { maxTurns: 100, parallelReads: 4 } });
  const project = place.write("gantry.config.yaml", "# ours\nlimits:\n  maxTurns: 90\n");
  const local = await (await place.load()).host().paths();
  const localFile = local.find(({ layer }) => layer === "local")?.path ?? "";
  place.writeUser(localFile.slice(place.userFolder.length + 1), '{\n  // mine\n  "limits": { "maxTurns": 80 }\n}');
  const managed = place.writeManaged("managed.yaml", "limits:\n  maxTurns: 50\n");
  const loaded = await place.load({
    env: { GANTRY_LIMITS__MAX_TURNS: "70" },
  });
  const locked = `limits.maxTurns is locked to 50 by ${managed}:2`;
  const warning = { code: "CONFIG_LOCKED", severity: "warning", key: "limits.maxTurns" };
  expect(loaded.problems).toEqual([
    ...[user, project, localFile].map((file) => ({ ...warning, file, line: 3, message: `${locked}; this line has no effect` })),
    { ...warning, message: `GANTRY_LIMITS__MAX_TURNS: ${locked}` },
  ]);
  expect(loaded.config.limits).toEqual({ ...defaults.limits, maxTurns: 50, parallelReads: 4 });
  expect(await loaded.explain("limits.maxTurns")).toEqual({
    key: "limits.maxTurns",
    value: 50,
    from: { layer: "managed", source: `${managed}:2` },
    hidden: [
      { value: 70, from: { layer: "env", source: "GANTRY_LIMITS__MAX_TURNS" } },
      { value: 80, from: { layer: "local", source: `${localFile}:3` } },
      { value: 90, from: { layer: "project", source: `${project}:3` } },
      { value: 100, from: { layer: "user", source: `${user}:3` } },
      { value: 200, from: { layer: "default", source: "default" } },
    ],
    description: "Model requests of one input.",
    note: `locked by ${managed}:2`,
  });
  expect(loaded.sourceOf("limits.maxTurns")).toEqual({ layer: "managed", source: `${managed}:2` });
});

test.each([
  [
    "an override with its flag's name",
    { overrides: [{ key: "limits.maxTurns", value: 7, flag: "--max-turns" }] },
    "--max-turns",
  ],
  ["--set, typed by the schema", { set: ["limits.maxTurns=7"] }, "--set"],
])("a flag beats variables and files: %s", async (_name, flags, source) => {
  const place = createPlace();
  place.writeUser("config.json", { limits: { maxTurns: 100 } });
  const loaded = await place.load({ flags, env: { GANTRY_LIMITS__MAX_TURNS: "70" } });
  expect(loaded.problems).toEqual([]);
  expect(loaded.config.limits.maxTurns).toBe(7);
  expect(loaded.sourceOf("limits.maxTurns")).toEqual({ layer: "flag", source });
});

test.each(["config.json", "config.jsonc", "config.yaml", "config.yml"])("the user layer is %s", async (name) => {
  const place = createPlace();
  place.writeUser(name, name.endsWith("l") ? "model: a/b\n" : '{ "model": "a/b" }');
  expect((await place.load()).config.model).toBe("a/b");
});

test.each([
  ["gantry.config.json", '{ "model": "a/b" }'],
  ["gantry.config.jsonc", '// why\n{ "model": "a/b" /* here */ }'],
  ["gantry.config.yaml", "model: a/b"],
  ["gantry.config.yml", "model: a/b"],
  [".gantryrc", "model: a/b"],
  [".gantryrc", '{ "model": "a/b" } // JSON too'],
  [".gantryrc.json", '{ "model": "a/b" }'],
  [".gantryrc.yaml", "model: a/b"],
  [".gantryrc.yml", "model: a/b"],
  ["package.json", '{ "name": "x", "gantry": { "model": "a/b" } }'],
])("the project layer is %s (%s)", async (name, text) => {
  const place = createPlace();
  const path = place.write(name, text);
  const loaded = await place.load();
  expect(loaded.problems).toEqual([]);
  expect(loaded.config.model).toBe("a/b");
  expect(loaded.sourceOf("model").source).toMatch(`${path}:`);
});

test("a package.json without a gantry key is no config, even where gantry is a dependency", async () => {
  const place = createPlace();
  place.write("package.json", { dependencies: { gantry: "1.0.0" } });
  expect((await place.load()).problems).toEqual([]);
});

test("--config replaces the user layer, and one that is not there is CONFIG_NOT_FOUND", async () => {
  const place = createPlace();
  place.writeUser("config.json", { model: "user/x", limits: { maxTurns: 3 } });
  const given = place.write("other/mine.yaml", "model: given/x\n");
  const loaded = await place.load({ flags: { config: "other/mine.yaml" } });
  expect(loaded.config.model).toBe("given/x");
  expect(loaded.config.limits.maxTurns).toBe(200);
  expect(loaded.sourceOf("model")).toEqual({ layer: "user", source: `${given}:1` });
  await expect(place.load({ flags: { config: "none.json" } })).rejects.toMatchObject({ code: "CONFIG_NOT_FOUND" });
});

test("XDG_CONFIG_HOME moves the user layer, and GANTRY_HOME moves everything of this user", async () => {
  const place = createPlace();
  place.write("../xdg/gantry/config.json", { model: "xdg/x" });
  place.write("../own/config.json", { model: "own/x" });
  const xdg = await place.load({ env: { XDG_CONFIG_HOME: join(place.project, "../xdg") } });
  expect(xdg.config.model).toBe("xdg/x");
  const own = join(place.project, "../own");
  const moved = await place.load({ env: { GANTRY_HOME: own, XDG_CONFIG_HOME: join(place.project, "../xdg") } });
  expect(moved.config.model).toBe("own/x");
  expect(moved.paths).toEqual({
    configHome: own,
    stateHome: join(own, "state"),
    dataHome: join(own, "data"),
    cacheHome: join(own, "cache"),
  });
});

test("variables set nested keys, lists and the env map", async () => {
  const place = createPlace();
  const loaded = await place.load({
    env: {
      GANTRY_PERMISSIONS__MODE: "plan",
      GANTRY_PERMISSIONS__DENY: "Bash(rm:*)",
      GANTRY_PERMISSIONS__ALLOW: '["Read", "Glob"]',
      GANTRY_LIMITS__MAX_COST_USD: "2.5",
      GANTRY_PROVIDERS__ANTHROPIC__BASE_URL: "http://127.0.0.1:9",
      GANTRY_ENV__my_name: "x",
      GANTRY_DEBUG: "1",
      GANTRY_RUN: "1",
    },
  });
  expect(loaded.problems).toEqual([]);
  expect(loaded.config.permissions).toEqual({
    mode: "plan",
    allow: ["Read", "Glob"],
    ask: [],
    deny: ["Bash(rm:*)"],
    additionalDirectories: [],
    tests: [],
  });
  expect(loaded.config.limits.maxCostUsd).toBe(2.5);
  expect(loaded.config.providers.anthropic.baseUrl).toBe("http://127.0.0.1:9");
  expect(loaded.config.env).toEqual({ my_name: "x" });
});

test("rules of all layers are joined, each with its place and the folder that its / means", async () => {
  const place = createPlace();
  const user = place.writeUser("config.json", { permissions: { deny: ["Read(/user)"] } });
  const project = place.write(
    "gantry.config.json",
    '{ "permissions": {\n "deny": [\n "Read(/a)",\n "Read(/b)"],\n "ask": ["Bash"] } }',
  );
  const managed = place.writeManaged("managed.json", { permissions: { deny: ["Read(/etc)"] } });
  const { ruleList } = await place.load({
    flags: { overrides: [{ key: "permissions.deny", value: ["Write"], flag: "--deny" }], set: ["permissions.allow=Read"] },
  });
  expect(ruleList).toEqual([
    { behavior: "allow", rule: "Read", source: "--set", base: place.project },
    { behavior: "ask", rule: "Bash", source: `${project}:5`, base: place.project },
    { behavior: "deny", rule: "Read(/user)", source: `${user}:4`, base: place.userFolder },
    { behavior: "deny", rule: "Read(/a)", source: `${project}:3`, base: place.project },
    { behavior: "deny", rule: "Read(/b)", source: `${project}:4`, base: place.project },
    { behavior: "deny", rule: "Write", source: "--deny", base: place.project },
    { behavior: "deny", rule: "Read(/etc)", source: `${managed}:4`, base: "/" },
  ]);
});

test("added folders are absolute, relative to where they are written", async () => {
  const place = createPlace();
  place.writeUser("config.json", { permissions: { additionalDirectories: ["~/notes", "/srv/../opt"] } });
  mkdirSync(join(place.project, "src"));
  const loaded = await place.load({
    cwd: join(place.project, "src"),
    flags: { overrides: [{ key: "permissions.additionalDirectories", value: ["lib"], flag: "--add-dir" }] },
  });
  expect(loaded.config.permissions.additionalDirectories).toEqual([
    join(place.home, "notes"),
    "/opt",
    join(place.project, "src/lib"),
  ]);
});

test.each([
  ["read-only", "plan"],
  ["workspace-write", "acceptEdits"],
  ["danger-full-access", "bypassPermissions"],
])("%s is an accepted name for %s, and explain says so", async (written, mode) => {
  const place = createPlace();
  place.writeUser("config.json", { permissions: { mode: written } });
  const loaded = await place.load();
  expect(loaded.config.permissions.mode).toBe(mode);
  expect((await loaded.explain("permissions.mode")).note).toBe(`${written} is an accepted name for ${mode}`);
});

test("the project root is the nearest folder upward with a config or .git", async () => {
  const place = createPlace();
  mkdirSync(join(place.project, "packages/one/src"), { recursive: true });
  expect((await place.load({ cwd: join(place.project, "packages/one/src") })).project).toBe(place.project);
  place.write("packages/one/package.json", { gantry: { model: "inner/x" } });
  place.write("gantry.config.json", { model: "outer/x" });
  const inner = await place.load({ cwd: join(place.project, "packages/one/src") });
  expect(inner.project).toBe(join(place.project, "packages/one"));
  expect(inner.config.model).toBe("inner/x");
});

test("HOME is never a project: below it the cwd is the root, in it a config file is a problem", async () => {
  const place = createPlace();
  place.write("../../gantry.config.json", { model: "home/x" });
  mkdirSync(join(place.home, ".git"));
  mkdirSync(join(place.home, "plain/deep"), { recursive: true });
  const below = await place.load({ cwd: join(place.home, "plain/deep") });
  expect([below.project, below.problems, below.config.model]).toEqual([join(place.home, "plain/deep"), [], defaults.model]);
  const inside = await place.load({ cwd: place.home });
  expect(inside.config.model).toBe(defaults.model);
  expect(inside.problems).toMatchObject([{ code: "CONFIG_INVALID", file: join(place.home, "gantry.config.json") }]);
});

test("the project is a real path, however the cwd is spelled", async () => {
  const place = createPlace();
  symlinkSync(place.project, join(place.home, "link"));
  expect((await place.load({ cwd: join(place.home, "link") })).project).toBe(realpathSync(place.project));
});

test("the same cwd as a link and as a real path has the same local file", async () => {
  const place = createPlace();
  symlinkSync(place.project, join(place.home, "link"));
  const real = await (await place.load()).host().paths();
  expect(await (await place.load({ cwd: join(place.home, "link") })).host().paths()).toEqual(real);
});
