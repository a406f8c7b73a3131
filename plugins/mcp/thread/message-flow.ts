/** Lines of one server to messages. A few lines that are none are told and passed over; more of them end the server. */
import { type JSONRPCMessage, JSONRPCMessageSchema } from "@modelcontextprotocol/sdk/types.js";
import { cleanLine } from "./clean-text.ts";
import { Fault } from "./fault.ts";
import { createLinePump, type LinePump, type PumpOptions } from "./line-pump.ts";

const maxGarbageLines = 20;

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

  async function take(line: Buffer): Promise<void> {
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
    return all.map((one) => JSONRPCMessageSchema.parse(one));
  } catch {
    return undefined;
  }
}
