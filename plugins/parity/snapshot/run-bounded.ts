/** One child, bounded in time and in what it prints, and surely ended with all it started. */
import { spawn } from "node:child_process";

/** Ten times what a slow machine needs to print an inventory. */
const longestMs = 60_000;
/** As much as an inventory file may have. */
const maxBytes = 4 * 1024 * 1024;

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

export function runBounded(argv: readonly string[], { cwd, env, signal, timeoutMs = longestMs }: BoundedRun): Promise<Printed> {
  signal.throwIfAborted();
  const [program = "", ...args] = argv;
  // A group of its own, so that what it started ends with it.
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
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
  return new Promise<Printed>((resolve) => {
    const end = (exit: number | null, why?: string): void => {
      const told = stopped ?? why;
      const [stdout, stderr] = [Buffer.concat(output.stdout).toString(), Buffer.concat(output.stderr).toString()];
      resolve({ exit, stdout, stderr, ...(told === undefined ? {} : { stopped: told }) });
    };
    child.on("error", (error) => end(null, `could not be started: ${error.message}`));
    child.on("close", (exit) => end(exit));
    // What it started and left running would hold its output open, and `close` away.
    child.on("exit", () => endGroup(child.pid));
  }).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
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
