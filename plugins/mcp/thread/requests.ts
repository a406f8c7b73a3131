/** Requests of the core on one connection: each ends once, at its answer, its deadline, its cancel or the loss of the server. */
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { RequestId } from "@modelcontextprotocol/sdk/types.js";
import type { McpMethod } from "../../../core/contract/mcp.ts";
import type { Json } from "../../../core/contract/messages.ts";
import { Fault } from "./fault.ts";
import { faultOf } from "./fault-of.ts";
import type { Link } from "./link.ts";
import { createMessageIds } from "./message-ids.ts";
import { type MethodParts, runMethod, type WireMethod } from "./methods.ts";
import { createProgressLines } from "./progress-line.ts";
import { protocolNames } from "./protocol-names.ts";
import { type RunningRequest, startRunning } from "./running-request.ts";

const maxRunning = 256;

export interface CoreRequest {
  id: number;
  method: McpMethod;
  params: Json;
  timeoutMs: number;
  /** Aborted with a reason in words. */
  signal: AbortSignal;
  onProgress(text: string): void;
}

export type WireRequest = CoreRequest & { method: WireMethod };

export interface Requests {
  readonly isBusy: boolean;
  /** Fault. */
  run(request: WireRequest): Promise<Json>;
  /** The core's id of the request that a progress token or a message id belongs to. */
  coreId(messageId: RequestId | undefined): number | undefined;
  /** The clock of a request stands still until what is handed back is called; without an id, of all of them. */
  hold(id: number | undefined): () => void;
}

export interface RequestsOptions extends Omit<MethodParts, "signal" | "onProgress" | "request"> {
  client: Client;
  link: Link;
}

export function createRequests(options: RequestsOptions): Requests {
  const { client, link, server } = options;
  const running = new Map<number, RunningRequest>();
  const ids = createMessageIds(link);
  void link.lost.then((fault) => {
    for (const { end } of running.values()) end(fault);
  });

  async function run(request: WireRequest): Promise<Json> {
    if (running.size >= maxRunning) throw new Fault("MCP_FLOOD", `${maxRunning} requests run on the server ${server} already.`);
    const { id, method, params } = request;
    const lines = createProgressLines(request.onProgress);
    const own = startRunning(request, server);
    running.set(id, own);
    const send: Client["request"] = (message, schema, sent) => ids.during(id, () => client.request(message, schema, sent));
    try {
      const parts: MethodParts = { ...options, signal: own.signal, onProgress: lines.add, request: send };
      return await own.outcome(runMethod(method, params, parts, id));
    } catch (error) {
      throw faultOf(error, { server, method: protocolNames[method] });
    } finally {
      own.stop();
      lines.end();
      running.delete(id);
      ids.drop(id);
    }
  }

  return {
    run,
    get isBusy() {
      return running.size > 0;
    },
    coreId: ids.requestOf,
    hold: (id) => holdAll(id === undefined ? [...running.values()] : [running.get(id)].filter((one) => one !== undefined)),
  };
}

function holdAll(held: readonly RunningRequest[]): () => void {
  const releases = held.map((one) => one.hold());
  return () => {
    for (const release of releases) release();
  };
}
