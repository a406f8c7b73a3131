/**
 * One command as a child with an environment of its own: bounded in time and output, ended politely first, so that it can
 * end what it has started itself, and then for certain, also when this process is gone.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { messageOf } from "gantry/errors";
import { guardChild } from "../child-guard.ts";
import { keepOutput } from "./kept-output.ts";

interface ChildOptions {
  cwd: string;
  env: Readonly<Record<string, string>>;
  stdin: string;
  timeoutMs: number;
  signal: AbortSignal;
}

export interface ChildEnd {
  /** Exit code, the signal that ended it, or why it could not be started. */
  exit: number | NodeJS.Signals | string;
  stdout: string;
  stderr: string;
  /** Outputs of which more came than is kept. */
  cut: ("stdout" | "stderr")[];
  isTimedOut: boolean;
}

export interface Child {
  readonly ended: Promise<ChildEnd>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when the output holds `text`; false when the command ended without it. */
  sees(output: "stdout" | "stderr", text: string): Promise<boolean>;
}

export const mostOutputBytes = 8 * 1024 * 1024;
/** From the polite signal to the certain one: a run closes its session, its threads and guests meanwhile. */
const graceMs = 5_000;
/** A descendant that holds the pipes open after the command has ended is not waited for longer. */
const pipeMs = 2_000;

export function startChild(argv: readonly string[], options: ChildOptions): Child {
  const [program = "", ...args] = argv;
  // Its own group: what it leaves behind is ended with it, and a Ctrl-C on the terminal is ours to hand on.
  const child = spawn(program, args, { cwd: options.cwd, env: options.env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  const outputs = { stdout: keepOutput(mostOutputBytes), stderr: keepOutput(mostOutputBytes) };
  const names = ["stdout", "stderr"] as const;
  for (const name of names) child[name].on("data", (chunk: Buffer) => outputs[name].add(chunk));
  // A command that does not read its input to the end is no fault.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.stdin);
  const ended = follow(child, options).then(({ exit, isTimedOut }) => {
    for (const name of names) outputs[name].end();
    const cut = names.filter((name) => outputs[name].isCut());
    return { exit, isTimedOut, stdout: outputs.stdout.text(), stderr: outputs.stderr.text(), cut };
  });
  return {
    ended,
    kill: (signal) => void child.kill(signal),
    sees: async (name, text) => await outputs[name].sees(text),
  };
}

/** Waits for the end, and sees to it that there is one. */
async function follow(
  child: ChildProcess,
  { timeoutMs, signal }: ChildOptions,
): Promise<{ exit: ChildEnd["exit"]; isTimedOut: boolean }> {
  const guard = guardChild(child);
  let isTimedOut = false;
  let certain: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill("SIGTERM");
    certain ??= setTimeout(() => child.kill("SIGKILL"), graceMs);
  };
  const deadline = setTimeout(() => {
    isTimedOut = true;
    stop();
  }, timeoutMs);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return { exit: await endOf(child), isTimedOut };
  } finally {
    clearTimeout(deadline);
    clearTimeout(certain);
    signal.removeEventListener("abort", stop);
    endGroup(child);
    await guard.dismiss();
  }
}

function endOf(child: ChildProcess): Promise<ChildEnd["exit"]> {
  return new Promise((resolve) => {
    let late: NodeJS.Timeout | undefined;
    const done = (exit: ChildEnd["exit"]): void => {
      clearTimeout(late);
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve(exit);
    };
    child.on("error", (error) => done(messageOf(error)));
    child.on("exit", (code, by) => {
      const exit = by ?? code ?? 0;
      late = setTimeout(() => done(exit), pipeMs);
      child.on("close", () => done(exit));
    });
  });
}

/** What of its group is left when it has ended itself. */
function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing was left.
  }
}
