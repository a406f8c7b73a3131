/**
 * Watches the bytes of an event stream as they pass: a cap on one event and on its parts, a bound on events and bytes a second,
 * and whether any had an id. What of an event has come is kept here until the event is whole.
 */

import { Fault } from "./fault.ts";
import { bulkWords, createPartCounter, maxParts } from "./message-bulk.ts";
import { createPieces } from "./pieces.ts";
import { type RateGate, shareOf } from "./rate-gate.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const idField = Buffer.from("id:");
/** Lines cost their reader time also where they end no event. */
const linesPerSecond = 200_000;

export interface GuardOptions {
  server: string;
  maxEventBytes: number;
  gate: RateGate;
  floodMs: number;
}

export interface EventGuard {
  /** The whole events up to this chunk, when they may be handed on. MCP_TOO_LARGE, MCP_FLOOD. */
  pass(chunk: Uint8Array): Promise<Buffer>;
  /** Whether a broken stream can be taken up again. */
  readonly hasIds: boolean;
}

export function createEventGuard(options: GuardOptions): EventGuard {
  const lines = createLineReader();
  const parts = createPartCounter();
  const begun = createPieces();
  const { server, maxEventBytes, gate } = options;

  function keep(piece: Uint8Array): void {
    const size = begun.size + piece.length;
    if (size > maxEventBytes) {
      throw new Fault("MCP_TOO_LARGE", `The server ${server} sent an event of ${size} bytes and more: over ${maxEventBytes}.`);
    }
    const count = parts.count(piece);
    if (count > maxParts) throw new Fault("MCP_TOO_LARGE", bulkWords(server, count));
    begun.add(piece);
  }

  return {
    get hasIds() {
      return lines.hasIds;
    },
    async pass(chunk) {
      const whole: Buffer[] = [];
      const { ends, count } = lines.read(chunk);
      let from = 0;
      for (const end of ends) {
        keep(chunk.subarray(from, end));
        whole.push(begun.take());
        parts.reset();
        from = end;
      }
      keep(chunk.subarray(from));
      gate.charge(shareOf(chunk.length) + count / linesPerSecond);
      await turn(options, 0);
      for (const _event of ends) await turn(options, 1);
      return Buffer.concat(whole);
    },
  };
}

async function turn({ server, gate, floodMs }: GuardOptions, cost: 0 | 1): Promise<void> {
  for (let taken = gate.take(cost); !taken.isTaken; taken = gate.take(cost)) {
    if (gate.heldMs() >= floodMs) {
      const seconds = Math.round(floodMs / 1000);
      throw new Fault("MCP_FLOOD", `The server ${server} sent too many events for ${seconds} s and was ended.`);
    }
    const { waitMs } = taken;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

interface LineReader {
  readonly hasIds: boolean;
  /** Where in the chunk events end, behind the end of their empty line, and how many lines there were. */
  read(chunk: Uint8Array): { ends: number[]; count: number };
}

/** Lines end with \n, \r or \r\n. */
function createLineReader(): LineReader {
  let hasIds = false;
  let length = 0;
  /** How far the line that has not ended begins like an id. */
  let matched = 0;
  let isAfterReturn = false;
  let isAfterEvent = false;

  return {
    get hasIds() {
      return hasIds;
    },
    read(chunk) {
      const ends: number[] = [];
      let count = 0;
      for (let at = 0; at < chunk.length; at++) {
        const byte = chunk[at];
        if (byte === lineFeed && isAfterReturn) {
          // The second half of the end of an event's last line: a reader may wait for it.
          if (isAfterEvent) ends[ends.length === 0 ? 0 : ends.length - 1] = at + 1;
          isAfterReturn = false;
          continue;
        }
        isAfterReturn = byte === carriageReturn;
        if (byte === lineFeed || isAfterReturn) {
          isAfterEvent = length === 0;
          if (isAfterEvent) ends.push(at + 1);
          count++;
          length = 0;
          matched = 0;
        } else {
          if (matched === length && length < idField.length && byte === idField[length]) matched++;
          length++;
          hasIds ||= matched === idField.length;
        }
      }
      return { ends, count };
    },
  };
}
