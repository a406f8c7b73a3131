/** Background runs in words, for the model. */
import type { BackgroundRun } from "gantry/plugin";

export function startedText(run: BackgroundRun): string {
  return `Started in the background as ${run.id}. Read its output with BashOutput, end it with KillShell. It is also in ${run.outputFile}.`;
}

/** One line: `bash_1: running since …, 120 bytes of output: npm run dev`. */
export function runLine(run: BackgroundRun): string {
  return `${run.id}: ${stateText(run)}, ${run.outputBytes} bytes of output: ${run.command}`;
}

export function stateText({ state, startedAt, exitCode, signal }: BackgroundRun): string {
  if (state === "running") return `running since ${startedAt}`;
  const how = signal === null ? `exit code ${exitCode}` : `by ${signal}`;
  return state === "stopped" ? `stopped (${how})` : `ended (${how})`;
}
