/**
 * Reads the bytes of a log and proves its chain. `readChain` is the fast way, up to the first thing that is wrong;
 * a second way then names every line that is. Neither believes what an event holds; the chain is what is checked.
 */
import type { SessionEvent } from "../contract/events.ts";
import type { Head } from "./head.ts";
import { firstPrev, hashLine, type LoggedEvent, parseLine } from "./line.ts";

/** What is wrong, and in which 1-based line. */
export interface ChainProblem {
  line: number;
  what: string;
}

export interface Chain {
  /** Up to the first problem. */
  events: SessionEvent[];
  /** Line count and hash of the last line of `events`. */
  head: Head;
  /** Bytes of whole lines. */
  size: number;
  /** Bytes after the last newline: a line whose write was cut short. */
  tornBytes: number;
  /** Lines that the head file counts and the log does not have. */
  lostLines: number;
  /** Empty for a sound log. A torn tail and lost lines are not in it: neither keeps a session from going on. */
  problems: ChainProblem[];
}

const newline = 10;

export function readChain(bytes: Buffer, known: Head | undefined): Chain {
  const events: SessionEvent[] = [];
  const size = bytes.lastIndexOf(newline) + 1;
  const head: Head = { count: 0, hash: firstPrev };
  let isSound = size > 0;
  for (let start = 0; start < size; ) {
    const end = bytes.indexOf(newline, start);
    const event = parseLine(bytes.toString("utf8", start, end));
    if (event?.v !== 1 || event.seq !== head.count + 1 || event.prev !== head.hash) {
      isSound = false;
      break;
    }
    head.hash = hashLine(bytes.subarray(start, end));
    head.count = event.seq;
    if (head.count === known?.count && head.hash !== known.hash) isSound = false;
    events.push(eventOf(event));
    start = end + 1;
  }
  const lostLines = isSound ? Math.max(0, (known?.count ?? 0) - head.count) : 0;
  const problems = isSound ? [] : findProblems(bytes.subarray(0, size), known);
  return { events, head, size, tornBytes: bytes.length - size, lostLines, problems };
}

function eventOf({ v, seq, at, type, data }: LoggedEvent): SessionEvent {
  return { v, seq, at, type, data } as SessionEvent;
}

interface Line {
  hash: string;
  event: LoggedEvent | undefined;
}

/** Every line that is not as it was written, in order. `bytes` are whole lines. */
function findProblems(bytes: Buffer, known: Head | undefined): ChainProblem[] {
  const lines = readLines(bytes);
  if (lines.length === 0) return [{ line: 1, what: "the log is empty" }];
  const problems = new Map<number, string>();
  const report = (line: number, what: string): void => {
    if (!problems.has(line)) problems.set(line, what);
  };
  lines.forEach((line, index) => {
    const what = faultOf(line, lines[index - 1], index + 1);
    if (what !== undefined) report(index + 1, what);
  });
  lines.forEach((line, index) => {
    if (problems.has(index) || problems.has(index + 1) || isLinked(line, lines[index - 1])) return;
    report(changedLine(lines, index, known), "was changed after it was written: its hash is not what the chain says");
  });
  const last = known && lines[known.count - 1];
  if (problems.size === 0 && last && last.hash !== known.hash)
    report(known.count, "is not the line that was written: the head file has another hash");
  return [...problems].map(([line, what]) => ({ line, what })).sort((a, b) => a.line - b.line);
}

function readLines(bytes: Buffer): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(newline, start);
    lines.push({ hash: hashLine(bytes.subarray(start, end)), event: parseLine(bytes.toString("utf8", start, end)) });
    start = end + 1;
  }
  return lines;
}

/** What one line shows by itself and by its number. */
function faultOf({ event }: Line, before: Line | undefined, number: number): string | undefined {
  if (!event) return "is not an event: it was changed or cut";
  if (event.v !== 1) return `has version ${event.v}; this build reads version 1`;
  if (before && !before.event) return undefined;
  const due = (before?.event?.seq ?? 0) + 1;
  if (event.seq > due) return `is event ${event.seq}; ${missing(due, event.seq - 1)}`;
  return event.seq < due ? `is event ${event.seq} where ${due} is due (line ${number} was put in, or moved)` : undefined;
}

function missing(from: number, to: number): string {
  return from === to ? `event ${from} is missing before it` : `events ${from} to ${to} are missing before it`;
}

function isLinked(line: Line, before: Line | undefined): boolean {
  return line.event?.prev === (before?.hash ?? firstPrev);
}

/** The line to blame for a broken link between it and its neighbour, 1-based. `index` is of the later line. */
function changedLine(lines: readonly Line[], index: number, known: Head | undefined): number {
  const [line, next] = lines.slice(index, index + 2);
  // A changed `prev` breaks the link on both sides of its line; any other change only the link to the next.
  if (index === 0 || (line && next && !isLinked(next, line))) return index + 1;
  return known?.count === index + 1 && known.hash !== line?.hash ? index + 1 : index;
}
