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
    "SCENARIO is a path of a file or folder of your own *.scenario.yaml, or, where nothing of that name is here, a name of a shipped scenario or the beginning of some. Each is played in a clean workspace and HOME against a scripted model on loopback; every expectation that is not met is told with its line.",
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
    return input.flags["list"] === true ? await listed(files, ctx) : await played(files, input, ctx);
  },
});

async function played(files: readonly string[], { flags }: CommandInput, ctx: CommandContext): Promise<CommandOutput> {
  const { playAll } = await import("./scenario/play-all.ts");
  const { mapText, resultText, totalsOf, totalsText } = await import("./scenario/report.ts");
  const { nameOf } = await import("./scenario/find.ts");
  const options = {
    program: ctx.host.run.program,
    signal: ctx.signal,
    jobs: jobsOf(flags["jobs"]),
    keep: flags["keep"] === true,
  };
  const report = await reportOf(flags["report"], ctx.cwd);
  const width = Math.max(...files.map((file) => nameOf(file).length));
  const isNamedTwice = (name: string): boolean => files.filter((file) => nameOf(file) === name).length > 1;
  const isOwn = ownIn(ctx);
  const inventory = await ctx.host.surface.inventory();
  const results = await playAll(files, {
    ...{ inventory, ...options },
    onResult(result) {
      const showsPath = isOwn(result.file) && isNamedTwice(nameOf(result.file));
      ctx.print(`${resultText(result, { width, cwd: ctx.cwd, showsPath })}\n`);
    },
  });
  const totals = totalsOf(results);
  const data = { format: "gantry-scenario-report/1", system: inventory.system, totals, scenarios: results } as unknown as Json;
  const told = totalsText(totals);
  const unwritten = await writeReport(report, data);
  const text = [...(flags["map"] === true ? ["", mapText(results)] : []), "", told, ...(unwritten ?? [])].join("\n");
  const error = errorOf(totals, { isStrict: flags["strict"] === true, message: [told, ...(unwritten ?? [])].join("\n") });
  if (error !== undefined) return { data, text, error };
  return unwritten === undefined
    ? { data, text }
    : { data, text, error: { code: "OUTPUT_FAILED", message: unwritten.join("\n") } };
}

/** Whether a file is none that ships. */
function ownIn({ host }: CommandContext): (file: string) => boolean {
  const shipped = `${path.join(host.run.dataFolder, "scenarios")}${path.sep}`;
  return (file) => !file.startsWith(shipped);
}

async function listed(files: readonly string[], ctx: CommandContext): Promise<CommandOutput> {
  const [{ readScenarios }, { shortPath }, { plainLines }] = await Promise.all([
    import("./scenario/read-all.ts"),
    import("./scenario/words.ts"),
    import("./plain-text.ts"),
  ]);
  const { scenarios, problems } = await readScenarios(files, await ctx.host.surface.inventory());
  const width = Math.max(0, ...scenarios.map(({ name }) => name.length));
  const isOwn = ownIn(ctx);
  const lines = scenarios.map(({ name, file, category, about }) => {
    const place = isOwn(file) ? ` (${shortPath(file, ctx.cwd)})` : "";
    return plainLines(`${name.padEnd(width)}  ${category}: ${about}${place}`);
  });
  const data = scenarios.map(({ name, file, category, about, reference, needs, covers }) => ({
    ...{ name, file, category, about, needs: needs ?? [], covers: covers ?? [] },
    ...(reference === undefined ? {} : { reference }),
  }));
  if (problems.length === 0) return { data, text: lines.join("\n") };
  const message = problems.join("\n");
  return { data, text: [...lines, plainLines(message)].join("\n"), error: { code: "SCENARIO_INVALID", message } };
}

function jobsOf(flag: CommandInput["flags"][string]): number {
  if (flag === undefined) return Math.min(4, availableParallelism());
  const jobs = Number(flag);
  if (jobs >= 1 && jobs <= mostJobs) return jobs;
  throw new GantryError("USAGE_INVALID", `--jobs is a number from 1 to ${mostJobs}, not ${jobs}`);
}

/** Before anything is played for it. */
async function reportOf(flag: CommandInput["flags"][string], cwd: string): Promise<string | undefined> {
  if (typeof flag !== "string") return undefined;
  if (flag === "") throw new GantryError("USAGE_INVALID", "--report needs the name of a file");
  const { checkTarget } = await import("./whole-file.ts");
  const file = path.resolve(cwd, flag);
  await checkTarget(file);
  return file;
}

/** What is to be said where it could not be written: the verdicts are there all the same. */
async function writeReport(file: string | undefined, data: Json): Promise<string[] | undefined> {
  if (file === undefined) return undefined;
  const { replaceFile } = await import("./whole-file.ts");
  try {
    await replaceFile(file, `${JSON.stringify(data, null, 2)}\n`);
    return undefined;
  } catch (cause) {
    return [`the report could not be written to ${file}: ${messageOf(cause)}`];
  }
}

function errorOf(
  totals: { failed: number; missing: number; invalid: number },
  { isStrict, message }: { isStrict: boolean; message: string },
): CommandOutput["error"] {
  if (totals.failed > 0 || (isStrict && totals.missing > 0)) return { code: "SCENARIO_FAILED", message };
  return totals.invalid > 0 ? { code: "SCENARIO_INVALID", message } : undefined;
}
