/**
 * Finding and ending what a run left behind. Everywhere: members of its process group. On Linux also every process whose
 * environment carries its mark, that holds the run's output file for reading and writing, as only descendants are given it,
 * or that has one of these above it in the tree of processes when looked at; and what was found once is known until it ends.
 */

import { close, open, read } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { nowMs } from "../core/contract/clock.ts";

/** The variable that marks a run's processes: `<mark of the core>-<number of the run>`. */
export const markName = "GANTRY_RUN";

/** The name of a run's output file says whose it is. */
export const outputNameOf = (mark: string): string => `bash-${mark}.txt`;

/** Of the descriptors that a run's programs are given: output, and the one that nothing is redirected to (shell-run.ts). */
export const outputDescriptors = [1, 5] as const;

export interface FoundProcess {
  pid: number;
  group: number;
  name: string;
  parent?: number;
  /** When it started, as the kernel counts: another process of the same pid has another. Undefined for a whole group. */
  started?: string;
}

export interface Wanted {
  /** Process groups, by id. */
  groups: readonly number[];
  hasMark(mark: string): boolean;
}

/** Names of programs, as the kernel tells them. */
const outermostHolder = "bwrap";
const innermostHolder = "apply-seccomp";

const linux = process.platform === "linux";
const pollMs = 10;
const killBoundMs = 5_000;

/** Living processes (no zombies) that are wanted, and those of `known` that still live; the core itself never is. */
export async function findProcesses(wanted: Wanted, known: readonly FoundProcess[] = []): Promise<FoundProcess[]> {
  const names = linux ? await readdir("/proc").catch(() => []) : [];
  // Elsewhere, and where /proc is not mounted, a group is all that can be seen.
  if (names.length === 0) return wanted.groups.filter(groupExists).map(wholeGroup);
  const pids = names.filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const starts = new Map(known.map(({ pid, started }) => [pid, started]));
  const [self, ...all] = await Promise.all([look("self"), ...pids.map((pid) => look(pid))]);
  const seen = all.filter((one) => one !== undefined);
  // What is older than this process is no child of it: most of a machine is, and need not be looked into.
  const isYounger = ({ started }: Seen): boolean => Number(started) >= Number(self?.started ?? 0);
  const belongs = await Promise.all(
    seen.map(async (one) => starts.get(one.pid) === one.started || (isYounger(one) && (await isWanted(one, wanted)))),
  );
  return withDescendants(
    seen,
    seen.filter((_, index) => belongs[index]),
  );
}

/** Ends what is wanted: a polite signal, `graceMs` for it to work, then a certain one until nothing is left. Returns what was found first. */
export async function endProcesses(wanted: Wanted, graceMs: number): Promise<FoundProcess[]> {
  const first = await findProcesses(wanted);
  let left = first;
  const start = nowMs();
  signalAll(withoutHolders(left), "SIGTERM");
  for (let waitMs = pollMs; left.length > 0 && nowMs() - start < graceMs; waitMs = Math.min(100, waitMs * 2)) {
    await delay(waitMs);
    // With what was found before: a child whose parent has ended by now is below nobody any more.
    left = await findProcesses(wanted, left);
  }
  // Bounded: a process that the kernel cannot end (a dead network disk) must not hold up the session.
  while (left.length > 0 && nowMs() - start < graceMs + killBoundMs) {
    signalAll(left, "SIGKILL");
    await delay(pollMs);
    left = await findProcesses(wanted, left);
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
  return { pid: -group, group, name: `group ${group}` };
}

function signalAll(found: readonly FoundProcess[], signal: NodeJS.Signals): void {
  for (const { pid } of found) signalTo(pid, signal);
}

interface Seen {
  pid: number;
  parent: number;
  group: number;
  name: string;
  started: string;
}

async function look(pid: string): Promise<Seen | undefined> {
  const stat = await readText(`/proc/${pid}/stat`);
  // pid (name) state ppid pgrp … and the start as the 22nd field; the name may hold spaces and brackets.
  const [, name = "", rest = ""] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? [];
  const fields = rest.split(" ");
  const [state, parent, group] = fields;
  if (state === undefined || state === "" || state === "Z" || state === "X") return undefined;
  return { pid: Number(pid), parent: Number(parent), group: Number(group), name, started: fields[19] ?? "" };
}

async function isWanted({ pid, group }: Seen, { groups, hasMark }: Wanted): Promise<boolean> {
  if (groups.includes(group)) return true;
  const mark = markIn(await readText(`/proc/${pid}/environ`)) ?? (await markOfOutput(pid));
  return mark !== undefined && hasMark(mark);
}

/** The mark of the run whose output file a process was given. Who opened the file to read it, as a pager does, was not. */
async function markOfOutput(pid: number): Promise<string | undefined> {
  const marks = await Promise.all(
    outputDescriptors.map(async (fd) => {
      const link = `/proc/${pid}/fd/${fd}`;
      const [, mark] = /\/bash-([0-9a-f]+-\d+)\.txt(?: \(deleted\))?$/.exec(await readlink(link).catch(() => "")) ?? [];
      if (mark === undefined) return undefined;
      const { mode } = await lstat(link).catch(() => ({ mode: 0 }));
      return (mode & 0o600) === 0o600 ? mark : undefined;
    }),
  );
  return marks.find((mark) => mark !== undefined);
}

function withDescendants(seen: readonly Seen[], roots: readonly Seen[]): FoundProcess[] {
  const found = new Set(roots);
  // A set goes on to what is added to it meanwhile.
  if (roots.length > 0) for (const { pid } of found) for (const one of seen) if (one.parent === pid) found.add(one);
  return [...found].map(({ pid, parent, group, name, started }) => ({ pid, parent, group, name, started }));
}

/**
 * Without what holds a sandbox up, from bubblewrap down to the program that starts the line inside: it would end at the polite
 * signal, and take along without a moment's grace what is inside. It ends when that has ended, or with the certain signal.
 */
function withoutHolders(found: readonly FoundProcess[]): FoundProcess[] {
  const named = (name: string) => found.filter((one) => one.name === name);
  const [outer, inner] = [named(outermostHolder), named(innermostHolder)];
  if (inner.length === 0) return [...found];
  const [held, inside] = [below(found, outer), below(found, inner)];
  return found.filter((one) => (inside.has(one) ? !inner.includes(one) : !held.has(one) && !outer.includes(one)));
}

function below(found: readonly FoundProcess[], roots: readonly FoundProcess[]): Set<FoundProcess> {
  const all = new Set<FoundProcess>();
  const add = (parents: readonly FoundProcess[]): void => {
    const children = found.filter((one) => !all.has(one) && parents.some(({ pid }) => pid === one.parent));
    for (const child of children) all.add(child);
    if (children.length > 0) add(children);
  };
  add(roots);
  return all;
}

function markIn(environ: string): string | undefined {
  const start = `\0${environ}`.indexOf(`\0${markName}=`);
  if (start < 0) return undefined;
  const value = environ.slice(start + markName.length + 1);
  const end = value.indexOf("\0");
  return end < 0 ? value : value.slice(0, end);
}

/** Most texts there are smaller; readFile takes 64 KiB for each, of hundreds at once. */
const chunkBytes = 4_096;
const openFile = promisify(open);
const readChunk = promisify(read);

/** Processes end while they are looked at, and those of others cannot be read. */
async function readText(path: string): Promise<string> {
  const fd = await openFile(path, "r").catch(() => -1);
  if (fd < 0) return "";
  let text = "";
  try {
    for (let isMore = true; isMore; ) {
      const { bytesRead, buffer } = await readChunk(fd, Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, null);
      text += buffer.toString("latin1", 0, bytesRead);
      isMore = bytesRead === chunkBytes;
    }
  } catch {
    text = "";
  } finally {
    close(fd, () => undefined);
  }
  return text;
}
