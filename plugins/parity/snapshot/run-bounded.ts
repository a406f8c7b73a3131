/** One child, bounded in time and in what it prints, and surely ended with all of its group, also when this process is gone. */
import { type ChildProcess, spawn } from "node:child_process";
import { guardChild } from "../child-guard.ts";

/** Ten times what a slow machine needs to print an inventory. */
const longestMs = 60_000;
/** As much as an inventory file may have. */
const maxBytes = 4 * 1024 * 1024;
/** What has left its group and holds its output open is not waited for longer: all that the program said is there by then. */
const pipeMs = 2_000;

export interface Printed {
  /** Null: by a signal, or it never started. */
  exit: number | null;
  stdout: string;
  stderr: string;
  /** Why it was ended here, in words that follow its name. */
  stopped?: string;
}

export interface BoundedRun {
  cwd: string;
  env: Record<string, string>;
  signal: AbortSignal;
  timeoutMs?: number;
}

export async function runBounded(
  argv: readonly string[],
  { cwd, env, signal, timeoutMs = longestMs }: BoundedRun,
): Promise<Printed> {
  signal.throwIfAborted();
  const [program = "", ...args] = argv;
  // A group of its own, so that what it started ends with it.
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const guard = guardChild(child);
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  let bytes = 0;
  let stopped: string | undefined;
  const stop = (why: string): void => {
    stopped ??= why;
    endGroup(child.pid);
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const take = (name: "stdout" | "stderr") => (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) stop(`printed more than ${maxBytes / 1024 / 1024} MiB`);
    else output[name].push(chunk);
  };
  child.stdout.on("data", take("stdout"));
  child.stderr.on("data", take("stderr"));
  const timer = setTimeout(() => stop(`did not end in ${timeoutMs / 1000} seconds`), timeoutMs);
  const onAbort = (): void => stop("was interrupted");
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const { exit, why } = await endOf(child);
    const told = stopped ?? why;
    const [stdout, stderr] = [Buffer.concat(output.stdout).toString(), Buffer.concat(output.stderr).toString()];
    return { exit, stdout, stderr, ...(told === undefined ? {} : { stopped: told }) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    await guard.dismiss();
  }
}

/** The end of the program and of what it has printed, or of the wait for it. */
function endOf(child: ChildProcess): Promise<{ exit: number | null; why?: string }> {
  return new Promise((resolve) => {
    let late: NodeJS.Timeout | undefined;
    child.on("error", (error) => resolve({ exit: null, why: `could not be started: ${error.message}` }));
    child.on("close", (exit) => {
      clearTimeout(late);
      resolve({ exit });
    });
    child.on("exit", () => {
      endGroup(child.pid);
      late = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, pipeMs);
    });
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
