/** The shells of one session: runs that are waited for, here; background runs, beside it. */
import { mkdir, unlink } from "node:fs/promises";
import { join, sep } from "node:path";
import { GantryError } from "../core/contract/errors.ts";
import type { SessionShells } from "../core/contract/execution.ts";
import type { RunRequest, RunResult } from "../core/contract/plugin.ts";
import { createBackgroundRuns } from "./background-runs.ts";
import { type FoundProcess, outputNameOf } from "./descendants.ts";
import { readCapped } from "./output-file.ts";
import { limitOutput, maxOutputFileBytes } from "./output-limit.ts";
import type { ShellExit, ShellRun, ShellStart } from "./shell-run.ts";

export interface ShellsOptions {
  /** Made when it is first needed. Output files that were cut, and those of background runs, stay in it. */
  outputDir: string;
  env: Record<string, string>;
  start(options: Pick<ShellStart, "command" | "cwd" | "env"> & { outputFile(mark: string): string }): Promise<StartedShell>;
  /** Told when a run has ended, so that children that hide can be looked for. */
  onEnded(): void;
  maxOutputBytes?: number;
}

/** `notes` are about all lines of the session: the first result carries them. */
export interface StartedShell {
  run: ShellRun;
  notes: string[];
}

type Ending = "exit" | "timeout" | "cancel";

export function createShells(options: ShellsOptions): SessionShells {
  const live = new Set<ShellRun>();
  let closed = false;
  let told = false;
  let folder: Promise<unknown> | undefined;

  async function launch(request: { command: string; cwd: string }): Promise<StartedShell & { outputFile: string }> {
    if (closed) throw new GantryError("TOOL_INTERRUPTED", "The session is closing; no command was started.");
    folder ??= mkdir(options.outputDir, { recursive: true, mode: 0o700 });
    await folder;
    let outputFile = "";
    const named = (mark: string): string => {
      outputFile = join(options.outputDir, outputNameOf(mark));
      return outputFile;
    };
    const { command, cwd } = request;
    const { run, notes } = await options.start({ command, cwd, env: options.env, outputFile: named });
    live.add(run);
    void run.exited.then(() => live.delete(run));
    return { run, notes, outputFile };
  }

  const background = createBackgroundRuns(launch);

  async function run(
    request: RunRequest & { cwd: string; roots: readonly string[] },
    { signal, onOutput }: { signal: AbortSignal; onOutput(text: string): void },
  ): Promise<RunResult> {
    signal.throwIfAborted();
    const { run: shell, notes: first, outputFile } = await launch(request);
    const maxBytes = options.maxOutputBytes ?? maxOutputFileBytes;
    const limit = limitOutput(shell, { onOutput, maxBytes });
    let keep = false;
    try {
      const ending = await endOf(shell, request.timeoutMs, signal);
      const exit = await shell.exited;
      const left = await shell.endLeftovers();
      await limit.stop();
      const outputBytes = (await shell.output.stat()).size;
      const { text, cut } = await readCapped(shell.output, outputBytes, request, outputFile);
      keep = cut;
      if (ending === "cancel") throw cancelled(text);
      const moved = followFolder(exit, request);
      const notes = [
        ...(told ? [] : first),
        ...limitNote(limit.reached, maxBytes),
        ...leftoverNote(ending, left),
        ...moved.notes,
      ];
      told = true;
      return {
        ...{ exitCode: exit.exitCode, signal: exit.signal, timedOut: ending === "timeout" },
        ...{ output: text, outputBytes, ...(cut && { outputFile }), cwd: moved.cwd, notes },
      };
    } finally {
      await limit.stop();
      await shell.release();
      if (!keep) await unlink(outputFile).catch(() => undefined);
      options.onEnded();
    }
  }

  return {
    run,
    start: background.start,
    list: background.list,
    output: background.output,
    stop: background.stop,
    async close() {
      closed = true;
      await background.close();
      await Promise.all([...live].map((shell) => shell.end()));
    },
  };
}

/** Waits for the shell's exit, its time, or cancel, whichever comes first; after the latter two the run and its children are gone. */
async function endOf(shell: ShellRun, timeoutMs: number, signal: AbortSignal): Promise<Ending> {
  let timer: NodeJS.Timeout | undefined;
  let cancel = (): void => undefined;
  const stopped = new Promise<Ending>((resolve) => {
    cancel = () => resolve("cancel");
    if (Number.isFinite(timeoutMs)) timer = setTimeout(() => resolve("timeout"), timeoutMs);
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();
  });
  try {
    const ending = await Promise.race([shell.exited.then((): Ending => "exit"), stopped]);
    if (ending !== "exit") await shell.end();
    return ending;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", cancel);
  }
}

function cancelled(output: string): GantryError {
  const shown = output.trim() === "" ? "It had printed nothing." : `It had printed:\n${output.trimEnd()}`;
  return new GantryError("TOOL_INTERRUPTED", `The command was cancelled; it and its children were ended. ${shown}`, {
    detail: { output },
  });
}

/** The session follows the shell only inside the folders it may touch. */
function followFolder(
  { cwd }: ShellExit,
  request: { cwd: string; roots: readonly string[] },
): { cwd: string; notes: string[] } {
  if (cwd === undefined || cwd === request.cwd) return { cwd: request.cwd, notes: [] };
  const inside = request.roots.some((root) => cwd === root || cwd.startsWith(root.endsWith(sep) ? root : root + sep));
  if (inside) return { cwd, notes: [] };
  return {
    cwd: request.cwd,
    notes: [`The shell ended in ${cwd}, outside the workspace; the working folder stays ${request.cwd}.`],
  };
}

function limitNote(reached: boolean, maxBytes: number): string[] {
  return reached ? [`The output passed ${maxBytes} bytes and the command was ended.`] : [];
}

function leftoverNote(ending: Ending, left: readonly FoundProcess[]): string[] {
  if (ending !== "exit" || left.length === 0) return [];
  const names = left.map(({ name }) => name).join(", ");
  const what = left.length === 1 ? "1 process it left running was" : `${left.length} processes it left running were`;
  return [`${what} ended (${names}); use run_in_background for what shall go on.`];
}
