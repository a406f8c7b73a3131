/** One client: the SDK's server on a transport, and behind it a place in the served Gantry, taken with the first call. */
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  type RequestId,
  type ServerNotification,
  type ServerRequest,
} from "@modelcontextprotocol/sdk/types.js";
import { codeOf, errorTable } from "gantry/errors";
import type { CommandContext } from "gantry/plugin";
import { askClient, askClientUser } from "./asks.ts";
import { cancelledBy } from "./inbound.ts";
import { createProgress } from "./progress.ts";
import { runFromArguments, runTool } from "./run-tool.ts";
import { answerOf, listed } from "./tools.ts";

type ServeHost = CommandContext["host"]["serve"];
export type Served = Awaited<ReturnType<ServeHost["open"]>>;
export type ServedSession = ReturnType<Served["connect"]>;
export type ServedCall = Parameters<ServedSession["call"]>[2];
export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

export interface Connection {
  /** Cancels what runs, and closes the client's sessions. */
  close(): Promise<void>;
}

export interface ConnectOptions {
  served: Served;
  via: "stdio" | "HTTP";
  warn(text: string): void;
}

const mostWarnings = 20;

export async function connectClient(transport: Transport, { served, via, warn }: ConnectOptions): Promise<Connection> {
  const server = new Server(
    { name: "gantry", title: "Gantry", version: served.version },
    {
      capabilities: { tools: { listChanged: true }, logging: {} },
      instructions: `The tools work in ${served.cwd}. The tool run gives a task to Gantry's own agent.`,
    },
  );
  let session: ServedSession | undefined;
  let warned = 0;
  server.onerror = ({ message }) => {
    // A client's answer to what is not asked any more, and the like: no harm, and no end.
    if (warned++ < mostWarnings) warn(`the MCP client: ${clean(message)}`);
  };
  offerTools(server, {
    served,
    cancelOf: cancelsOf(transport),
    session: () => (session ??= served.connect(clientOf(server, via))),
  });
  await server.connect(transport);
  return {
    async close() {
      await server.close();
      await session?.close();
    },
  };
}

/** Beside the SDK's own cancelling, which leaves out the id 0: as good an id as any. Before the SDK takes the transport. */
function cancelsOf(transport: Transport): (extra: Extra) => { signal: AbortSignal; settled(): void } {
  const cancels = new Map<RequestId, AbortController>();
  transport.onmessage = (message) => {
    const cancelled = cancelledBy(message);
    if (cancelled !== undefined) cancels.get(cancelled)?.abort("the client cancelled it");
  };
  return ({ requestId, signal }) => {
    const cancel = new AbortController();
    cancels.set(requestId, cancel);
    return {
      signal: AbortSignal.any([signal, cancel.signal]),
      settled: () => void (cancels.get(requestId) === cancel && cancels.delete(requestId)),
    };
  };
}

interface Offering {
  served: Served;
  cancelOf: ReturnType<typeof cancelsOf>;
  session(): ServedSession;
}

function offerTools(server: Server, { served, cancelOf, session }: Offering): void {
  let offered = namesOf(served);
  server.setRequestHandler(ListToolsRequestSchema, () => {
    offered = namesOf(served);
    return { tools: [...served.tools().map(listed), runTool] };
  });
  server.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: input = {} } }, extra) => {
    const { signal, settled } = cancelOf(extra);
    const call = callOf(extra, signal);
    try {
      if (name === runTool.name) return await runFromArguments(input, session(), call);
      return answerOf(await session().call(name, input as Parameters<ServedSession["call"]>[1], call));
    } catch (error) {
      return failureOf(error);
    } finally {
      settled();
      // Config and plugins may have changed under the call.
      const now = namesOf(served);
      if (now !== offered) await server.sendToolListChanged().catch(() => undefined);
      offered = now;
    }
  });
}

function namesOf(served: Served): string {
  return served
    .tools()
    .map(({ name }) => name)
    .join();
}

function clientOf(server: Server, via: string): Parameters<Served["connect"]>[0] {
  const { name = "unknown", version = "" } = server.getClientVersion() ?? {};
  return {
    name: `the MCP client ${clean(name)} ${clean(version)}`.trimEnd().concat(`, over ${via}`),
    canAsk: server.getClientCapabilities()?.elicitation?.form !== undefined,
    onNote({ level, text }) {
      const note = { level, logger: "gantry", data: text };
      void server.sendLoggingMessage(note, server.transport?.sessionId).catch(() => undefined);
    },
  };
}

function clean(text: string): string {
  return text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, "").slice(0, 200);
}

function callOf(extra: Extra, signal: AbortSignal): ServedCall {
  return {
    signal,
    onProgress: createProgress(extra),
    ask: async (question, { signal }) => await askClient(question, extra, signal),
    askUser: async (questions, { signal }) => await askClientUser(questions, extra, signal),
  };
}

/** What has a code is for whoever called, in words; a name that is no tool is the protocol's. */
function failureOf(error: unknown): CallToolResult {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (code === "TOOL_UNKNOWN") throw new McpError(ErrorCode.InvalidParams, message);
  if (code === undefined) throw new McpError(ErrorCode.InternalError, message);
  const { hint } = errorTable[code];
  return { content: [{ type: "text", text: `${code}: ${message}\n${hint}` }], isError: true, _meta: { "gantry/code": code } };
}
