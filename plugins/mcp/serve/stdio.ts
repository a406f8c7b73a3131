/**
 * stdio: one message per line, nothing else on stdout. The next piece of stdin is read when stdout has room: a client that does
 * not read what it is sent is not read either, and after a while, or when it ends stdin, it is given up.
 */
import { setImmediate } from "node:timers/promises";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { ErrorCode, isJSONRPCNotification, type JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import type { CommandContext } from "gantry/plugin";
import { cancelledBy, createInbound, type Inbound, parseError, type Refusal, refusalOf, type Taken } from "./inbound.ts";
import { createLines, type Line } from "./lines.ts";
import { createOutput } from "./output.ts";
import { readAhead } from "./read-ahead.ts";

type Stdio = CommandContext["host"]["serve"]["stdio"];

export interface StdioTransport extends Transport {
  /** Resolves when stdin has ended, or the client is gone or given up. */
  readonly ended: Promise<void>;
  /** Waits, for so long, until stdout has taken what was sent. */
  drain(): Promise<void>;
}

const longestLine = 16 * 1024 * 1024;
/** Characters of waiting output above which nothing is read, and news are left out. */
const fullAt = 1024 * 1024;
const mostUnseen = 32;
const patienceMs = 60_000;
const lastWordsMs = 2_000;

export function createStdioTransport(
  stdio: Stdio,
  { signal, warn }: { signal: AbortSignal; warn(text: string): void },
): StdioTransport {
  const inbound = createInbound();
  const stopped = new AbortController();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const out = createOutput(stdio, () => stopped.abort());
  let isLost = false;
  const giveUp = (): void => {
    isLost = true;
    stopped.abort();
  };
  let taken = 0;
  const isMoving = (): boolean => {
    const before = taken;
    taken = out.taken;
    return taken !== before && !signal.aborted;
  };
  const write = (message: JSONRPCMessage | Refusal): void => out.write(`${JSON.stringify(message)}\n`);

  function take(line: Line): void {
    if (!line.isTooLong && line.text.trim() === "") return;
    const taken = line.isTooLong ? tooLong : parsed(line.text, inbound);
    if ("refusal" in taken) {
      write(taken.refusal);
      return;
    }
    const cancelled = cancelledBy(taken.message);
    if (cancelled !== undefined) inbound.settled(cancelled);
    transport.onmessage?.(taken.message);
  }

  /** What is answered at once is answered before it counts as one too many. */
  async function room(): Promise<void> {
    if (inbound.pending > mostUnseen) await setImmediate();
    if (out.waiting <= fullAt || (await out.room(fullAt, { patienceMs, signal: stopped.signal }))) return;
    if (!stopped.signal.aborted) warn(`the client has not read for ${patienceMs / 1_000} s; giving it up`);
    giveUp();
  }

  const transport: StdioTransport = {
    ended,
    async start() {
      const lines = createLines(longestLine);
      const pieces = stdio.read({ signal: AbortSignal.any([signal, stopped.signal]) });
      const act = async (piece: Uint8Array): Promise<void> => {
        for (const line of lines.push(piece)) {
          if (isLost) return;
          take(line);
          await room();
        }
      };
      void readAhead(pieces, { act, isMoving, giveUp })
        .catch((error: Error) => warn(`stdin cannot be read: ${error.message}`))
        .finally(end);
    },
    async send(message) {
      if (!("method" in message) && message.id !== undefined) inbound.settled(message.id);
      // News are what can be left out.
      if (isJSONRPCNotification(message) && out.waiting > fullAt) return;
      write(message);
    },
    async close() {
      stopped.abort();
      transport.onclose?.();
    },
    async drain() {
      if (!isLost) await out.room(0, { patienceMs: lastWordsMs });
    },
  };
  return transport;
}

const tooLong: Taken = { refusal: refusalOf(ErrorCode.InvalidRequest, `a message has at most ${longestLine} bytes`) };

function parsed(line: string, inbound: Inbound): Taken {
  try {
    return inbound.take(JSON.parse(line));
  } catch (error) {
    return { refusal: parseError(`this line is not JSON: ${(error as Error).message.slice(0, 200)}`) };
  }
}
