/**
 * A run as a child: its events one by one as they come, bounded in length, number and time. Ended politely first, so that it
 * can close its session, and then for certain, also when this process is gone, however that came about.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { messageOf } from "gantry/errors";
import { guardChild } from "../child-guard.ts";

export interface RunChild {
  argv: readonly string[];
  cwd: string;
  timeoutMs: number;
  /** Aborted: the run is interrupted as by a Ctrl-C. */
  signal: AbortSignal;
  /** One parsed line of stdout. */
  onLine(line: unknown): void;
}

export interface RunChildEnd {
  /** Undefined where a signal ended it, or it could not be started. */
  exit: number | undefined;
  /** The signal, or why it could not be started. */
  why?: string;
  stderr: string;
  /** Lines that were too long, no JSON, or too many. */
  skipped: number;
  isTimedOut: boolean;
}

const mostLineCharacters = 8 * 1024 * 1024;
const mostLines = 200_000;
const mostStderrCharacters = 64 * 1024;
/** From the polite signal to the certain one. */
const graceMs = 5_000;
/** What still holds its pipes open after it has ended is not waited for longer. */
const pipeMs = 2_000;

/** Never throws. */
export async function followRun({ argv, cwd, timeoutMs, signal, onLine }: RunChild): Promise<RunChildEnd> {
  const [program = "", ...args] = argv;
  const child = spawn(program, args, {
    cwd,
    // Its own group: a Ctrl-C on the terminal comes once, from here.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines = createLines(onLine);
  let stderr = "";
  child.stdout?.on("data", lines.push);
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-mostStderrCharacters);
  });
  const ended = await endSurely(child, { timeoutMs, signal });
  lines.end();
  return { ...ended, stderr, skipped: lines.skipped() };
}

async function endSurely(
  child: ChildProcess,
  { timeoutMs, signal }: Pick<RunChild, "timeoutMs" | "signal">,
): Promise<Pick<RunChildEnd, "exit" | "why" | "isTimedOut">> {
  const guard = guardChild(child);
  let isTimedOut = false;
  let certain: NodeJS.Timeout | undefined;
  const killGroup = (): void => void endGroup(child);
  const stop = (): void => {
    child.kill("SIGINT");
    certain ??= setTimeout(killGroup, graceMs);
  };
  const deadline = setTimeout(() => {
    isTimedOut = true;
    stop();
  }, timeoutMs);
  // A second Ctrl-C ends this process at once.
  process.once("exit", killGroup);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return { ...(await endOf(child)), isTimedOut };
  } finally {
    clearTimeout(deadline);
    clearTimeout(certain);
    signal.removeEventListener("abort", stop);
    process.off("exit", killGroup);
    killGroup();
    await guard.dismiss();
  }
}

function endOf(child: ChildProcess): Promise<Pick<RunChildEnd, "exit" | "why">> {
  return new Promise((resolve) => {
    let late: NodeJS.Timeout | undefined;
    const settle = (end: Pick<RunChildEnd, "exit" | "why">): void => {
      clearTimeout(late);
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve(end);
    };
    child.on("error", (error) => settle({ exit: undefined, why: messageOf(error) }));
    child.on("exit", (code, by) => {
      const end = { exit: code ?? undefined, ...(by === null ? {} : { why: by }) };
      late = setTimeout(() => settle(end), pipeMs);
      child.on("close", () => settle(end));
    });
  });
}

/** All that the run started and left in its group, and the run itself where it still lives. */
function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing is left.
  }
}

interface Lines {
  push(chunk: Buffer): void;
  end(): void;
  skipped(): number;
}

/** A line that is too long is dropped as it comes: what is held never grows beyond the cap. */
export function createLines(onLine: (line: unknown) => void): Lines {
  const decoder = new TextDecoder();
  let held = "";
  let isDropping = false;
  let seen = 0;
  let skipped = 0;
  const finish = (line: string): void => {
    if (line.trim() === "" && !isDropping) return;
    const parsed = isDropping || seen++ >= mostLines ? undefined : parse(line);
    isDropping = false;
    if (parsed === undefined) skipped++;
    else onLine(parsed);
  };
  const take = (text: string): void => {
    const parts = text.split("\n");
    const last = parts.pop() ?? "";
    for (const part of parts) {
      finish(held + part);
      held = "";
    }
    if (isDropping) return;
    held += last;
    if (held.length <= mostLineCharacters) return;
    isDropping = true;
    held = "";
  };
  return {
    push: (chunk) => take(decoder.decode(chunk, { stream: true })),
    end() {
      take(decoder.decode());
      finish(held);
      held = "";
    },
    skipped: () => skipped,
  };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) ?? undefined;
  } catch {
    return undefined;
  }
}
