/** No plugin reaches what it was not given. Each entry first gets through in a bare thread: an attack that does not is none. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sourceOf } from "./attacks/attack.ts";
import { authority } from "./attacks/authority.ts";
import { type Core, tiers } from "./attacks/drive.ts";
import { notSmallOrQuick, runAttack } from "./attacks/held.ts";
import { createPlace, type Place } from "./attacks/place.ts";
import { openStage, type Stage } from "./attacks/stage.ts";
import { runUnconfined } from "./attacks/unconfined.ts";

const cases = authority.map((attack) => [attack.name, attack] as const);
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

test("there are at least 35 entries, and none twice", () => {
  expect(authority.length).toBeGreaterThanOrEqual(35);
  expect(new Set(authority.map(({ name }) => name)).size).toBe(authority.length);
});

describe("in a bare thread it gets through", () => {
  test.concurrent.each(cases)("%s", async (_name, attack) => {
    const { attack: answer, echo } = await runUnconfined(sourceOf(attack), place.input);
    if (!String(answer).startsWith("GOT")) expect({ answer, echo }).not.toEqual({ answer, echo: "faithful" });
  });
});

describe.each(tiers)("%s nothing gets through", (tier) => {
  let core: Core;
  beforeAll(async () => {
    core = await stage.core(tier);
  });

  test.concurrent.each(cases)("%s", async (_name, attack) => {
    expect(await runAttack(core, place, attack)).toEqual([]);
  });

  test("the core stays small and quick", async () => {
    expect(await notSmallOrQuick(core)).toEqual([]);
  });
});
