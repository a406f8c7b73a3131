/** The session logs below a HOME, read from outside: what was there before a step, and what came since. */
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openRegular } from "./regular-file.ts";
import { walkFiles } from "./walk.ts";

/** A line of a log; readers of other versions' logs know no more than this. */
export interface LoggedEvent {
  type: string;
  at: string;
  data: Record<string, unknown>;
}

/** How many bytes of whole lines each log had. */
export type LogMark = ReadonlyMap<string, number>;

const mostBytes = 64 * 1024 * 1024;
const lookEveryMs = 20;
/** What stands among the logs may be a tool's work, so it is bounded; a scenario writes a few. */
const logWalk = { ending: ".jsonl", mostFiles: 500, mostEntries: 10_000, skips: () => false };

/** Where a command with this environment keeps its logs. */
export function sessionsFolder(env: Readonly<Record<string, string>>): string {
  if (env["GANTRY_HOME"]) return path.join(env["GANTRY_HOME"], "state/sessions");
  return path.join(env["XDG_STATE_HOME"] || path.join(env["HOME"] ?? "/", ".local/state"), "gantry/sessions");
}

export async function markLogs(folder: string): Promise<LogMark> {
  const files = await logFiles(folder);
  return new Map(await Promise.all(files.map(async (file) => [file, (await wholeLines(file, 0)).end] as const)));
}

/** Events since the mark, log by log in the order of their first new events. Lines that are torn or no events are left out. */
export async function eventsSince(mark: LogMark, folder: string): Promise<LoggedEvent[]> {
  const files = await logFiles(folder);
  const groups = await Promise.all(
    files.map(async (file) => (await wholeLines(file, mark.get(file) ?? 0)).lines.flatMap(eventOf)),
  );
  return groups
    .filter((events) => events.length > 0)
    .sort((a, b) => ((a[0]?.at ?? "") < (b[0]?.at ?? "") ? -1 : 1))
    .flat();
}

/** Resolves when a log holds a new event of this type; false when `signal` was aborted first. */
export async function seesEvent(type: string, mark: LogMark, folder: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if ((await eventsSince(mark, folder)).some((event) => event.type === type)) return true;
    await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

async function logFiles(folder: string): Promise<string[]> {
  return (await walkFiles(folder, logWalk).catch(() => ({ files: [] }))).files;
}

async function wholeLines(file: string, from: number): Promise<{ lines: string[]; end: number }> {
  const handle = await openRegular(file).catch(() => undefined);
  if (handle === undefined) return { lines: [], end: from };
  try {
    const { size } = await handle.stat();
    const room = Buffer.alloc(Math.max(0, Math.min(size - from, mostBytes)));
    const { bytesRead } = await handle.read(room, 0, room.length, from);
    const whole = room.subarray(0, room.subarray(0, bytesRead).lastIndexOf(10) + 1);
    return { lines: whole.toString("utf8").split("\n").slice(0, -1), end: from + whole.length };
  } finally {
    await handle.close();
  }
}

function eventOf(line: string): LoggedEvent[] {
  try {
    const { type, at, data } = JSON.parse(line) as Partial<LoggedEvent>;
    return typeof type === "string" && typeof data === "object" && data !== null ? [{ type, at: at ?? "", data }] : [];
  } catch {
    return [];
  }
}
