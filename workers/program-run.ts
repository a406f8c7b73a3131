/**
 * Runs npm, git and the bundler for core/install: own group, known to the reaper, bounded in time and output, and nothing of
 * the group is left when the run has settled.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { messageOf } from "../core/contract/errors.ts";
import type { ProgramEnd, ProgramRequest, RunProgram } from "../core/contract/program-run.ts";
import { markName, signalTo } from "./descendants.ts";
import { type Reaper, startReaper } from "./reaper.ts";

const maxErrorBytes = 65_536;
/** For the pipes of a program that has ended: what it left behind and still holds them is killed, so they close. */
const drainMs = 2_000;

export interface ProgramRuns {
  run: RunProgram;
  /** Lets the reaper go; runs must have settled. */
  close(): void;
}

/** `path` is the PATH of the reaper's own tools. Nothing is started before the first run. */
export function createProgramRuns({ path, mark }: { path: string; mark: string }): ProgramRuns {
  let reaper: Reaper | undefined;
  return {
    async run(argv, request) {
      request.signal.throwIfAborted();
      if (!reaper?.alive) reaper = startReaper(mark, path);
      const env = { ...request.env, [markName]: `${mark}-program` };
      return runProgram(argv, { ...request, env }, reaper);
    },
    close: () => reaper?.dismiss(),
  };
}

async function runProgram(
  [file, ...args]: readonly [string, ...string[]],
  request: ProgramRequest,
  reaper: Reaper,
): Promise<ProgramEnd> {
  const { cwd, env, input, timeoutMs, maxBytes, signal } = request;
  const child = launch(file, args, { cwd, env, input });
  if (typeof child === "string") return unstarted(child);
  const { pid } = child;
  const failed = new Promise<string>((resolve) => child.once("error", (error) => resolve(messageOf(error))));
  if (pid === undefined) return unstarted(`${file} could not be started in ${cwd}: ${await failed}`);
  reaper.add(pid);
  const end = (): void => signalTo(-pid, "SIGKILL");
  const stdout = keepFirst(child.stdout, maxBytes, end);
  const stderr = keepLast(child.stderr, maxErrorBytes);
  // A program that does not read its input is no error of the pipe.
  child.stdin?.on("error", () => undefined).end(input);
  let timedOut = false;
  const late = (): void => {
    timedOut = true;
    end();
  };
  const timer = setTimeout(late, timeoutMs);
  signal.addEventListener("abort", end, { once: true });
  try {
    const exitCode = await new Promise<number | null>((resolve) => child.once("exit", resolve));
    end();
    await drained(child);
    signal.throwIfAborted();
    return { exitCode, stdout: stdout.text(), stderr: stderr.text(), cut: stdout.isCut(), timedOut };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    for (const stream of [child.stdout, child.stderr]) stream?.destroy();
    reaper.remove(pid);
  }
}

function launch(
  file: string,
  args: string[],
  { cwd, env, input }: Pick<ProgramRequest, "cwd" | "env"> & { input: string | undefined },
) {
  try {
    return spawn(file, args, {
      ...{ cwd, env, detached: true },
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
  } catch (error) {
    // A NUL in an argument, or a list longer than the kernel takes.
    return messageOf(error);
  }
}

function unstarted(why: string): ProgramEnd {
  return { exitCode: null, stdout: "", stderr: "", cut: false, timedOut: false, notStarted: why };
}

async function drained(child: ChildProcess): Promise<void> {
  const open = [child.stdout, child.stderr].filter((stream) => stream !== null && !stream.readableEnded);
  if (open.length === 0) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, drainMs);
    child.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function keepFirst(stream: Readable | null, maxBytes: number, onFull: () => void) {
  const chunks: Buffer[] = [];
  let room = maxBytes;
  let cut = false;
  stream?.on("error", () => undefined);
  stream?.on("data", (chunk: Buffer) => {
    if (chunk.length > room) {
      cut = true;
      onFull();
    }
    if (room > 0) chunks.push(chunk.subarray(0, room));
    room = Math.max(0, room - chunk.length);
  });
  return { text: () => Buffer.concat(chunks).toString("utf8"), isCut: () => cut };
}

function keepLast(stream: Readable | null, maxBytes: number) {
  let kept = Buffer.alloc(0);
  stream?.on("error", () => undefined);
  stream?.on("data", (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]);
    if (kept.length > maxBytes) kept = kept.subarray(kept.length - maxBytes);
  });
  return { text: () => kept.toString("utf8") };
}
