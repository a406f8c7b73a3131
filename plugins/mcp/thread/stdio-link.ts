/** A server behind the pipes of a child: one message a line, in both directions. */
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import type { McpServerSpec } from "../../../core/contract/mcp.ts";
import type { McpBounds } from "../../../core/contract/mcp-frames.ts";
import { Fault } from "./fault.ts";
import { findCommand } from "./find-command.ts";
import type { LinePump } from "./line-pump.ts";
import { createLineSplitter, LineTooLong } from "./line-splitter.ts";
import { createLoss, type Link, type Loss } from "./link.ts";
import { createMessageFlow } from "./message-flow.ts";
import { createRateGate } from "./rate-gate.ts";
import { type StdioChild, startChild } from "./stdio-child.ts";

export interface StdioOptions {
  spec: McpServerSpec;
  childEnv: Readonly<Record<string, string>>;
  reaperFd: number | undefined;
  bounds: McpBounds;
  floodMs: number;
  onProblem(text: string): void;
  onGroup(group: number, isRunning: boolean): void;
}

/** As workers/descendants.ts has it. */
const markName = "GANTRY_RUN";

export async function openStdioLink(options: StdioOptions): Promise<Link> {
  const { spec, bounds, childEnv, reaperFd, onGroup } = options;
  if (spec.transport.kind !== "stdio") throw new Error(`${spec.name} is no stdio server`);
  const { command, args, cwd } = spec.transport;
  // The reaper knows a child by its mark: no entry sets another.
  const mark = childEnv[markName];
  const env: Record<string, string> = {
    ...childEnv,
    ...spec.transport.env,
    ...(mark === undefined ? {} : { [markName]: mark }),
  };
  const program = await findCommand({ server: spec.name, command, cwd, path: env["PATH"] });
  const { endMs, stderrBytes } = bounds;
  const child = await startChild({ server: spec.name, program, args, env, cwd, reaperFd, endMs, stderrBytes, onGroup });
  const loss = createLoss();
  const transport = transportOf(child, loss, options);
  return {
    transport,
    pid: child.pid,
    lost: loss.lost,
    lose: loss.lose,
    stderr: () => child.stderr.lines(),
    end: (was) => child.end(was),
  };
}

function transportOf(child: StdioChild, loss: Loss, options: StdioOptions): Transport {
  const { spec, bounds } = options;
  const transport: Transport = {
    async start() {
      listen(child, loss, { ...options, flow: flowOf(transport, child, loss, options) });
    },
    async send(message) {
      await write(child, message, { server: spec.name, maxBytes: bounds.maxMessageBytes });
    },
    async close() {
      transport.onclose?.();
    },
  };
  return transport;
}

function flowOf(transport: Transport, child: StdioChild, loss: Loss, options: StdioOptions): LinePump {
  const perSecond = options.bounds.maxMessagesPerSecond;
  return createMessageFlow({
    ...{ server: options.spec.name, gate: createRateGate(perSecond), perSecond, floodMs: options.floodMs },
    onMessage: (message) => transport.onmessage?.(message),
    onProblem: options.onProblem,
    onFault: loss.lose,
    pause: () => child.stdout.pause(),
    resume: () => child.stdout.resume(),
  });
}

function listen(child: StdioChild, loss: Loss, { spec, bounds, flow }: StdioOptions & { flow: LinePump }): void {
  const { stdin, stdout } = child;
  const splitter = createLineSplitter(bounds.maxMessageBytes);
  const gone = (why: string): void => loss.lose(new Fault("MCP_DISCONNECTED", `The server ${spec.name} ${why}.`));
  const tooLong = ({ bytes }: LineTooLong): void => {
    const limit = `more than the ${bounds.maxMessageBytes} bytes of one message`;
    loss.lose(new Fault("MCP_TOO_LARGE", `The server ${spec.name} sent a line of ${bytes} bytes and more: ${limit}.`));
  };
  stdout.on("data", (chunk: Buffer) => {
    if (loss.isLost) return;
    try {
      flow.add(splitter.push(chunk));
    } catch (error) {
      if (!(error instanceof LineTooLong)) throw error;
      tooLong(error);
    }
  });
  stdout.on("error", () => undefined);
  const read = new Promise<void>((resolve) => {
    stdout.once("close", resolve);
  });
  // What a child wrote before its end is read first: its last answer counts.
  void child.exited.then(async (how) => {
    await read;
    await flow.drained();
    gone(how);
  });
  stdout.once("end", () => void flow.drained().then(() => setTimeout(() => gone("closed its output"), 1000).unref()));
  stdin.on("error", () => setTimeout(() => gone("closed its input"), 1000).unref());
  void loss.lost.then(() => {
    flow.stop();
    // Read on and thrown away: a child that blocks on a full pipe would not see that its input is closed.
    stdout.resume();
  });
}

async function write(
  child: StdioChild,
  message: JSONRPCMessage,
  { server, maxBytes }: { server: string; maxBytes: number },
): Promise<void> {
  const line = `${JSON.stringify(message)}\n`;
  if (line.length > maxBytes) {
    throw new Fault("MCP_TOO_LARGE", `A message of ${line.length} letters for the server ${server} is over ${maxBytes} bytes.`);
  }
  if (!child.stdin.writable) throw new Fault("MCP_DISCONNECTED", `The server ${server} has closed its input.`);
  if (child.stdin.writableLength > 2 * maxBytes) {
    throw new Fault(
      "MCP_DISCONNECTED",
      `The server ${server} does not read its input: ${child.stdin.writableLength} bytes wait.`,
    );
  }
  child.stdin.write(line);
}
