import path from "node:path";
import { GantryError } from "gantry/errors";
import { type CommandOutput, defineCommand } from "gantry/plugin";
import type { Json } from "../../core/contract/messages.ts";
import { didYouMean } from "../../core/contract/nearest.ts";
import type { Coverage } from "./scenario/cover.ts";

export const parityCoverage = defineCommand({
  id: "parity coverage",
  summary: "Say which items of the inventory no scenario touches, part by part",
  description:
    "Nothing is played: what a scenario touches follows from its file. Items that are declared only are not counted.",
  args: [{ name: "scenario", summary: "As for parity run. Default: all that ship.", rest: true }],
  flags: [{ name: "part", type: "string", summary: "One part of the inventory, such as tools, name by name.", value: "PART" }],
  examples: ["gantry parity coverage", "gantry parity coverage --part tools", "gantry parity coverage ./test/scenarios --json"],
  run: async ({ rest, flags }, ctx) => {
    const [{ findScenarios }, { readSoundScenarios }, { coverageOf }, { coverageText }] = await Promise.all([
      import("./scenario/find.ts"),
      import("./scenario/read-all.ts"),
      import("./scenario/cover.ts"),
      import("./scenario/cover-text.ts"),
    ]);
    const shipped = path.join(ctx.host.run.dataFolder, "scenarios");
    const inventory = await ctx.host.surface.inventory();
    const scenarios = await readSoundScenarios(await findScenarios(rest ?? [], { shipped, cwd: ctx.cwd }), inventory);
    const coverage = coverageOf(scenarios, inventory);
    return typeof flags["part"] === "string"
      ? onePart(coverage, flags["part"])
      : { data: coverage as unknown as Json, text: coverageText(coverage) };
  },
});

function onePart(coverage: Coverage, wanted: string): CommandOutput {
  const found = coverage.parts.find(({ part }) => part === wanted);
  if (found === undefined) {
    const names = coverage.parts.map(({ part }) => part);
    const known = `The parts are ${names.join(", ")}.`;
    throw new GantryError("USAGE_INVALID", `The inventory has no part ${wanted}.${didYouMean(wanted, names)} ${known}`);
  }
  const lines = found.untouched.map((name) => `  ${name}`);
  return { data: { ...found }, text: [`${wanted}: ${found.touched} of ${found.items} touched.`, ...lines].join("\n") };
}
