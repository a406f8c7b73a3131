import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { GantryError, messageOf } from "gantry/errors";
import { type CommandContext, type CommandInput, type CommandOutput, defineCommand } from "gantry/plugin";
import type { Json } from "../../core/contract/messages.ts";

const mostJobs = 32;

export const parityRun = defineCommand({
  id: "parity run",
  summary: "Play scenarios through this build, from outside, and say which pass, fail, or need what is not in it",
  description:
    "SCENARIO is a name of a shipped scenario, or the beginning of some, or a path of a file or folder of your own *.scenario.yaml. Each is played in a clean workspace and HOME against a scripted model on loopback; every expectation that is not met is told with its line.",
  args: [{ name: "scenario", summary: "Names, beginnings of names, files or folders. Default: all that ship.", rest: true }],
  flags: [
    {
      name: "jobs",
      type: "integer",
      summary: "How many are played at a time. Default: as many as there are cores, at most 4.",
      value: "N",
    },
    { name: "report", type: "string", summary: "Write all of it as JSON to a file.", value: "FILE" },
    { name: "strict", type: "boolean", summary: "Fail also when a scenario needs what is not in this build." },
    { name: "keep", type: "boolean", summary: "Keep each scenario's folders, and say where." },
    { name: "map", type: "boolean", summary: "Print which surface items each scenario touches." },
    { name: "list", type: "boolean", summary: "List the scenarios; nothing is played." },
  ],
  examples: [
    "gantry parity run",
    "gantry parity run bash_ --jobs 2",
    "gantry parity run ./test/scenarios --report report.json",
  ],
  run: async (input, ctx) => {
    const { findScenarios } = await import("./scenario/find.ts");
    const { dataFolder } = ctx.host.run;
    const files = await findScenarios(input.rest ?? [], { shipped: path.join(dataFolder, "scenarios"), cwd: ctx.cwd });
    return input.flags["list"] === true ? await listed(files) : await played(files, input, ctx);
  },
});

async function played(files: readonly string[], { flags }: CommandInput, ctx: CommandContext): Promise<CommandOutput> {
  const { playAll } = await import("./scenario/play-all.ts");
  const { mapText, resultText, totalsOf, totalsText } = await import("./scenario/report.ts");
  const { nameOf } = await import("./scenario/find.ts");
  const width = Math.max(...files.map((file) => nameOf(file).length));
  const inventory = await ctx.host.surface.inventory();
  const results = await playAll(files, {
    ...{
      inventory,
      program: ctx.host.run.program,
      signal: ctx.signal,
      jobs: jobsOf(flags["jobs"]),
      keep: flags["keep"] === true,
    },
    onResult: (result) => ctx.print(`${resultText(result, { width, cwd: ctx.cwd })}\n`),
  });
  const totals = totalsOf(results);
  const data = { format: "gantry-scenario-report/1", system: inventory.system, totals, scenarios: results } as unknown as Json;
  await writeReport(flags["report"], data, ctx);
  const text = [...(flags["map"] === true ? ["", mapText(results)] : []), "", totalsText(totals)].join("\n");
  const error = errorOf(totals, { isStrict: flags["strict"] === true, message: totalsText(totals) });
  return error === undefined ? { data, text } : { data, text, error };
}

async function listed(files: readonly string[]): Promise<CommandOutput> {
  const { readScenarios } = await import("./scenario/read-all.ts");
  const { scenarios, problems } = await readScenarios(files);
  const width = Math.max(0, ...scenarios.map(({ name }) => name.length));
  const lines = scenarios.map(({ name, category, about }) => `${name.padEnd(width)}  ${category}: ${about}`);
  const data = scenarios.map(({ name, file, category, about, reference, needs, covers }) => ({
    ...{ name, file, category, about, needs: needs ?? [], covers: covers ?? [] },
    ...(reference === undefined ? {} : { reference }),
  }));
  if (problems.length === 0) return { data, text: lines.join("\n") };
  const message = problems.join("\n");
  return { data, text: [...lines, message].join("\n"), error: { code: "SCENARIO_INVALID", message } };
}

function jobsOf(flag: CommandInput["flags"][string]): number {
  if (flag === undefined) return Math.min(4, availableParallelism());
  const jobs = Number(flag);
  if (jobs >= 1 && jobs <= mostJobs) return jobs;
  throw new GantryError("USAGE_INVALID", `--jobs is a number from 1 to ${mostJobs}, not ${jobs}`);
}

async function writeReport(flag: CommandInput["flags"][string], data: Json, ctx: CommandContext): Promise<void> {
  if (typeof flag !== "string") return;
  const file = path.resolve(ctx.cwd, flag);
  try {
    await writeFile(file, `${JSON.stringify(data, null, 2)}\n`);
  } catch (cause) {
    throw new GantryError("OUTPUT_FAILED", `the report could not be written to ${file}: ${messageOf(cause)}`, { cause });
  }
}

function errorOf(
  totals: { failed: number; missing: number; invalid: number },
  { isStrict, message }: { isStrict: boolean; message: string },
): CommandOutput["error"] {
  if (totals.failed > 0 || (isStrict && totals.missing > 0)) return { code: "SCENARIO_FAILED", message };
  return totals.invalid > 0 ? { code: "SCENARIO_INVALID", message } : undefined;
}
