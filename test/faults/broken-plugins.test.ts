/** A plugin that is broken harms nobody else, and its author is told what is wrong. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokenPlugins, textOf } from "../fixtures/broken-plugins/plugins.ts";
import { manifestOf } from "./attacks/attack.ts";
import { type Core, tiers } from "./attacks/drive.ts";
import { ofOthers } from "./attacks/held.ts";
import { createPlace, type Place } from "./attacks/place.ts";
import { openStage, type Stage } from "./attacks/stage.ts";

const cases = brokenPlugins.map((plugin) => [plugin.name, plugin] as const);
let place: Place;
let stage: Stage;
beforeAll(async () => {
  place = await createPlace();
  stage = await openStage(place);
});
afterAll(async () => {
  await stage?.close();
  await place?.remove();
});

const bundle = (text: string): string => `(async (__gantry) => {\nconst plugin = __gantry;\n${text}\n})`;
const manifest = (name: string) => manifestOf(name, {}, ["Broken"]);
const callOf = (plugin: string) => ({
  plugin,
  tool: "Broken",
  input: {},
  timeoutMs: plugin === "never-answers" ? 1_500 : 15_000,
});

describe.each(tiers)("%s", (tier) => {
  let core: Core;
  beforeAll(async () => {
    core = await stage.core(tier);
  });

  test.concurrent.each(cases)("a plugin that %s ends its call alone", async (name, { code, answer, says }) => {
    await core.add({ name, source: bundle(textOf(name)), manifest: manifest(name), grants: {} });
    const ended = await core.call(callOf(name));
    await core.remove(name);
    expect({ code: ended.code, answer: ended.value, odd: ended.odd }).toEqual({ code, answer, odd: undefined });
    if (says !== undefined) expect(ended.message).toContain(says);
    expect(await ofOthers(core)).toEqual([]);
  });

  test("a bundle that was changed on disk after install is not run", async () => {
    const name = "changed";
    const text = (answer: string): string =>
      bundle(textOf("answers-twice").replace('"answers-twice"', `"${name}"`).replace("first", answer));
    await core.add({ name, source: text("installed"), manifest: manifest(name), grants: {} });
    await core.change(name, text("planted"));
    expect(await core.call(callOf(name))).toMatchObject({ code: "PLUGIN_CHANGED" });
    await core.remove(name);
    expect(await ofOthers(core)).toEqual([]);
  });
});
