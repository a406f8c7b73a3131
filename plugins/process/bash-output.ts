/** BashOutput: what a background run wrote since the last look, or the list of all runs. */
import { GantryError } from "gantry/errors";
import { type BackgroundOutput, type BackgroundRun, defineTool, type ToolContext, type ToolOutput } from "gantry/plugin";
import * as z from "zod";
import { matchingLines } from "./line-filter.ts";
import { runLine, stateText } from "./run-text.ts";

const input = () =>
  z.strictObject({
    bash_id: z.string().optional().describe("The run, as Bash named it; without it all runs are listed"),
    filter: z
      .string()
      .min(1)
      .optional()
      .describe("A JavaScript regular expression: only lines that match are shown, the others count as read"),
  });

export const bashOutput = defineTool({
  name: "BashOutput",
  description:
    "Shows what a background run wrote since the last look, and whether it still runs. Without bash_id it lists all runs.",
  input,
  effect: "reads",
  execute: ({ bash_id, filter }, ctx) => (bash_id === undefined ? listRuns(ctx) : readRun(bash_id, filter, ctx)),
});

async function listRuns(ctx: ToolContext): Promise<ToolOutput> {
  const runs = await ctx.process.list();
  const text = runs.length === 0 ? "There are no background runs in this session." : runs.map(runLine).join("\n");
  return { content: text, data: { runs: runs.map(facts) } };
}

async function readRun(id: string, filter: string | undefined, ctx: ToolContext): Promise<ToolOutput> {
  // Before the read: a pattern that is refused must not use up what was unread.
  if (filter !== undefined) demandPattern(filter);
  const read = await ctx.process.output(id, "unread");
  const shown = filter === undefined ? read.text.trimEnd() : filtered(read, filter);
  const { run } = read;
  const head = `${run.id} is ${stateText(run)}.`;
  return { content: [head, shown === "" ? emptyText(filter) : shown, ...more(read)].join("\n\n"), data: facts(run) };
}

function demandPattern(filter: string): void {
  try {
    new RegExp(filter);
  } catch (error) {
    throw new GantryError(
      "PATTERN_INVALID",
      `filter is no regular expression: ${error instanceof Error ? error.message : filter}`,
    );
  }
}

/** What was read is not unread any more, so a filter that fails hides nothing. */
function filtered({ text }: BackgroundOutput, filter: string): string {
  const lines = matchingLines(text, filter);
  return lines ?? `[… the filter did not come to an end and was not used; everything is shown …]\n${text.trimEnd()}`;
}

function emptyText(filter: string | undefined): string {
  return filter === undefined ? "(no new output)" : "(no new line matches the filter)";
}

function more({ run, nextByte }: BackgroundOutput): string[] {
  const left = run.outputBytes - nextByte;
  return left > 0 && nextByte > 0 ? [`[… ${left} more bytes are unread: look again, or Read ${run.outputFile} …]`] : [];
}

function facts({ id, command, state, exitCode, signal, outputFile, outputBytes, startedAt }: BackgroundRun) {
  return { bash_id: id, command, state, exitCode, signal, outputFile, outputBytes, startedAt };
}
