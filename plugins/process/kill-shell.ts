/** KillShell: ends one background run and all its children. */
import { defineTool } from "gantry/plugin";
import * as z from "zod";
import { stateText } from "./run-text.ts";

const input = () => z.strictObject({ shell_id: z.string().describe("The background run, as Bash named it") });

export const killShell = defineTool({
  name: "KillShell",
  description: "Ends a background run and everything it started.",
  input,
  effect: "session",
  async execute({ shell_id }, ctx) {
    const before = (await ctx.process.list()).find(({ id }) => id === shell_id);
    const run = await ctx.process.stop(shell_id);
    const wasOver = before !== undefined && before.state !== "running";
    const text = wasOver ? `${run.id} had already ${stateText(run)}.` : `${run.id} and its children are gone: ${run.command}`;
    return { content: text, data: { shell_id: run.id, state: run.state, exitCode: run.exitCode, signal: run.signal } };
  },
});
