/** Watches the bytes of an event stream as they pass: a cap on one event, a bound on events a second, and whether any had an id. */
import { Fault } from "./fault.ts";
import type { RateGate } from "./rate-gate.ts";

const newline = 0x0a;
const carriageReturn = 0x0d;
const idField = Buffer.from("id:");

export interface GuardOptions {
  server: string;
  maxEventBytes: number;
  gate: RateGate;
  floodMs: number;
}

export interface EventGuard {
  /** Resolves when the chunk may be handed on. MCP_TOO_LARGE, MCP_FLOOD. */
  pass(chunk: Uint8Array): Promise<void>;
  /** Whether a broken stream can be taken up again. */
  readonly hasIds: boolean;
}

export function createEventGuard(options: GuardOptions): EventGuard {
  const events = createEventCounter(options.server, options.maxEventBytes);
  return {
    get hasIds() {
      return events.hasIds;
    },
    async pass(chunk) {
      for (let count = events.count(chunk); count > 0; count--) await turn(options);
    },
  };
}

async function turn({ server, gate, floodMs }: GuardOptions): Promise<void> {
  for (let taken = gate.take(); !taken.isTaken; taken = gate.take()) {
    if (gate.heldMs() >= floodMs) {
      const seconds = Math.round(floodMs / 1000);
      throw new Fault("MCP_FLOOD", `The server ${server} sent too many events for ${seconds} s and was ended.`);
    }
    const { waitMs } = taken;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

interface EventCounter {
  readonly hasIds: boolean;
  /** How many events end in the chunk. MCP_TOO_LARGE for one that grows over the cap. */
  count(chunk: Uint8Array): number;
}

function createEventCounter(server: string, maxBytes: number): EventCounter {
  let bytes = 0;
  let hasIds = false;
  /** The first bytes of the line that has not ended. */
  let lineStart: number[] = [];

  function take(part: Uint8Array): void {
    bytes += part.length;
    for (let at = 0; lineStart.length < idField.length && at < part.length; at++) lineStart.push(part[at] ?? 0);
    hasIds ||= lineStart.length === idField.length && lineStart.every((byte, at) => byte === idField[at]);
    if (bytes <= maxBytes) return;
    throw new Fault("MCP_TOO_LARGE", `The server ${server} sent an event of ${bytes} bytes and more: over ${maxBytes}.`);
  }

  return {
    get hasIds() {
      return hasIds;
    },
    count(chunk) {
      let events = 0;
      let from = 0;
      for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
        take(chunk.subarray(from, end));
        if (lineStart.length === 0 || lineStart[0] === carriageReturn) {
          events++;
          bytes = 0;
        }
        lineStart = [];
        from = end + 1;
      }
      take(chunk.subarray(from));
      return events;
    },
  };
}
