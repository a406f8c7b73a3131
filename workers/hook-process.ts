/**
 * One command hook from its start until nothing of it is left: a program at the head of its own group, its input a file,
 * its output read from pipes up to a cap and drained beyond it. It is over when the program has ended, whatever it left
 * behind that still holds the pipes; what is left in its group, or carries its mark, is ended with it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { longestTimerMs } from "../core/contract/clock.ts";
import { messageOf } from "../core/contract/errors.ts";
import type { HookCommand, HookEnding, HookExit } from "../core/contract/hook-run.ts";
import { endProcesses, groupExists, markName, signalTo, type Wanted } from "./descendants.ts";
import { inputFile } from "./hook-stdin.ts";
import type { Reaper } from "./reaper.ts";

export interface HookProcessParts {
  /** What every child of the core is given; the request's own is added. */
  env: Record<string, string>;
  mark: string;
  reaper: Reaper;
  /** Of both streams together; 64 MiB. */
  maxOutputBytes?: number;
}

/** Of each stream. */
const maxKeptBytes = 1024 * 1024;
const maxPrintedBytes = 64 * 1024 * 1024;
/** Between the polite signal and the certain one. */
const timeoutGraceMs = 2_000;
const cancelGraceMs = 500;
/** For what a program that has ended left behind: its end is no surprise, so it is waited for but shortly. */
const leftGraceMs = 100;
/** For the end of a program that was killed; the kernel may hold one for ever. */
const stuckMs = 1_000;
const decoder = new TextDecoder();

/** Never rejects: a cancel is an ending too. */
export async function runHookProcess(
  request: HookCommand,
  { signal }: { signal: AbortSignal },
  parts: HookProcessParts,
): Promise<HookExit> {
  if (signal.aborted) return unstarted({ ended: "cancel" });
  const stdin = await inputFile(request.stdin).catch((error: unknown) => messageOf(error));
  if (typeof stdin === "string") return unstarted({ notStarted: `its input could not be written: ${stdin}` });
  try {
    const child = launch(request, stdin.fd, parts);
    const { pid } = child;
    if (pid === undefined) return unstarted({ notStarted: await launchProblem(child, request) });
    parts.reaper.add(pid);
    return await follow({ child, pid, request, signal, parts }).finally(() => parts.reaper.remove(pid));
  } catch (error) {
    // A NUL in a string, or a text longer than the kernel takes.
    return unstarted({ notStarted: messageOf(error) });
  } finally {
    await stdin.close();
  }
}

function launch(
  { command, args, shell, cwd, env }: HookCommand,
  stdin: number,
  { env: base, mark }: HookProcessParts,
): ChildProcess {
  const [file, rest] = args === undefined ? [shellFile(shell), ["-c", command]] : [command, args];
  return spawn(file, rest, {
    ...{ cwd, env: { ...base, ...env, [markName]: mark }, detached: true },
    stdio: [stdin, "pipe", "pipe"],
  });
}

const shellFile = (shell: HookCommand["shell"]): string => (shell === "bash" ? "bash" : "sh");

async function launchProblem(child: ChildProcess, { cwd, args, command, shell }: HookCommand): Promise<string> {
  const error = await new Promise<unknown>((resolve) => child.once("error", resolve));
  const file = args === undefined ? shellFile(shell) : command;
  return `${file} could not be started in ${cwd}: ${messageOf(error)}`;
}

function unstarted(why: { ended: HookEnding } | { notStarted: string }): HookExit {
  return { ...why, exitCode: null, signal: null, stdout: "", stderr: "", cut: false, left: 0 };
}

interface Following {
  child: ChildProcess;
  pid: number;
  request: HookCommand;
  signal: AbortSignal;
  parts: HookProcessParts;
}

async function follow({ child, pid, request, signal, parts }: Following): Promise<HookExit> {
  const wanted = { groups: [pid], hasMark: (mark: string) => mark === parts.mark };
  const ending = createEnding(pid, wanted);
  // Comes when a signal could not be sent; the end of the process comes all the same.
  child.on("error", () => undefined);
  const exited = new Promise<Pick<HookExit, "exitCode" | "signal">>((resolve) => {
    child.once("exit", (exitCode, by) => resolve({ exitCode, signal: by }));
  });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const output = readBoth(child, parts.maxOutputBytes ?? maxPrintedBytes, () => ending.begin("output"));
  const timer = setTimeout(() => ending.begin("timeout"), Math.min(request.timeoutMs, longestTimerMs));
  const cancel = (): void => ending.begin("cancel");
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    const exit = await Promise.race([exited, ending.stuck]);
    clearTimeout(timer);
    const left = await endLeft(closed, wanted, pid);
    await ending.ended;
    return { ...exit, ...(ending.why && { ended: ending.why }), ...output.take(), left };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", cancel);
    for (const stream of [child.stdout, child.stderr]) stream?.destroy();
  }
}

const graceOf: Record<HookEnding, number> = { timeout: timeoutGraceMs, cancel: cancelGraceMs, output: 0 };

/** Ends the program and all of its own before their time; the first reason stands. */
function createEnding(pid: number, wanted: Wanted) {
  let why: HookEnding | undefined;
  let ended: Promise<unknown> = Promise.resolve();
  let giveUp: (exit: { exitCode: null; signal: null }) => void;
  const stuck = new Promise<{ exitCode: null; signal: null }>((resolve) => {
    giveUp = resolve;
  });
  return {
    stuck,
    get why() {
      return why;
    },
    get ended() {
      return ended;
    },
    begin(reason: HookEnding): void {
      if (why !== undefined) return;
      why = reason;
      // What floods is ended before anything is looked for.
      if (reason === "output") signalTo(-pid, "SIGKILL");
      ended = endProcesses(wanted, graceOf[reason]);
      const bound = (): void => void setTimeout(() => giveUp({ exitCode: null, signal: null }), stuckMs).unref();
      ended.then(bound, bound);
    },
  };
}

/** Most programs leave nothing, and then nothing is looked for: a search costs milliseconds. */
async function endLeft(closed: Promise<void>, wanted: Wanted, pid: number): Promise<number> {
  const drained = await within(closed, leftGraceMs);
  if (drained && !groupExists(pid)) return 0;
  const found = await endProcesses(wanted, leftGraceMs);
  // Held by one that left the group and shed the mark: what was printed until now is all that is read.
  await within(closed, leftGraceMs);
  return found.length;
}

async function within(promise: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  return Promise.race([promise.then(() => true), late]).finally(() => clearTimeout(timer));
}

function readBoth(child: ChildProcess, maxBytes: number, onFlood: () => void) {
  let printed = 0;
  let cut = false;
  const keep = (stream: Readable | null) => {
    const chunks: Buffer[] = [];
    let kept = 0;
    stream?.on("error", () => undefined);
    stream?.on("data", (chunk: Buffer) => {
      printed += chunk.length;
      if (printed > maxBytes) onFlood();
      const room = maxKeptBytes - kept;
      if (chunk.length > room) cut = true;
      if (room <= 0) return;
      const part = chunk.length > room ? chunk.subarray(0, room) : chunk;
      chunks.push(part);
      kept += part.length;
    });
    return () => decoder.decode(Buffer.concat(chunks));
  };
  const stdout = keep(child.stdout);
  const stderr = keep(child.stderr);
  return { take: () => ({ stdout: stdout(), stderr: stderr(), cut }) };
}
