/**
 * One shell line from its start until nothing of it is left. Its output goes to a file, appended, and not to a pipe: the
 * core neither copies nor holds it, and a child left behind keeps nobody waiting. Descriptor 3 is a pipe that brings the
 * shell's last folder and stays open as long as a descendant holds it; 4 is the reaper's input, closed by the shell's first line;
 * 5 is the output file once more, so that a descendant without group, environment and output is still known (descendants.ts).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { GantryError, messageOf } from "../core/contract/errors.ts";
import { endProcesses, type FoundProcess, groupExists, markName, type Wanted } from "./descendants.ts";
import { type Reaper, registerLine } from "./reaper.ts";
import { lineName } from "./sandbox-messages.ts";

export interface ShellRun {
  readonly pid: number;
  /** Open for reading until `release`. */
  readonly output: FileHandle;
  /** The shell's own end; its children may go on. */
  readonly exited: Promise<ShellExit>;
  /** After `exited`: ends what the shell left running and says what that was. */
  endLeftovers(): Promise<FoundProcess[]>;
  /** Ends the shell and all its children; resolves when they are gone. */
  end(): Promise<void>;
  release(): Promise<void>;
}

export interface ShellExit {
  exitCode: number | null;
  signal: string | null;
  /** The shell's last folder, real; undefined when it did not say (it was killed, or became another program). */
  cwd: string | undefined;
}

export interface ShellStart {
  shell: string;
  command: string;
  cwd: string;
  env: Record<string, string>;
  outputFile: string;
  mark: string;
  reaper: Reaper;
  /** Shell text that runs, in the sandbox, what the variable `lineName` holds. Without it the command runs unconfined. */
  inside?: string | undefined;
}

const graceMs = 1_000;
/** The kernel's bound for one argument is 128 KiB. */
const maxCommandBytes = 120_000;

export async function startShell(start: ShellStart): Promise<ShellRun> {
  const bytes = Buffer.byteLength(start.command);
  if (bytes > maxCommandBytes) {
    throw new GantryError(
      "TOOL_FAILED",
      `The command is ${bytes} bytes long; at most ${maxCommandBytes} can be run. Write it to a file first.`,
    );
  }
  if (start.command.includes("\0"))
    throw new GantryError("TOOL_FAILED", "The command holds a NUL character, which no shell takes.");
  // Appending, so that both streams and all children share one end; readable, so that nothing needs its name again.
  const output = await open(
    start.outputFile,
    constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL,
    0o600,
  );
  try {
    const child = launch(start, output.fd);
    return follow(child, start, output);
  } catch (error) {
    await output.close();
    throw new GantryError("TOOL_FAILED", `The shell ${start.shell} could not be started in ${start.cwd}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function launch({ shell, command, cwd, env, mark, reaper, inside }: ShellStart, fd: number): ChildProcess & { pid: number } {
  // A sandbox ends at once with its line: what then still runs can only be asked of the shell.
  const last = inside === undefined ? "pwd -P >&3" : "{ jobs -r; pwd -P; } >&3";
  const line = `trap '{ ${last}; } 2>/dev/null' EXIT\n${command}`;
  // A sandbox has process numbers of its own: the group is registered before it begins, and it replaces this shell.
  const whole = `${registerLine(4)}\n${inside === undefined ? line : `exec ${inside}`}`;
  const child = spawn(shell, ["-c", whole], {
    ...{ cwd, env: { ...env, [markName]: mark, ...(inside !== undefined && { [lineName]: line }) }, detached: true },
    stdio: ["ignore", fd, fd, "pipe", reaper.input, fd],
  });
  // Comes too when a signal cannot be sent; that a process could not be made is also seen by its missing id.
  child.on("error", () => undefined);
  const { pid } = child;
  if (pid === undefined) {
    throw new Error(`no process could be made; the folder or the shell may be gone, or the machine is out of processes`);
  }
  return Object.assign(child, { pid });
}

function follow(child: ChildProcess & { pid: number }, { mark, reaper, inside }: ShellStart, output: FileHandle): ShellRun {
  const { pid } = child;
  const wanted: Wanted = { groups: [pid], hasMark: (other) => other === mark };
  const pipe = followPipe(child.stdio[3] as Readable);
  const exited = new Promise<ShellExit>((resolve) => {
    child.on("exit", async (exitCode, signal) => {
      await pipe.settled();
      resolve({ exitCode, signal, cwd: pipe.lastFolder() });
    });
  });

  async function endLeftovers(): Promise<FoundProcess[]> {
    const found = pipe.ended && !groupExists(pid) ? [] : await endProcesses(wanted, graceMs);
    reaper.remove(pid);
    // What is found of a sandbox is already on its way out, and partly its own.
    return inside === undefined ? found : pipe.jobs();
  }

  return {
    pid,
    output,
    exited,
    endLeftovers,
    async end() {
      await endProcesses(wanted, graceMs);
      await exited;
      reaper.remove(pid);
    },
    async release() {
      pipe.close();
      await output.close();
    },
  };
}

/** Descriptor 3: a line with the folder, and its end when the last holder has gone. */
function followPipe(stream: Readable) {
  let text = "";
  let ended = false;
  stream.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-8_192);
  });
  const gone = (): void => {
    ended = true;
  };
  stream.on("end", gone).on("close", gone).on("error", gone);
  return {
    get ended() {
      return ended;
    },
    /** What was written and closed before the shell's exit has been read after two turns of the loop. */
    async settled(): Promise<void> {
      for (let turn = 0; turn < 2 && !ended; turn++) await new Promise(setImmediate);
    },
    /** Lines as `[1]+  Running   sleep 60 &`. */
    jobs: () => [...text.matchAll(/^\[\d+\].*?Running\s+(\S+)/gm)].map(([, name = ""]) => ({ pid: 0, group: 0, name })),
    lastFolder: () => /(\/[^\n]*)\n$/.exec(text)?.[1],
    close: () => stream.destroy(),
  };
}
