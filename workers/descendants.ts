/**
 * Finding and ending what a run left behind: members of its process group, and on Linux every process whose environment
 * carries its mark, which also finds those that began a session of their own. Elsewhere only the group is known.
 */

import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { nowMs } from "../core/contract/clock.ts";

/** The variable that marks a run's processes: `<mark of the core>-<number of the run>`. */
export const markName = "GANTRY_RUN";

export interface FoundProcess {
  pid: number;
  group: number;
  name: string;
  /** The value of GANTRY_RUN, when it could be read. */
  mark: string | undefined;
}

export interface Wanted {
  /** Process groups, by id. */
  groups: readonly number[];
  hasMark(mark: string): boolean;
}

const linux = process.platform === "linux";
const pollMs = 10;
const killBoundMs = 5_000;

/** Living processes (no zombies) that are wanted; the core itself never is. */
export async function findProcesses(wanted: Wanted): Promise<FoundProcess[]> {
  const names = linux ? await readdir("/proc").catch(() => []) : [];
  // Elsewhere, and where /proc is not mounted, a group is all that can be seen.
  if (names.length === 0) return wanted.groups.filter(groupExists).map(wholeGroup);
  const pids = names.filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(pids.map((pid) => look(pid, wanted)));
  return found.filter((one) => one !== undefined);
}

/** Ends what is wanted: a polite signal, `graceMs` for it to work, then a certain one until nothing is left. Returns what was found first. */
export async function endProcesses(wanted: Wanted, graceMs: number): Promise<FoundProcess[]> {
  const first = await findProcesses(wanted);
  let left = first;
  const start = nowMs();
  signalAll(left, "SIGTERM");
  for (let waitMs = pollMs; left.length > 0 && nowMs() - start < graceMs; waitMs = Math.min(100, waitMs * 2)) {
    await delay(waitMs);
    left = await findProcesses(wanted);
  }
  // Bounded: a process that the kernel cannot end (a dead network disk) must not hold up the session.
  while (left.length > 0 && nowMs() - start < graceMs + killBoundMs) {
    signalAll(left, "SIGKILL");
    await delay(pollMs);
    left = await findProcesses(wanted);
  }
  return first;
}

/** Whether a group has any member, zombies included: cheap, and false means certainly none. */
export function groupExists(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Sends a signal to a process, or with a negative id to a group; one that is gone already is no error. */
export function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // ESRCH: gone. EPERM: it changed its user; nothing more can be done from here.
  }
}

function wholeGroup(group: number): FoundProcess {
  return { pid: -group, group, name: `group ${group}`, mark: undefined };
}

function signalAll(found: readonly FoundProcess[], signal: NodeJS.Signals): void {
  for (const { pid } of found) signalTo(pid, signal);
}

async function look(pid: string, { groups, hasMark }: Wanted): Promise<FoundProcess | undefined> {
  const [stat, environ] = await Promise.all([readText(`/proc/${pid}/stat`), readText(`/proc/${pid}/environ`)]);
  // pid (name) state ppid pgrp …; the name may hold spaces and brackets.
  const [, name = "", state, group] = /^\d+ \((.*)\) (\S) -?\d+ (\d+)/s.exec(stat) ?? [];
  if (state === undefined || state === "Z" || state === "X") return undefined;
  const mark = markIn(environ);
  const isWanted = groups.includes(Number(group)) || (mark !== undefined && hasMark(mark));
  return isWanted ? { pid: Number(pid), group: Number(group), name, mark } : undefined;
}

function markIn(environ: string): string | undefined {
  const start = `\0${environ}`.indexOf(`\0${markName}=`);
  if (start < 0) return undefined;
  const value = environ.slice(start + markName.length + 1);
  const end = value.indexOf("\0");
  return end < 0 ? value : value.slice(0, end);
}

/** Processes end while they are looked at, and those of others cannot be read. */
async function readText(path: string): Promise<string> {
  return readFile(path, "latin1").catch(() => "");
}
