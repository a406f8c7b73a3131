/** One conversation: inputs wait in line, one turn at a time; a cancel ends the running turn and leaves the session usable. */
import { GantryError } from "../contract/errors.ts";
import type { EventData, EventOf, EventType, SessionEvent } from "../contract/events.ts";
import type { InputContent } from "../contract/messages.ts";
import type { SessionLog } from "./log.ts";
import { foldEvent, type SessionState } from "./state.ts";

export type InputSource = EventData["input"]["source"];
export type Record = <T extends EventType>(type: T, data: EventData[T]) => EventOf<T>;

/** The one way an event comes to be: into the log, into the state, and to whoever watches, in this order. */
export function createRecord({
  log,
  state,
  onEvent,
}: {
  log: SessionLog;
  state: SessionState;
  onEvent?: (event: SessionEvent) => void;
}): Record {
  return (type, data) => {
    const event = log.append(type, data);
    foldEvent(state, event as SessionEvent);
    onEvent?.(event as SessionEvent);
    return event;
  };
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
  runTurn: (input: { content: InputContent[]; source: InputSource }, signal: AbortSignal) => Promise<Outcome>,
): QueuedSession<Outcome> {
  let tail: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let current: AbortController | undefined;
  let closed = false;

  return {
    async send(content, source) {
      if (waiting >= maxWaiting) throw new GantryError("QUEUE_FULL", `${waiting} inputs already wait in this session`);
      waiting++;
      const turn = tail.then(async () => {
        waiting--;
        if (closed) throw new GantryError("INTERRUPTED", "the session was closed before this input's turn");
        current = new AbortController();
        try {
          return await runTurn({ content, source }, current.signal);
        } finally {
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
