/** The command line of a guest, and its start: an empty folder, no environment, three pipes, a group of its own. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { lstat, mkdtemp, readdir, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { GuestLimits } from "../../core/contract/guest.ts";
import { guestArgs } from "../inside/guest-args.ts";
import type { Boundary } from "./os-boundary.ts";

export type GuestChild = ChildProcessByStdio<Writable, Readable, Readable>;

/** Whoever ends groups of processes when the core is killed; workers/reaper.ts is. */
export interface Groups {
  add(group: number): void;
  remove(group: number): void;
}

const folderName = "gantry-guest-";
/** Longer than any guest takes to start. */
const leftAfterMs = 60_000;
let isSwept = false;

export interface LaunchOptions {
  /** dist/guest, absolute and real. */
  folder: string;
  limits: GuestLimits;
  /** Undefined: without the operating system's boundary. */
  boundary: Boundary | undefined;
  groups: Groups;
}

/** `settled` is to be called when the guest's thread has started, or the guest has ended. */
export async function launch({
  folder,
  limits,
  boundary,
  groups,
}: LaunchOptions): Promise<{ child: GuestChild; settled(): void }> {
  // A thread of Node.js 22 and later may read what is below its process's folder, whatever the flags say.
  const cwd = boundary === undefined ? await emptyFolder() : "/";
  const nodeArgs = guestArgs(folder, limits);
  const [file, args] =
    boundary === undefined
      ? [process.execPath, nodeArgs]
      : [boundary.program, [...boundary.args(folder), "--", boundary.node, ...nodeArgs]];
  let isSettled = false;
  const settled = (): void => {
    if (isSettled || boundary !== undefined) return;
    isSettled = true;
    // Gone while the guest runs: nothing is left to sweep when the core is killed.
    rmdir(cwd).catch(() => undefined);
  };
  try {
    const child = spawn(file, args, { cwd, env: {}, stdio: ["pipe", "pipe", "pipe"], detached: true });
    // Between these two lines only the end of its input would end it, and does.
    if (child.pid !== undefined) groups.add(child.pid);
    return { child, settled };
  } catch (error) {
    settled();
    throw error;
  }
}

/** Of its own for each guest. Those whose core was killed before they were removed are removed now; they are empty, or stay. */
async function emptyFolder(): Promise<string> {
  if (!isSwept) sweep().catch(() => undefined);
  isSwept = true;
  return await mkdtemp(join(tmpdir(), folderName));
}

async function sweep(): Promise<void> {
  const names = await readdir(tmpdir());
  for (const name of names.filter((one) => one.startsWith(folderName))) {
    const path = join(tmpdir(), name);
    const { mtimeMs } = await lstat(path);
    if (Date.now() - mtimeMs > leftAfterMs) await rmdir(path).catch(() => undefined);
  }
}
