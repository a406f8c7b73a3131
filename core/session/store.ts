/**
 * Where sessions live: `<stateHome>/sessions/<project>/<id>.jsonl`, and beside each log its head, its lock while it is written,
 * its torn tails and the folder of its tools' big outputs. Only logs end in .jsonl.
 */
import { join } from "node:path";
import { GantryError, messageOf } from "../contract/errors.ts";
import type { EventData, SessionEvent } from "../contract/events.ts";
import type { SessionSummary, VerifyReport } from "../contract/host.ts";
import { type Chain, type ChainProblem, readChain } from "./chain.ts";
import { ignoring, makeFolder, readBytes, statFile, UnfitFile } from "./disk.ts";
import { allLogs, byLastChange, findLog, idOf, isIn, logsIn } from "./find.ts";
import { headPathOf, readHead } from "./head.ts";
import { newSessionId, projectFolder } from "./ids.ts";
import { describeSelf, findLiveHolder, isNamed, isOwnProcess, type SessionLock, takeLock, takeNewLock } from "./lock.ts";
import { createLog, openLog, type SessionLog } from "./log.ts";
import { acceptLoss, cutTornTail, describeRecovery, type Recovery, recordRecovery } from "./recovery.ts";
import { emptyState, foldEvent, type SessionState } from "./state.ts";
import { summarise } from "./summary.ts";

export interface OpenedSession {
  /** Owns the session's lock until it is closed. */
  log: SessionLog;
  state: SessionState;
  /** What opening wrote, for front ends; not flushed yet. */
  appended: SessionEvent[];
  /** Undefined for a new session. */
  recovery: Recovery | undefined;
}

interface StoredSession {
  summary: SessionSummary;
  /** Up to the first line that is not as it was written. */
  events: SessionEvent[];
  problems: ChainProblem[];
}

export interface SessionStore {
  create(open: Omit<EventData["session.open"], "id" | "project">): Promise<OpenedSession>;
  /**
   * Goes on with a session of this project: takes its lock, recovers it, answers its open calls. SESSION_NOT_FOUND,
   * SESSION_AMBIGUOUS, SESSION_LOCKED, SESSION_BROKEN naming the first wrong line. Without `cwd` and `model`: as it was.
   */
  resume(reference: string, options?: { cwd?: string; model?: string }): Promise<OpenedSession>;
  /** Newest first; of this project unless `all`. */
  list(options: { all: boolean }): Promise<SessionSummary[]>;
  /** Takes no lock and changes nothing. SESSION_NOT_FOUND, SESSION_AMBIGUOUS, SESSION_BROKEN when not even the first line can be read. */
  read(reference: string): Promise<StoredSession>;
  /** One session, or all of this project. */
  verify(reference: string | undefined): Promise<VerifyReport[]>;
  /** Absolute; made by whoever writes there first. */
  outputDir(id: string): string;
}

/** `stateHome` is the folder that holds `sessions`; `project` the real path of the project root. */
export function createStore({ stateHome, project }: { stateHome: string; project: string }): SessionStore {
  const sessionsFolder = join(stateHome, "sessions");
  const folder = join(sessionsFolder, projectFolder(project));
  const find = (reference: string): Promise<string> => findLog(reference, { folder, sessionsFolder });
  return {
    create: (open) => createSession({ folder, project, open }),
    resume: async (reference, options = {}) => {
      const path = await find(reference);
      if (!isIn(folder, path)) throw await ofOtherProject(path, project);
      return await resumeSession(path, options);
    },
    list: async ({ all }) => await listLogs(all ? await allLogs(sessionsFolder) : await logsIn(folder)),
    read: async (reference) => await readSession(await find(reference)),
    verify: async (reference) => {
      const paths = reference === undefined ? (await logsIn(folder)).sort() : [await find(reference)];
      const reports: VerifyReport[] = [];
      for (const path of paths) reports.push(await verifyLog(path));
      return reports;
    },
    outputDir: (id) => join(folder, `${id}.output`),
  };
}

const lockPathOf = (logPath: string): string => logPath.replace(/\.jsonl$/, ".lock");

async function createSession(options: {
  folder: string;
  project: string;
  open: Omit<EventData["session.open"], "id" | "project">;
}): Promise<OpenedSession> {
  const { folder, project, open } = options;
  const [self] = await Promise.all([describeSelf(), makeSessionsFolder(folder)]);
  const id = newSessionId(new Date());
  const path = join(folder, `${id}.jsonl`);
  const [lock, earlier] = await Promise.all([takeNewLock(lockPathOf(path), self), ignoring("ENOENT", () => statFile(path))]);
  if (!lock || earlier) {
    // Two ids of one second are alike once in 2^30.
    await lock?.release();
    return await createSession(options);
  }
  const log = createLog({ folder, id, open: { id, project, ...open }, release: lock.release });
  return { log, state: foldEvent(emptyState(), log.opened), appended: [log.opened], recovery: undefined };
}

async function makeSessionsFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (cause) {
    throw new GantryError("LOG_WRITE_FAILED", `no session can be kept in ${folder}: ${messageOf(cause)}`, { cause });
  }
}

async function resumeSession(path: string, options: { cwd?: string; model?: string }): Promise<OpenedSession> {
  const lock = await takeLock(lockPathOf(path), idOf(path));
  try {
    return await recoverSession(path, lock, options);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function recoverSession(
  path: string,
  lock: SessionLock,
  options: { cwd?: string; model?: string },
): Promise<OpenedSession> {
  const id = idOf(path);
  const { bytes, chain } = await loadChain(path);
  const [problem] = chain.problems;
  if (problem) throw brokenLog(id, problem, path);
  const cut = chain.tornBytes > 0 ? await cutTornTail(path, bytes, chain.size) : undefined;
  await acceptLoss(path, chain);
  const state = chain.events.reduce(foldEvent, emptyState());
  const recovery = describeRecovery(state, { cut, lostLines: chain.lostLines, takenFrom: lock.takenFrom });
  const log = openLog({ path, id, size: chain.size, head: chain.head, release: lock.release });
  const { cwd = state.cwd, model = state.model } = options;
  return { log, state, appended: recordRecovery(log, state, { recovery, cwd, model }), recovery };
}

/** The head is read first: a writer that is at work then only makes the log longer than the head says. */
async function loadChain(path: string): Promise<{ bytes: Buffer; chain: Chain }> {
  const head = await readHead(headPathOf(path));
  const bytes = await readLog(path);
  return { bytes, chain: readChain(bytes, head) };
}

/** More is no log that anybody could go on with: all of it has to be held in memory. */
const maxLogBytes = 2 ** 30;

/** SESSION_BROKEN for what is no file, or too long a one. */
async function readLog(path: string): Promise<Buffer> {
  try {
    return await readBytes(path, maxLogBytes);
  } catch (error) {
    if (!(error instanceof UnfitFile)) throw error;
    const id = idOf(path);
    throw new GantryError("SESSION_BROKEN", `session ${id} cannot be read: its log ${path} is ${error.what}`, {
      cause: error,
      detail: { id, path },
    });
  }
}

async function readSession(path: string): Promise<StoredSession> {
  const { bytes, chain } = await loadChain(path);
  const [problem] = chain.problems;
  if (problem && chain.events.length === 0) throw brokenLog(idOf(path), problem, path);
  const { mtime } = await statFile(path);
  return { summary: await summaryOf(path, bytes, mtime), events: chain.events, problems: chain.problems };
}

async function listLogs(paths: readonly string[]): Promise<SessionSummary[]> {
  const summaries: SessionSummary[] = [];
  // One by one: a list of long sessions must not hold them all in memory.
  for (const { path, changedAt } of await byLastChange(paths)) {
    const summary = await ignoring("ENOENT", () => listedAs(path, changedAt));
    if (summary) summaries.push(summary);
  }
  return summaries;
}

const isBroken = (error: unknown): error is GantryError => error instanceof GantryError && error.code === "SESSION_BROKEN";

/** One log that cannot be read must not hide the others. */
async function listedAs(path: string, changedAt: Date): Promise<SessionSummary> {
  try {
    return await summaryOf(path, await readLog(path), changedAt);
  } catch (error) {
    if (!isBroken(error)) throw error;
    return { ...(await summaryOf(path, Buffer.alloc(0), changedAt)), broken: error.message };
  }
}

async function summaryOf(path: string, bytes: Buffer, changedAt: Date): Promise<SessionSummary> {
  const holder = await findLiveHolder(lockPathOf(path));
  const isOthers = holder !== undefined && isNamed(holder) && !isOwnProcess(holder);
  const lockedBy = isOthers ? { pid: holder.pid, host: holder.host } : undefined;
  return summarise(bytes, { id: idOf(path), updatedAt: changedAt.toISOString(), lockedBy });
}

async function verifyLog(path: string): Promise<VerifyReport> {
  let chain: Chain;
  try {
    ({ chain } = await loadChain(path));
  } catch (error) {
    if (!isBroken(error)) throw error;
    return { id: idOf(path), ok: false, events: 0, problems: [{ line: 1, what: `cannot be read: ${error.message}` }] };
  }
  const problems = [...chain.problems];
  const next = chain.head.count + 1;
  if (chain.lostLines > 0) {
    problems.push({ line: next, what: `is missing: ${chain.lostLines} events that were in the log are gone from its end` });
  }
  // A writer at work is in the middle of a line.
  if (chain.tornBytes > 0 && !(await findLiveHolder(lockPathOf(path)))) {
    problems.push({ line: next, what: `is unfinished: ${chain.tornBytes} bytes without an end; resuming keeps them aside` });
  }
  return { id: idOf(path), ok: problems.length === 0, events: chain.events.length, problems };
}

function brokenLog(id: string, { line, what }: ChainProblem, path: string): GantryError {
  return new GantryError("SESSION_BROKEN", `session ${id} cannot be gone on with: line ${line} ${what}`, {
    detail: { id, line, path },
  });
}

async function ofOtherProject(path: string, project: string): Promise<GantryError> {
  const { summary } = await readSession(path);
  return new GantryError(
    "SESSION_NOT_FOUND",
    `session ${idOf(path)} is of ${summary.project}, not of ${project}; resume it there`,
    {
      detail: { id: idOf(path), project: summary.project },
    },
  );
}
