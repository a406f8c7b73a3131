/** Bash: one shell line, run and waited for or started in the background. */
import { defineTool, type RunResult, type ToolContext, type ToolOutput } from "gantry/plugin";
import * as z from "zod";
import { startedText } from "./run-text.ts";

/**
 * What the model is handed of one run; the whole stays in a file that it may Read. Below what a config may hold a result to by
 * default (64 KiB, 2,000 lines), with room for the notes: cut here, the output keeps its tail and its exit code.
 */
const bounds = { maxOutputBytes: 30_000, maxOutputLines: 1_900 };
const defaultTimeoutMs = 120_000;
const maxTimeoutMs = 600_000;

const input = () =>
  z.strictObject({
    command: z.string().min(1).describe("The shell line to run"),
    description: z.string().optional().describe("What it does, in five to ten words, for the user"),
    timeout: z
      .number()
      .int()
      .min(1)
      .max(maxTimeoutMs)
      .optional()
      .describe(
        `Milliseconds until it is ended; default ${defaultTimeoutMs}, at most ${maxTimeoutMs}. A background run has no limit unless given`,
      ),
    run_in_background: z
      .boolean()
      .optional()
      .describe("Start it and go on; read its output with BashOutput, end it with KillShell"),
  });

export const bash = defineTool({
  name: "Bash",
  description: [
    "Runs a shell line with bash (sh where there is none) and returns its output and errors as they came.",
    "The working folder is kept between calls while it is inside the workspace; variables are not.",
    "There is no terminal and no input: use flags that answer questions beforehand.",
    `Output over ${bounds.maxOutputBytes} bytes or ${bounds.maxOutputLines} lines is cut in the middle; the whole is kept in a file that Read can show.`,
    "Processes still running when the line ends are ended: use run_in_background for servers and watchers.",
    "Prefer Read, Edit, Glob and Grep to cat, sed, find and grep.",
  ].join("\n"),
  input,
  effect: "runs",
  subject: { kind: "command", field: "command" },
  timeoutMs: "own",
  execute: ({ command, timeout, run_in_background }, ctx) =>
    run_in_background
      ? startRun(command, timeout ?? Number.POSITIVE_INFINITY, ctx)
      : waitForRun(command, timeout ?? defaultTimeoutMs, ctx),
});

async function startRun(command: string, timeoutMs: number, ctx: ToolContext): Promise<ToolOutput> {
  const run = await ctx.process.start({ command, timeoutMs, ...bounds });
  const data = { bash_id: run.id, outputFile: run.outputFile, startedAt: run.startedAt };
  return { content: startedText(run), data };
}

/** A line that ends with another code than 0, by a signal or by its timeout is an error result: TOOL_FAILED, TOOL_TIMEOUT. */
async function waitForRun(command: string, timeoutMs: number, ctx: ToolContext): Promise<ToolOutput> {
  const startedAt = performance.now();
  const result = await ctx.process.run({ command, timeoutMs, ...bounds });
  const { exitCode, signal, timedOut, output, outputFile } = result;
  const durationMs = Math.round(performance.now() - startedAt);
  const isError = timedOut || exitCode !== 0;
  return {
    content: [output.trimEnd(), ...endings(result, timeoutMs)].filter((part) => part !== "").join("\n\n") || "(no output)",
    isError,
    ...(isError && { code: timedOut ? "TOOL_TIMEOUT" : "TOOL_FAILED" }),
    data: {
      stdout: output,
      stderr: "",
      interrupted: timedOut,
      exitCode,
      signal,
      durationMs,
      ...(outputFile !== undefined && { outputFile }),
    },
  };
}

/** How it ended, where that is not plain success, and what the core did about it. */
function endings({ exitCode, signal, timedOut, notes }: RunResult, timeoutMs: number): string[] {
  const lines = [...notes];
  if (timedOut) lines.unshift(`The command did not end within ${timeoutMs} ms and was ended with all its children.`);
  else if (signal !== null) lines.unshift(`The command was ended by ${signal}.`);
  else if (exitCode !== 0) lines.unshift(`Exit code ${exitCode}`);
  return lines.length === 0 ? [] : [lines.join("\n")];
}
