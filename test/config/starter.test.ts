import { expect, test } from "vitest";
import { createPlace } from "./place.ts";

test("the starter is sound, needs no trust, and is not written over anything", async () => {
  const place = createPlace();
  const path = await (await place.load()).host().writeStarter();
  const loaded = await place.load();
  expect(loaded.problems).toEqual([]);
  expect(loaded.trust.state).toBe("nothing-to-trust");
  expect(loaded.config.permissions.deny).toEqual(["Read(./.env)"]);
  expect(loaded.sourceOf("permissions.ask").source).toMatch(`${path}:`);
  await expect(loaded.host().writeStarter()).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining(path),
  });
});

test.each(["gantry.config.yaml", ".gantryrc", "package.json", "gantry.config.ts"])("init refuses beside %s", async (name) => {
  const place = createPlace();
  const file = place.write(name, name === "package.json" ? '{"gantry":{}}' : "");
  await expect((await place.load()).host().writeStarter()).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining(file),
  });
});

test("init refuses in HOME, and where another process was faster", async () => {
  const place = createPlace();
  await expect((await place.load({ cwd: place.home })).host().writeStarter()).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  const host = (await place.load()).host();
  place.write("gantry.config.jsonc", "{}");
  await expect(host.writeStarter()).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  expect(place.read(`${place.project}/gantry.config.jsonc`)).toBe("{}");
});
