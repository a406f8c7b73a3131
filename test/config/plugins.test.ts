import { join } from "node:path";
import { expect, test } from "vitest";
import { createPlace } from "./place.ts";

test("plugins merge by name over the layers: of each setting the highest layer's word holds, with its place", async () => {
  const place = createPlace();
  const user = place.writeUser("config.json", {
    plugins: ["one", ["two", { options: { depth: 1 }, required: true }], ["./guard", { required: true }]],
  });
  place.write("gantry.config.json", { plugins: [["two", { options: { depth: 2 } }], "./guard"] });
  const { pluginEntries, config } = await place.load({
    flags: { trust: true, set: ['plugins=[["one", {"enabled": false}]]'] },
  });
  const facts = pluginEntries.map(({ name, options, required, enabled, layer }) => ({
    name,
    options,
    required,
    enabled,
    layer,
  }));
  const plain = { options: {}, required: false, enabled: true };
  expect(facts).toEqual([
    { ...plain, name: "one", enabled: false, layer: "flag" },
    { ...plain, name: "two", options: { depth: 2 }, required: true, layer: "project" },
    { ...plain, name: join(user, "../guard"), required: true, layer: "user" },
    { ...plain, name: join(place.project, "guard"), layer: "project" },
  ]);
  expect(config.plugins[1]).toEqual(["two", { options: { depth: 2 }, required: true }]);
  expect(config.plugins[3]).toBe(join(place.project, "guard"));
});

test("what a project says of plugins and what it loosens of their isolation waits for trust", async () => {
  const place = createPlace();
  place.writeUser("config.json", { isolation: { require: "os", rssMiB: 256 } });
  const file = place.write("gantry.config.json", {
    plugins: ["one", ["guard", { enabled: false }], ["two", { options: { depth: 2 }, required: true }]],
    isolation: { require: "none", rssMiB: 300, heapMiB: 64 },
  });
  const { trust, pluginEntries, config } = await place.load();
  expect(pluginEntries).toEqual([]);
  expect(config.isolation).toMatchObject({ require: "os", rssMiB: 256, heapMiB: 64 });
  expect(trust.parts.map(({ what }) => what)).toEqual([
    "the plugin one",
    "the plugin guard switched off",
    'the plugin two, required, with the options {"depth":2}',
    "isolation.require none in place of os",
    "isolation.rssMiB raised from 256 to 300",
  ]);
  expect(trust.parts[0]?.source).toMatch(new RegExp(`^${file}:\\d+$`));
});

test.each([
  [{ plugins: {} }, /plugins is no list/],
  [{ plugins: ["Big"] }, /"Big" is neither a plugin's name/],
  [{ plugins: [["one"]] }, /is not \[name, settings\]/],
  [{ plugins: [["one", { require: true }]] }, /plugins\.0\.1\.require is no setting of a plugin\. Did you mean required\?/],
  [{ plugins: [["one", { grants: {} }]] }, /grants are never in a config/],
  [{ plugins: [["one", { options: [] }]] }, /options is no object/],
  [{ isolation: { rssMiB: 1 } }, /isolation.rssMiB: .*>=96/],
  [{ isolation: { require: "strict" } }, /"strict" is none of none, os/],
])("%j is a problem in words", async (content, message) => {
  const place = createPlace();
  const file = place.write("gantry.config.json", content);
  const { problems } = await place.load();
  expect(problems).toEqual([
    expect.objectContaining({ code: "CONFIG_INVALID", file, message: expect.stringMatching(message) }),
  ]);
});

test("explain names the layer of each plugin, and set adds one more", async () => {
  const place = createPlace();
  const user = place.writeUser("config.json", '{ "plugins": ["one"] }');
  const { elements } = await (await place.load()).explain("plugins");
  expect(elements).toEqual([{ value: "one", from: { layer: "user", source: `${user}:1` } }]);
  await (await place.load()).host().set("plugins", '["two", {"required": true}]', "user");
  expect((await place.load()).config.plugins).toEqual(["one", ["two", { required: true }]]);
});
