import { expect, test } from "vitest";
import { defaults } from "../../config/defaults.ts";
import { configJsonSchema } from "../../config/json-schema.ts";
import { configKeys, layerSchema } from "../../config/schema.ts";
import { modes } from "../../core/contract/modes.ts";
import { createPlace } from "./place.ts";

test("a joined list names the place of each element", async () => {
  const place = createPlace();
  const user = place.writeUser("config.json", { permissions: { deny: ["Bash(rm:*)"] } });
  const project = place.write("gantry.config.yaml", "permissions:\n  deny:\n    - Write\n    - Edit\n");
  const { value, elements } = await (await place.load()).explain("permissions.deny");
  expect(value).toEqual(["Bash(rm:*)", "Write", "Edit"]);
  expect(elements).toEqual([
    { value: "Bash(rm:*)", from: { layer: "user", source: `${user}:4` } },
    { value: "Write", from: { layer: "project", source: `${project}:3` } },
    { value: "Edit", from: { layer: "project", source: `${project}:4` } },
  ]);
});

test.each([
  ["limits.maxTurn", "limits.maxTurns"],
  ["mode", "permissions.mode"],
  ["permisions", "permissions"],
])("an unknown key is an error with the nearest: %s", async (key, near) => {
  const loaded = await createPlace().load();
  await expect(loaded.explain(key)).rejects.toMatchObject({
    code: "CONFIG_KEY_UNKNOWN",
    message: `${JSON.stringify(key)} is no config key; did you mean ${near}?`,
  });
  await expect(loaded.explain("constructor")).rejects.toMatchObject({ code: "CONFIG_KEY_UNKNOWN" });
});

test("every key can be explained, and one that nobody set says so", async () => {
  const loaded = await createPlace().load();
  for (const { key, default: value, description, type } of configKeys()) {
    const explanation = await loaded.explain(key);
    expect(explanation).toMatchObject({
      key,
      value: value ?? null,
      from: { layer: "default", source: "default" },
      description,
    });
    expect(description).not.toBe("");
    if (value === null) expect(explanation.note).toBe("not set");
    expect(["string", "integer", "number", "list", "map"]).toContain(type);
  }
});

test("a group shows what is in it and names its keys", async () => {
  const place = createPlace();
  const file = place.write("gantry.config.json", { limits: { maxTurns: 3 } });
  expect(await (await place.load()).explain("limits")).toMatchObject({
    value: { ...defaults.limits, maxTurns: 3 },
    from: { layer: "project", source: `${file}:3` },
    elements: [{ value: { "limits.maxTurns": 3 }, from: { layer: "project", source: `${file}:3` } }],
    note: expect.stringMatching(/^a group; its keys are limits.maxTurns, /),
  });
});

test("secrets are hidden wherever the config is shown, and only there", async () => {
  const place = createPlace();
  place.writeUser("config.json", {
    env: { MY_API_KEY: "k1", DB_PASSWORD: "k2", gh_token: "k3", PLAIN: "shown" },
    providers: { anthropic: { baseUrl: "https://me:k4@example.org/x" } },
  });
  const loaded = await place.load();
  const visible = JSON.stringify([
    loaded.effective(),
    await loaded.explain("env.MY_API_KEY"),
    await loaded.explain("env"),
    await loaded.explain("providers.anthropic.baseUrl"),
  ]);
  expect(visible).not.toMatch(/k[1-4]/);
  expect(visible).toContain("shown");
  expect(loaded.config.env["MY_API_KEY"]).toBe("k1");
  expect(loaded.effective()["providers"]).toEqual({
    anthropic: { maxOutputTokens: 32_000, baseUrl: "https://[hidden]@example.org/x" },
  });
});

test("the schema has a description for every key and the default that holds", () => {
  const keys = configKeys();
  expect(keys.filter(({ description }) => description === "")).toEqual([]);
  expect(layerSchema.parse(defaults)).toEqual(defaults);
  for (const [group, values] of Object.entries(defaults)) {
    if (typeof values !== "object" || group === "env" || group === "providers") continue;
    for (const [key, value] of Object.entries(values))
      expect(keys).toContainEqual(expect.objectContaining({ key: `${group}.${key}`, default: value }));
  }
  expect(keys.find(({ key }) => key === "permissions.mode")?.options?.slice(0, modes.length)).toEqual(modes);
});

test("the JSON Schema is strict at every level and carries defaults and descriptions", () => {
  const schema = configJsonSchema();
  expect(schema).toMatchObject({
    title: "Gantry config",
    additionalProperties: false,
    properties: {
      model: { default: "anthropic/claude-sonnet-5", type: "string" },
      limits: {
        additionalProperties: false,
        properties: { maxTurns: { default: 200, type: "integer", description: "Model requests of one input." } },
      },
      permissions: { properties: { deny: { type: "array", default: [] } } },
    },
  });
});

test("one element of a list can be asked for, with its place; one that is not there is an error", async () => {
  const place = createPlace();
  const hook = { matcher: "Bash", hooks: [{ type: "command", command: "true" }] };
  const user = place.writeUser("config.json", { permissions: { deny: ["Bash(rm:*)"] }, hooks: { PreToolUse: [hook] } });
  const loaded = await place.load();
  expect(await loaded.explain("permissions.deny.0")).toMatchObject({
    ...{ key: "permissions.deny.0", value: "Bash(rm:*)", from: { layer: "user", source: `${user}:4` } },
  });
  expect(await loaded.explain("hooks.PreToolUse.0")).toMatchObject({ value: hook, from: { layer: "user" } });
  await expect(loaded.explain("permissions.deny.1")).rejects.toMatchObject({
    code: "CONFIG_KEY_UNKNOWN",
    message: "permissions.deny.1 is not there: permissions.deny has the elements 0 to 0",
  });
  await expect(loaded.explain("permissions.ask.0")).rejects.toMatchObject({
    message: expect.stringContaining("has no element"),
  });
});
