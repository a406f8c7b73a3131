/** What plugins have used and met so far, over all processes: read, added to and written back when a runtime closes. Bounded. */
import type { ErrorCode } from "../contract/errors.ts";
import type { GuestFacts } from "../contract/guest.ts";
import type { PluginScope } from "../contract/installed.ts";
import { type PermissionKind, permissionKinds } from "../contract/permissions.ts";
import { printable } from "../contract/printable.ts";
import { readBytes } from "../session/disk.ts";
import { type StorePlace, usageFile } from "./layout.ts";
import { aloneInStore } from "./store-lock.ts";
import { own, writeWhole } from "./write-whole.ts";

export interface Usage {
  uses: Partial<Record<PermissionKind, { count: number; lastAt: string }>>;
  calls: number;
  crashes: number;
  refusals: number;
  /** Highest seen. */
  rssMiB: number;
  cpuSeconds: number;
  lastProblem?: { at: string; code: string; message: string };
  /** The newest lines. */
  log: string[];
}

export const noUsage = (): Usage => ({ uses: {}, calls: 0, crashes: 0, refusals: 0, rssMiB: 0, cpuSeconds: 0, log: [] });

const maxBytes = 256 * 1024;
const keptLines = 200;
const lineLetters = 500;
const messageLetters = 1000;
/** A session that ends does not wait long for others. */
const waitMs = 2_000;

/** Adds what guests of a runtime did to what is known of their plugins. Of those that did nothing, nothing is written. */
export async function recordUse(
  place: StorePlace,
  guests: readonly { scope: PluginScope; facts: GuestFacts }[],
): Promise<void> {
  const active = guests.filter(({ facts }) => didAnything(facts));
  if (active.length === 0) return;
  await aloneInStore(
    place.dataHome,
    async () => {
      for (const { scope, facts } of active) {
        const file = usageFile(place, { name: facts.plugin, scope });
        const usage = added((await readUsage(place, { name: facts.plugin, scope })) ?? noUsage(), facts);
        await writeWhole(file, `${JSON.stringify({ version: 1, ...usage })}\n`, own);
      }
    },
    { waitMs },
  );
}

/** For who holds the store's lock. */
export async function noteProblem(
  place: StorePlace,
  plugin: { name: string; scope: PluginScope },
  { code, message }: { code: ErrorCode; message: string },
): Promise<void> {
  const usage = (await readUsage(place, plugin)) ?? noUsage();
  const lastProblem = { at: new Date().toISOString(), code, message: shorten(message, messageLetters) };
  await writeWhole(usageFile(place, plugin), `${JSON.stringify({ version: 1, ...usage, lastProblem })}\n`, own);
}

function didAnything({ calls, crashes, refusals, used, log, lastProblem }: GuestFacts): boolean {
  return calls + crashes + refusals + log.length > 0 || lastProblem !== undefined || Object.keys(used).length > 0;
}

function added(before: Usage, facts: GuestFacts): Usage {
  const uses = { ...before.uses };
  for (const kind of permissionKinds) {
    const now = facts.used[kind];
    const was = uses[kind];
    if (now === undefined) continue;
    const lastAt = was !== undefined && was.lastAt > now.lastAt ? was.lastAt : now.lastAt;
    uses[kind] = { count: (was?.count ?? 0) + now.count, lastAt };
  }
  const problem = facts.lastProblem ?? before.lastProblem;
  return {
    uses,
    calls: before.calls + facts.calls,
    crashes: before.crashes + facts.crashes,
    refusals: before.refusals + facts.refusals,
    rssMiB: Math.max(before.rssMiB, facts.rssMiB),
    cpuSeconds: Math.round((before.cpuSeconds + facts.cpuSeconds) * 1000) / 1000,
    ...(problem === undefined ? {} : { lastProblem: { ...problem, message: shorten(problem.message, messageLetters) } }),
    log: [...before.log, ...facts.log].slice(-keptLines).map((line) => shorten(line, lineLetters)),
  };
}

/** Undefined when there is none. One that cannot be read counts as none: it only tells. */
export async function readUsage(place: StorePlace, plugin: { name: string; scope: PluginScope }): Promise<Usage | undefined> {
  const bytes = await readBytes(usageFile(place, plugin), maxBytes).catch(() => undefined);
  if (bytes === undefined) return undefined;
  try {
    return usageFrom(JSON.parse(bytes.toString("utf8")));
  } catch {
    return undefined;
  }
}

function usageFrom(value: unknown): Usage | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const file = value as Record<string, unknown>;
  const count = (key: string): number => (typeof file[key] === "number" && Number(file[key]) >= 0 ? Number(file[key]) : 0);
  const problem = file["lastProblem"];
  return {
    uses: usesFrom(file["uses"]),
    ...{ calls: count("calls"), crashes: count("crashes"), refusals: count("refusals") },
    ...{ rssMiB: count("rssMiB"), cpuSeconds: count("cpuSeconds") },
    ...(isProblem(problem) ? { lastProblem: problem } : {}),
    log: Array.isArray(file["log"]) ? file["log"].map(String).slice(-keptLines) : [],
  };
}

function usesFrom(value: unknown): Usage["uses"] {
  const uses: Usage["uses"] = {};
  for (const kind of permissionKinds) {
    const use = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[kind] : undefined;
    if (typeof use !== "object" || use === null || !("count" in use && "lastAt" in use)) continue;
    if (typeof use.count === "number" && typeof use.lastAt === "string") uses[kind] = { count: use.count, lastAt: use.lastAt };
  }
  return uses;
}

function isProblem(value: unknown): value is { at: string; code: string; message: string } {
  if (typeof value !== "object" || value === null) return false;
  return ["at", "code", "message"].every((key) => typeof (value as Record<string, unknown>)[key] === "string");
}

function shorten(text: string, most: number): string {
  const line = printable(text);
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
