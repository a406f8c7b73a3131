/**
 * What a process that died left behind, and what is made of it when its session is gone on with: the torn tail is kept aside
 * and cut, lost lines are said, and every call without a result gets one. Nothing is run again.
 */
import type { EventData, EventType, SessionEvent } from "../contract/events.ts";
import type { ToolCallBlock } from "../contract/messages.ts";
import type { Chain } from "./chain.ts";
import { appendOnly, closeFile, ignoring, openFile, syncData, truncateFile, writeNewFile } from "./disk.ts";
import { headPathOf, writeHead } from "./head.ts";
import { isNamed, type LockHolder } from "./lock.ts";
import type { SessionLog } from "./log.ts";
import { foldEvent, type SessionState } from "./state.ts";

export interface Recovery {
  /** An unfinished line at the end, and the file that holds it now. */
  cut?: { bytes: number; keptAs: string };
  /** Lines that were once in the log and are not. */
  lostLines: number;
  /** The dead holder of the lock. */
  takenFrom?: LockHolder;
  /** Calls that may or may not have happened. */
  inDoubt: ToolCallBlock[];
  /** Calls that certainly did not. */
  notStarted: ToolCallBlock[];
  /** A request was out: text of its answer that was shown may be lost. */
  answerLost: boolean;
  /** All of this in sentences for a person; empty after a clean end. */
  notes: string[];
}

/** Saves what stands after the last whole line beside the log, then cuts it off. On disk when this returns. */
export async function cutTornTail(path: string, bytes: Buffer, size: number): Promise<{ bytes: number; keptAs: string }> {
  const keptAs = await keepAside(path.replace(/\.jsonl$/, ""), bytes.subarray(size));
  const fd = await openFile(path, appendOnly);
  try {
    await truncateFile(fd, size);
    await syncData(fd);
  } finally {
    await closeFile(fd);
  }
  return { bytes: bytes.length - size, keptAs };
}

async function keepAside(stem: string, bytes: Uint8Array): Promise<string> {
  for (let number = 1; ; number++) {
    const path = `${stem}.torn-${number}`;
    const isWritten = await ignoring("EEXIST", () => writeNewFile(path, bytes, { sync: true }).then(() => true));
    if (isWritten) return path;
  }
}

/** The head learns of a loss first, so that lines written after it are not taken for changed ones. */
export async function acceptLoss(path: string, { lostLines, head }: Chain): Promise<void> {
  if (lostLines > 0) await writeHead(headPathOf(path), head, { sync: true });
}

interface Found {
  cut: Recovery["cut"];
  lostLines: number;
  takenFrom: LockHolder | undefined;
}

/** Looks at a folded log; changes nothing. */
export function describeRecovery(state: SessionState, { cut, lostLines, takenFrom }: Found): Recovery {
  const calls = [...state.openCalls.values()];
  const mayHaveRun = ({ callId }: ToolCallBlock): boolean => {
    const stage = state.callStages.get(callId)?.stage;
    return stage === "started" || stage === "allowed";
  };
  const recovery: Recovery = {
    lostLines,
    inDoubt: calls.filter(mayHaveRun),
    notStarted: calls.filter((call) => !mayHaveRun(call)),
    answerLost: state.awaitsAnswer,
    notes: [],
    ...(cut === undefined ? {} : { cut }),
    ...(takenFrom === undefined ? {} : { takenFrom }),
  };
  recovery.notes.push(...sentences(recovery));
  return recovery;
}

function sentences({ cut, lostLines, takenFrom, inDoubt, notStarted, answerLost }: Recovery): string[] {
  const names = (calls: ToolCallBlock[]): string => calls.map(({ name, callId }) => `${name} (${callId})`).join(", ");
  const notes: string[] = [];
  if (takenFrom) {
    const whose = isNamed(takenFrom) ? `The lock of process ${takenFrom.pid}, which is gone,` : "A lock that could not be read";
    notes.push(`${whose} was taken over.`);
  }
  if (cut) notes.push(`An unfinished line of ${cut.bytes} bytes was cut off and is kept as ${cut.keptAs}.`);
  if (lostLines > 0) notes.push(`${lostLines} events that were in the log are gone from its end.`);
  if (answerLost) notes.push("The model was answering when the session ended; what it had not finished is lost.");
  if (inDoubt.length > 0) notes.push(`Interrupted, may or may not have happened, not repeated: ${names(inDoubt)}.`);
  if (notStarted.length > 0) notes.push(`Never started: ${names(notStarted)}.`);
  return notes;
}

/** Writes the recovery into the log, unflushed, and into `state`: the resume, a note per sentence, a result per open call. */
export function recordRecovery(
  log: SessionLog,
  state: SessionState,
  { recovery, cwd, model }: { recovery: Recovery; cwd: string; model: string },
): SessionEvent[] {
  const appended: SessionEvent[] = [];
  const record = <T extends EventType>(type: T, data: EventData[T]): void => {
    const event: SessionEvent = log.append(type, data);
    foldEvent(state, event);
    appended.push(event);
  };
  const { cut, inDoubt, notStarted, notes } = recovery;
  const stages = new Map(state.callStages);
  record("session.resume", { cwd, model, ...(cut ? { recovered: { cutBytes: cut.bytes, keptAs: cut.keptAs } } : {}) });
  for (const text of notes) record("note", { text });
  for (const call of notStarted) record("tool.failed", notStartedResult(call, stages.get(call.callId)));
  for (const { callId } of inDoubt) record("tool.failed", { ...doubtfulResult, callId });
  return appended;
}

const doubtfulResult = {
  code: "TOOL_INTERRUPTED",
  message: "interrupted: it may or may not have happened. Look before you repeat it.",
  durationMs: 0,
  inDoubt: true,
};

function notStartedResult(
  { callId }: ToolCallBlock,
  progress: { stage: string; reason?: string } | undefined,
): EventData["tool.failed"] {
  if (progress?.stage === "denied") {
    return { callId, code: "APPROVAL_DENIED", message: `${progress.reason ?? "denied"}. The call was not run.`, durationMs: 0 };
  }
  return { callId, code: "TOOL_INTERRUPTED", message: "not started: the session ended before this call began.", durationMs: 0 };
}
