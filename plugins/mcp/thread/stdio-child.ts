/**
 * One server's child process: the head of its own group, known to the core's reaper before its program runs. Its polite end:
 * the input is closed, then SIGTERM and SIGKILL to the group; SIGTERM at once where it was not ready. Whatever is left of the
 * group when its head is gone is killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { Fault } from "./fault.ts";
import { keepStderrTail, type StderrTail } from "./stderr-tail.ts";
import { within } from "./within.ts";

export interface ChildRequest {
  server: string;
  program: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string;
  reaperFd: number | undefined;
  endMs: number;
  stderrBytes: number;
  onGroup(group: number, isRunning: boolean): void;
}

export interface StdioChild {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: StderrTail;
  /** How it ended, in words: `exited with code 3`, `was ended by SIGSEGV`. */
  readonly exited: Promise<string>;
  end(was?: "unready"): Promise<void>;
}

/** Descriptor 3 is the reaper's input: the shell registers its group there, closes it, and becomes the program. */
const registered = `printf '+ %s\\n' "$$" >&3; exec 3>&-; exec "$0" "$@"`;
/** How long output of a child that is gone is still read: what it wrote before its end is in the pipe. */
const drainMs = 500;

export async function startChild(request: ChildRequest): Promise<StdioChild> {
  const child = await spawned(request);
  const { pid, stdin, stdout } = child;
  if (pid === undefined || stdin === null || stdout === null || child.stderr === null) {
    throw new Fault("MCP_START_FAILED", `The server ${request.server} was started without pipes.`);
  }
  request.onGroup(pid, true);
  const stderr = keepStderrTail(child.stderr, request.stderrBytes);
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      killGroup(pid, "SIGKILL");
      request.onGroup(pid, false);
      setTimeout(() => stdout.destroy(), drainMs).unref();
      setTimeout(() => stderr.stop(), drainMs).unref();
      resolve(signal === null ? `exited with code ${code}` : `was ended by ${signal}`);
    });
  });
  const end = async (was?: "unready"): Promise<void> => {
    stdin.end();
    if (was !== "unready" && (await within(exited, request.endMs))) return;
    killGroup(pid, "SIGTERM");
    if (await within(exited, request.endMs)) return;
    killGroup(pid, "SIGKILL");
    await within(exited, 5000);
  };
  let ending: Promise<void> | undefined;
  return {
    ...{ pid, stdin, stdout, stderr, exited },
    end(was) {
      ending ??= end(was);
      return ending;
    },
  };
}

async function spawned({ server, program, args, env, cwd, reaperFd }: ChildRequest): Promise<ChildProcess> {
  const options = { cwd, env: { ...env }, detached: true } as const;
  try {
    const child =
      reaperFd === undefined
        ? spawn(program, args, { ...options, stdio: ["pipe", "pipe", "pipe"] })
        : spawn("/bin/sh", ["-c", registered, program, ...args], { ...options, stdio: ["pipe", "pipe", "pipe", reaperFd] });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve).once("error", reject);
    });
    // Of kill, later: nobody else listens.
    child.on("error", () => undefined);
    return child;
  } catch (error) {
    throw new Fault("MCP_START_FAILED", `The server ${server} cannot be started: ${systemCode(error)}.`);
  }
}

/** Not the message: of an argument that cannot be passed it holds the argument. */
function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "the system refused";
}

function killGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // None of the group is left.
  }
}
