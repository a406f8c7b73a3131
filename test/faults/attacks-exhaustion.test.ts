/** A plugin that takes all it can get pays for it alone: its guest ends or its call fails, and the core stays small and quick. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Core, tiers } from "./attacks/drive.ts";
import { exhaustion } from "./attacks/exhaustion.ts";
import { notSmallOrQuick, runAttack } from "./attacks/held.ts";
import { createPlace, type Place } from "./attacks/place.ts";
import { openStage, type Stage } from "./attacks/stage.ts";

/** What makes the core itself handle megabytes is tried apart: its garbage would hide what the others do. */
const isLong = ({ name }: { name: string }): boolean => ["many long reads", "many reads of the longest"].includes(name);
const cases = exhaustion.filter((attack) => !isLong(attack)).map((attack) => [attack.name, attack] as const);
const long = exhaustion.filter(isLong).map((attack) => [attack.name, attack] as const);
/** Lower than the usual ones, so that each ends soon. */
const limits = { rssMiB: 160, heapMiB: 48, cpuSeconds: 2 };
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

test("there are at least 20 entries, and none twice", () => {
  expect(exhaustion.length).toBeGreaterThanOrEqual(20);
  expect(new Map([...cases, ...long]).size).toBe(exhaustion.length);
});

describe.each(tiers)("%s", (tier) => {
  let core: Core;
  beforeAll(async () => {
    core = await stage.core(tier, limits);
  });

  test.concurrent.each(cases)("%s", async (_name, attack) => {
    expect(await runAttack(core, place, attack)).toEqual([]);
  });

  test("the core stays small and quick", async () => {
    expect(await notSmallOrQuick(core, 100)).toEqual([]);
  });

  test.each(long)("%s", async (_name, attack) => {
    expect(await runAttack(core, place, attack)).toEqual([]);
    // The threads that read are of this process too, each with a heap of its own.
    expect(await notSmallOrQuick(core)).toEqual([]);
  });
});
