/** What a plugin says cannot harm who hears it: values that act, calls after their end, floods, and a far side that is no guest of ours. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { channel } from "./attacks/channel.ts";
import { type Core, tiers } from "./attacks/drive.ts";
import { farSides } from "./attacks/far-sides.ts";
import { notSmallOrQuick, runAttack } from "./attacks/held.ts";
import { createPlace, type Place } from "./attacks/place.ts";
import { openStage, type Stage } from "./attacks/stage.ts";

const cases = channel.map((attack) => [attack.name, attack] as const);
const sides = farSides.map((side) => [side.name, side] as const);
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

test("there are at least 15 entries, and none twice", () => {
  expect(channel.length + farSides.length).toBeGreaterThanOrEqual(15);
  for (const each of [cases, sides]) expect(new Map(each).size).toBe(each.length);
});

describe.each(tiers)("%s", (tier) => {
  let core: Core;
  beforeAll(async () => {
    core = await stage.core(tier);
  });

  describe("a plugin", () => {
    test.concurrent.each(cases)("%s", async (_name, attack) => {
      expect(await runAttack(core, place, attack)).toEqual([]);
    });
  });

  describe("a far side", () => {
    test.concurrent.each(sides)("%s", async (_name, side) => {
      expect(await runAttack(core, place, side, await stage.farSide(side.name))).toEqual([]);
    });
  });

  test("the core stays small and quick", async () => {
    expect(await notSmallOrQuick(core)).toEqual([]);
  });
});
