/** What a list shows of a session, read from its log without believing or parsing all of it. */
import type { SessionEvent } from "../contract/events.ts";
import type { SessionSummary } from "../contract/host.ts";
import { parseLine } from "./line.ts";
import { emptyState, foldEvent } from "./state.ts";

interface SummaryFacts {
  id: string;
  /** ISO time of the file's last change. */
  updatedAt: string;
  lockedBy: { pid: number; host: string } | undefined;
}

/** encodeLine writes the fields in this order. */
const lineStart = /^\{"v":\d+,"seq":\d+,"at":"[^"]*","type":"([^"]*)"/;
const lineStartBytes = 160;

/** Lines that cannot be read are counted and passed over. */
export function summarise(bytes: Buffer, { id, updatedAt, lockedBy }: SummaryFacts): SessionSummary {
  const state = emptyState();
  let events = 0;
  for (let start = 0, end = bytes.indexOf(10); end !== -1; start = end + 1, end = bytes.indexOf(10, start)) {
    events++;
    const type = lineStart.exec(bytes.toString("latin1", start, Math.min(end, start + lineStartBytes)))?.[1];
    if (type === "turn.start") state.turns++;
    const isWanted = type === "session.open" || type === "session.resume" || (type === "input" && state.title === "");
    const event = isWanted ? parseLine(bytes.toString("utf8", start, end)) : undefined;
    if (event) foldEvent(state, event as SessionEvent);
  }
  const { project, title, createdAt, turns, model } = state;
  return { id, project, title, createdAt, updatedAt, events, turns, model, ...(lockedBy ? { lockedBy } : {}) };
}
