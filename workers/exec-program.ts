/**
 * A program run for a plugin by its arguments (process.exec), or held while its call runs (process.host): no shell, its own
 * group, known to the reaper, with an environment that was chosen for it. Nothing of the group is left when it has settled.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { GantryError, messageOf } from "../core/contract/errors.ts";
import type { ExecResult } from "../core/contract/plugin.ts";
import { signalTo } from "./descendants.ts";
import type { ExecRequest, HostedChild, HostRequest } from "./effects/effect.ts";
import type { Reaper } from "./reaper.ts";

export interface ProgramParts {
  env: Record<string, string>;
  reaper: Reaper;
}

/** For the pipes of a program that has ended: what left its group and still holds them must not hold up the call. */
const drainMs = 500;
/** Held for a reader; beyond it the program waits. */
const heldBytes = 1024 * 1024;

interface Ending {
  exitCode: number | null;
  signal: string | null;
}

/** RUN_FAILED when it cannot be started, TOOL_INTERRUPTED when the signal ended it. */
export async function execProgram(argv: readonly string[], request: ExecRequest, parts: ProgramParts): Promise<ExecResult> {
  const { stdin, timeoutMs, maxOutputBytes, signal } = request;
  const program = await launch(argv, request, { ...parts, env: { ...parts.env, ...request.env } });
  const { child, kill } = program;
  let timedOut = false;
  const stdout = keepFirst(child.stdout, maxOutputBytes, kill);
  const stderr = keepFirst(child.stderr, maxOutputBytes, kill);
  child.stdin.end(stdin ?? "");
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, timeoutMs);
  signal.addEventListener("abort", kill, { once: true });
  if (signal.aborted) kill();
  try {
    const ended = await program.ended;
    await drained(child);
    if (signal.aborted) throw new GantryError("TOOL_INTERRUPTED", `${argv[0]} was ended with its call.`);
    return { ...ended, stdout: stdout.text(), stderr: stderr.text(), timedOut, cut: stdout.isCut() || stderr.isCut() };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", kill);
    program.release();
  }
}

/** RUN_FAILED when it cannot be started. Ended when `signal` is aborted. */
export async function hostProgram(argv: readonly string[], request: HostRequest, parts: ProgramParts): Promise<HostedChild> {
  const { signal, graceMs = 2_000 } = request;
  const program = await launch(argv, request, parts);
  const { child, kill } = program;
  const output = pulled(child.stdout);
  // Read and dropped: a program that fills its pipe would stand still.
  child.stderr.resume();
  const ended = program.ended.finally(() => {
    signal.removeEventListener("abort", kill);
    program.release();
  });
  signal.addEventListener("abort", kill, { once: true });
  if (signal.aborted) kill();
  return {
    read: output.next,
    async write(data) {
      if (child.stdin.destroyed || child.stdin.writableEnded) throw gone(argv);
      await new Promise<void>((resolve, reject) => {
        child.stdin.write(data, (error) => (error ? reject(gone(argv, error)) : resolve()));
      });
    },
    async end() {
      child.stdin.end();
      const timer = setTimeout(kill, graceMs);
      return ended.finally(() => clearTimeout(timer));
    },
    kill,
    ended,
  };
}

interface Launched {
  child: ChildProcessWithoutNullStreams;
  ended: Promise<Ending>;
  kill(): void;
  /** Its group is gone: nothing speaks of its number any more. */
  release(): void;
}

async function launch(argv: readonly string[], { cwd }: { cwd: string }, { env, reaper }: ProgramParts): Promise<Launched> {
  const [file = "", ...args] = argv;
  const child = start(file, args, { cwd, env });
  const { pid } = child;
  if (pid === undefined) {
    const error = await new Promise<Error>((resolve) => child.once("error", resolve));
    throw unstarted(file, cwd, error);
  }
  reaper.add(pid);
  child.on("error", () => undefined);
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on("error", () => undefined);
  const kill = (): void => signalTo(-pid, "SIGKILL");
  const ended = new Promise<Ending>((resolve) => {
    child.once("exit", (exitCode, by) => {
      // What it left running in its group ends with it.
      kill();
      resolve({ exitCode, signal: by });
    });
  });
  return { child, ended, kill, release: () => reaper.remove(pid) };
}

function start(
  file: string,
  args: string[],
  { cwd, env }: { cwd: string; env: Record<string, string> },
): ChildProcessWithoutNullStreams {
  try {
    return spawn(file, args, { cwd, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  } catch (error) {
    // A list of arguments that the kernel does not take.
    throw unstarted(file, cwd, error);
  }
}

function unstarted(file: string, cwd: string, cause: unknown): GantryError {
  return new GantryError("RUN_FAILED", `${file} could not be started in ${cwd}: ${messageOf(cause)}`, { cause });
}

function gone(argv: readonly string[], cause?: unknown): GantryError {
  return new GantryError("RUN_FAILED", `${argv[0]} takes no more input: it has ended, or closed it`, { cause });
}

async function drained(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.stdout.readableEnded && child.stderr.readableEnded) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, drainMs);
    child.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
  child.stdout.destroy();
  child.stderr.destroy();
}

function keepFirst(stream: Readable, maxBytes: number, onFull: () => void) {
  const chunks: Buffer[] = [];
  let room = maxBytes;
  let cut = false;
  stream.on("data", (chunk: Buffer) => {
    if (chunk.length > room) {
      cut = true;
      onFull();
    }
    if (room > 0) chunks.push(chunk.subarray(0, room));
    room = Math.max(0, room - chunk.length);
  });
  return { text: () => new TextDecoder().decode(Buffer.concat(chunks)), isCut: () => cut };
}

/** The stream piece by piece, as it is asked for; undefined at its end. */
function pulled(stream: Readable): { next(): Promise<Uint8Array | undefined> } {
  let chunks: Buffer[] = [];
  let size = 0;
  let isOver = false;
  let wake: () => void = () => undefined;
  const over = (): void => {
    isOver = true;
    wake();
  };
  stream.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= heldBytes) stream.pause();
    wake();
  });
  stream.on("end", over).on("close", over);
  return {
    async next() {
      while (size === 0 && !isOver) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (size === 0) return undefined;
      const piece = Buffer.concat(chunks);
      chunks = [];
      size = 0;
      stream.resume();
      return piece;
    },
  };
}
