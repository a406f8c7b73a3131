/** By no path, address or argument does a plugin get beyond what its grants name; what they do name works. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Attack } from "./attacks/attack.ts";
import { type Core, tiers } from "./attacks/drive.ts";
import { notSmallOrQuick, runAttack } from "./attacks/held.ts";
import { network } from "./attacks/network.ts";
import { paths } from "./attacks/paths.ts";
import { createPlace, type Place } from "./attacks/place.ts";
import { programs } from "./attacks/programs.ts";
import { openStage, type Stage } from "./attacks/stage.ts";

const all = [...paths, ...network, ...programs];
const isRace = ({ name }: Attack): boolean => name.startsWith("race");
const cases = all.filter((attack) => !isRace(attack)).map((attack) => [attack.name, attack] as const);
const races = all.filter(isRace).map((attack) => [attack.name, attack] as const);
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

/** What is granted: without it, an attack that fails would say nothing. */
const allowed: readonly Attack[] = [
  {
    ...{ name: "what is granted", class: "paths", tries: "nothing hostile", holds: "it works" },
    grants: {
      "fs.read": ["./**"],
      "fs.list": ["./**"],
      "fs.search": ["./**"],
      "fs.write": ["./out/**"],
      "net.fetch": ["granted-server"],
      "process.run": ["echo:*"],
    },
    call: `const text = (bytes) => new TextDecoder().decode(bytes);
      const read = text((await ctx.fs.read("notes.txt")).bytes);
      const { lines } = await ctx.fs.readLines("sub/inner.txt", { offset: 1, limit: 5, maxBytes: 100 });
      const { paths } = await ctx.fs.list({ pattern: "sub/*.txt", limit: 10 });
      const found = await ctx.fs.search({ pattern: "inner", path: "sub", ignoreCase: false, multiline: false, before: 0, after: 0, mode: "content", lineNumbers: false, limit: 9, offset: 0 });
      await ctx.fs.write("out/" + Math.random() + ".txt", "written", { expect: null });
      const answer = await (await ctx.net.fetch(input.granted)).text();
      const { stdout } = await ctx.process.exec(["echo", "said"]);
      return [read, lines, paths, found.lines.length, answer, stdout];`,
    ends: "answers",
    answer: ["notes\n", ["inner"], ["sub/inner.txt"], 1, "granted", "said\n"],
  } as Attack,
];

test("there are at least 15 entries, and none twice", () => {
  expect(all.length).toBeGreaterThanOrEqual(15);
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
});

describe.each(tiers)("%s", (tier) => {
  let core: Core;
  beforeAll(async () => {
    core = await stage.core(tier);
  });

  test.each(allowed)("$name works", async (attack) => {
    expect(await runAttack(core, place, attack)).toEqual([]);
  });

  test.concurrent.each(cases)("%s", async (_name, attack) => {
    expect(await runAttack(core, place, attack)).toEqual([]);
  });

  test.each(races)("%s", async (_name, attack) => {
    const stop = place.startRace();
    try {
      expect(await runAttack(core, place, attack)).toEqual([]);
    } finally {
      await stop();
    }
  });

  test("the core stays small and quick", async () => {
    expect(await notSmallOrQuick(core)).toEqual([]);
  });
});

test("nothing that a plugin puts into headers or paths reaches a server as a request of its own", () => {
  expect(place.servers.seen().filter((line) => /smuggled|"evil"|^(?!GET |POST )/.test(line))).toEqual([]);
});
