/**
 * The life of one server: starting, ready, lost, starting again with growing waits, failed, stopped. Requests run on the
 * connection that is ready; a login needs none.
 */
import type { McpServerSpec } from "../../../core/contract/mcp.ts";
import type { FromMcp, McpBounds, McpThreadData } from "../../../core/contract/mcp-frames.ts";
import type { Json } from "../../../core/contract/messages.ts";
import type { Asks } from "./asks.ts";
import type { Connection } from "./connection.ts";
import { Fault, messageOf } from "./fault.ts";
import { authorize } from "./login-request.ts";
import type { Permits } from "./permits.ts";
import type { Remote, Remotes } from "./remote.ts";
import type { CoreRequest } from "./requests.ts";
import { createRetryPause, type RetryPause } from "./retry-pause.ts";
import { createServerState, type ServerState } from "./server-state.ts";
import { startServer } from "./start.ts";

export interface ServerOptions {
  spec: McpServerSpec;
  data: McpThreadData;
  asks: Asks;
  permits: Permits;
  remotes: Remotes;
  roots(): readonly string[];
  reaperFd(): number | undefined;
  post(frame: FromMcp): void;
}

export interface Server {
  /** Fault. */
  request(request: CoreRequest): Promise<Json>;
  tellRoots(): void;
  close(): Promise<void>;
}

interface Life extends ServerOptions {
  known: ServerState;
  remote: Remote | undefined;
  closing: AbortSignal;
  retry: RetryPause;
}

/** A server that was ready for as long has not crashed "in a row". */
const stableMs = 60_000;

export function openServer(options: ServerOptions): Server {
  const { spec, post } = options;
  const closing = new AbortController();
  const known = createServerState(spec, post);
  const retry = createRetryPause();
  const life = beginLife({ ...options, known, retry, closing: closing.signal });
  const lose = (why: string): void =>
    known.now().connection?.link.lose(new Fault("MCP_DISCONNECTED", `The server ${spec.name} ${why}.`));

  return {
    async request(request) {
      const { method } = request;
      if (method === "login" || method === "logout") {
        const value = await authorize(life.remote, request, spec.name);
        // The user waits for what a login brings.
        retry.skip();
        lose(`is connected again after a ${method}`);
        life.wake();
        return value;
      }
      const { connection, fault, state } = known.now();
      if (connection !== undefined) return connection.requests.run({ ...request, method });
      throw fault ?? new Fault("MCP_DISCONNECTED", `The server ${spec.name} is ${state}, not ready.`);
    },
    tellRoots: () => known.now().connection?.tellRoots(),
    async close() {
      if (known.now().state === "stopped") return;
      closing.abort();
      lose("was stopped");
      await life.over();
      known.log.stop();
      known.become("stopped");
    },
  };
}

interface Lives {
  readonly remote: Remote | undefined;
  /** Begins it again where it has ended in a failure or for want of a login. */
  wake(): void;
  over(): Promise<void>;
}

function beginLife(parts: Omit<Life, "remote">): Lives {
  const { known, closing } = parts;
  let living: Promise<void> | undefined;
  const broken = (error: unknown): void => known.become("failed", asFault(error, parts.spec));
  const wake = (remote: Remote | undefined): void => {
    if (closing.aborted) return;
    living ??= live({ ...parts, remote })
      .catch(broken)
      .finally(() => {
        living = undefined;
      });
  };
  try {
    const remote = parts.remotes.of({ spec: parts.spec, onProblem: known.problems.add });
    wake(remote);
    return { remote, wake: () => wake(remote), over: async () => living };
  } catch (error) {
    broken(error);
    return { remote: undefined, wake: () => undefined, over: async () => undefined };
  }
}

async function live(life: Life): Promise<void> {
  const { known, data, closing } = life;
  let restarts = 0;
  for (let inRow = 0; ; inRow++) {
    const started = await start(life);
    let fault: Fault;
    if (started instanceof Fault) {
      fault = started;
      // The first start is the user's to mend; a later one is a crash that goes on.
      if (restarts === 0) inRow = data.bounds.maxRetries;
    } else {
      const readyAt = performance.now();
      fault = await started.link.lost;
      await drop(life, started, fault);
      if (performance.now() - readyAt >= stableMs) inRow = 0;
    }
    if (closing.aborted) return;
    if (fault.code === "MCP_NEEDS_LOGIN") return known.become("needs-login", fault);
    if (inRow >= data.bounds.maxRetries || !isWorthRetrying(fault)) return known.become("failed", fault);
    known.note({ restarts: ++restarts });
    known.become("starting", fault);
    await life.retry.wait(waitMs(inRow, data.bounds), closing);
    if (closing.aborted) return;
  }
}

async function start(life: Life): Promise<Connection | Fault> {
  const { known, closing } = life;
  const from = performance.now();
  known.problems.clear();
  known.become("starting", known.now().fault);
  const parts = {
    ...life,
    ...{ problems: known.problems, log: known.log, onCatalog: known.tellCatalog },
    onPid: (pid: number | undefined) => known.note({ pid }),
    onStderr: (stderr: string[]) => known.note({ stderr }),
  };
  try {
    const connection = await startServer(parts, closing);
    const { introduction, link } = connection;
    known.note({ connection, introduction, stderr: link.stderr(), startMs: Math.round(performance.now() - from) });
    // The lists come before the state: who waits for a ready server finds its tools.
    known.tellCatalog();
    known.become("ready");
    return connection;
  } catch (error) {
    known.note({ pid: undefined });
    return asFault(error, life.spec);
  }
}

/** What is left of a lost connection is ended before the next is made. */
async function drop({ known, closing }: Life, lost: Connection, fault: Fault): Promise<void> {
  known.note({ connection: undefined, pid: undefined, stderr: lost.link.stderr() });
  if (!closing.aborted && isWorthRetrying(fault)) known.become("starting", fault);
  await lost.close();
}

function asFault(error: unknown, { name }: McpServerSpec): Fault {
  if (error instanceof Fault) return error;
  return new Fault("MCP_START_FAILED", `The server ${name}: ${messageOf(error)}`, { cause: error });
}

/** What a second try would answer the same is not tried. */
function isWorthRetrying({ code, isFinal }: Fault): boolean {
  return !isFinal && code !== "MCP_NEEDS_LOGIN" && code !== "MCP_FLOOD" && code !== "MCP_PROTOCOL";
}

function waitMs(inRow: number, { retryMs, retryMaxMs }: McpBounds): number {
  return Math.min(retryMaxMs, retryMs * 2 ** inRow);
}
