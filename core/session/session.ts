/** One conversation: inputs wait in line, one turn at a time; a cancel ends the running turn and leaves the session usable. */
import { GantryError } from "../contract/errors.ts";
import type { EventData, EventOf, EventType, SessionEvent } from "../contract/events.ts";
import type { InputContent } from "../contract/messages.ts";
import type { SessionLog } from "./log.ts";
import { foldEvent, type SessionState } from "./state.ts";

export type InputSource = EventData["input"]["source"];
export type RecordEvent = <T extends EventType>(type: T, data: EventData[T]) => EventOf<T>;

export interface Recorder {
  record: RecordEvent;
  /** Resolves when all recorded so far is on disk and shown. LOG_WRITE_FAILED. */
  flush(): Promise<void>;
}

/** How long an event that nothing waits for, such as the start of a long search, may stay unseen. */
const showWithinMs = 25;

/**
 * The one way an event comes to be: into the log, into the state, and, once it is on disk, to whoever watches: what was seen
 * is never lost (test/faults/run-kill.test.ts). `opened` are the events that opening the log wrote.
 */
export function createRecorder(options: {
  log: SessionLog;
  state: SessionState;
  opened: readonly SessionEvent[];
  onEvent: ((event: SessionEvent) => void) | undefined;
}): Recorder {
  const { log, state, opened, onEvent } = options;
  let unseen: SessionEvent[] = [];
  let timer: NodeJS.Timeout | undefined;

  const show = (upTo: number): void => {
    const later = unseen.findIndex(({ seq }) => seq > upTo);
    const seen = later === -1 ? unseen : unseen.slice(0, later);
    unseen = later === -1 ? [] : unseen.slice(later);
    for (const event of seen) onEvent?.(event);
  };
  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const upTo = log.count;
    await log.flush();
    show(upTo);
  };
  const watch = (event: SessionEvent): void => {
    if (!onEvent) return;
    unseen.push(event);
    // A failure is kept by the log: the next flush, which somebody waits for, meets it again.
    timer ??= setTimeout(() => void flush().catch(() => undefined), showWithinMs).unref();
  };

  for (const event of opened) watch(event);
  return {
    flush,
    record: (type, data) => {
      const event = log.append(type, data);
      foldEvent(state, event as SessionEvent);
      watch(event as SessionEvent);
      return event;
    },
  };
}

export interface QueuedInput {
  content: InputContent[];
  source: InputSource;
}

export interface QueuedSession<Outcome> {
  /** Waits for its turn in line. QUEUE_FULL when too many inputs wait, INTERRUPTED once the session is closed. */
  send(content: InputContent[], source: InputSource): Promise<Outcome>;
  /** Ends the running turn, if any; inputs that wait are kept. */
  cancel(): void;
  /** Cancels what runs, refuses what waits, and resolves when the last turn has ended. */
  close(): Promise<void>;
}

const maxWaiting = 64;

export function createQueue<Outcome>(
  runTurn: (input: QueuedInput, signal: AbortSignal) => Promise<Outcome>,
): QueuedSession<Outcome> {
  let tail: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let current: AbortController | undefined;
  let unended = 0;
  let closed = false;

  return {
    async send(content, source) {
      if (waiting >= maxWaiting) throw new GantryError("QUEUE_FULL", `${waiting} inputs already wait in this session`);
      waiting++;
      const own = new AbortController();
      // An input that nothing is before is the running one from the moment it is sent: a cancel right behind it counts.
      if (unended++ === 0) current = own;
      const turn = tail.then(async () => {
        waiting--;
        try {
          if (closed) throw new GantryError("INTERRUPTED", "the session was closed before this input's turn");
          current = own;
          return await runTurn({ content, source }, own.signal);
        } finally {
          unended--;
          current = undefined;
        }
      });
      tail = turn.catch(() => undefined);
      return await turn;
    },
    cancel() {
      current?.abort(new GantryError("INTERRUPTED", "the turn was cancelled"));
    },
    async close() {
      closed = true;
      current?.abort(new GantryError("INTERRUPTED", "the session is closing"));
      await tail;
    },
  };
}
