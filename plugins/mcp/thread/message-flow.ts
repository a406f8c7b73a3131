/** Lines of one server to messages. A few lines that are none are told and passed over; more of them end the server. */
import { type JSONRPCMessage, JSONRPCMessageSchema } from "@modelcontextprotocol/sdk/types.js";
import { cleanLine } from "./clean-text.ts";
import { Fault } from "./fault.ts";
import { createLinePump, type LinePump, type PumpOptions } from "./line-pump.ts";
import { bulkWords, excessOf } from "./message-bulk.ts";

const maxGarbageLines = 20;
/** Messages in one line, which are taken at once. */
const maxBatch = 200;
/** How far from its begin and its end the id of a message is looked for that is not parsed. */
const idChars = 200;

export interface FlowOptions extends Omit<PumpOptions, "take" | "onFlood"> {
  server: string;
  perSecond: number;
  onMessage(message: JSONRPCMessage): void;
  onProblem(text: string): void;
  /** The server cannot be used any more; nothing is handed on after it. */
  onFault(fault: Fault): void;
}

export function createMessageFlow(options: FlowOptions): LinePump {
  const { server, perSecond, floodMs } = options;
  let garbage = 0;
  const pump = createLinePump({
    ...options,
    take,
    onFlood() {
      const much = `more than ${perSecond} messages a second for ${Math.round(floodMs / 1000)} s`;
      options.onFault(new Fault("MCP_FLOOD", `The server ${server} sent ${much} and was ended.`));
    },
  });

  function reject(line: Buffer): void {
    garbage++;
    const shown = cleanLine(line.toString("utf8", 0, 200), 80);
    if (garbage === 1) options.onProblem(`It writes lines on stdout that are no messages, for instance: ${shown}`);
    if (garbage <= maxGarbageLines) return;
    pump.stop();
    options.onFault(new Fault("MCP_PROTOCOL", `The server ${server} writes what is not MCP on stdout, for instance: ${shown}`));
  }

  /** What it answers ends with the fault, where that can be told; the server goes on. */
  function refuse(line: Buffer, parts: number): void {
    const fault = new Fault("MCP_TOO_LARGE", bulkWords(server, parts));
    options.onProblem(fault.message);
    const id = answeredId(line);
    // `data` is our own object, which no server can send.
    if (id === undefined) {
      // Nobody asked for it: a server that sends nothing else is a flood before long.
      options.gate.charge(1);
      return;
    }
    options.onMessage({ jsonrpc: "2.0", id, error: { code: -32000, message: fault.message, data: fault } });
  }

  async function take(line: Buffer): Promise<void> {
    const excess = excessOf(line);
    if (excess !== undefined) return refuse(line, excess);
    const messages = readMessages(line);
    if (messages === undefined) reject(line);
    for (const message of messages ?? []) {
      if (pump.isStopped) return;
      // What the SDK throws of a message is about its form: nested without a bottom, for instance.
      if (!attempt(() => options.onMessage(message))) reject(line);
      // The SDK takes a notification in the next microtask and an answer at once: the last progress would come after the end.
      await undefined;
    }
  }

  return pump;
}

function answeredId(line: Buffer): number | undefined {
  const ends = `${line.toString("latin1", 0, idChars)}\n${line.toString("latin1", line.length - idChars)}`;
  const [, id] = /"id"\s*:\s*(\d{1,15})\s*[,}]/.exec(ends) ?? [];
  return id === undefined || /"method"\s*:/.test(ends) ? undefined : Number(id);
}

function attempt(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

/** A line is one message, or a list of them as in 2025-03-26; undefined where it is neither. */
function readMessages(line: Buffer): JSONRPCMessage[] | undefined {
  try {
    const value: unknown = JSON.parse(line.toString("utf8"));
    const all = Array.isArray(value) ? value : [value];
    if (all.length > maxBatch) return undefined;
    return all.map((one) => JSONRPCMessageSchema.parse(one));
  } catch {
    return undefined;
  }
}
