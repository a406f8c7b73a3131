/** Takes the frames of the core: has one life for each server, and hands over what is bounded and plain. */
import type { FromMcp, McpThreadData, ToMcp } from "../../../core/contract/mcp-frames.ts";
import { createAsks } from "./asks.ts";
import { Fault, messageOf } from "./fault.ts";
import { createPermits } from "./permits.ts";
import { createRemotes } from "./remote.ts";
import { openServer, type Server } from "./server.ts";

export interface FramesOptions {
  post(frame: FromMcp): void;
  /** After the last frame. */
  onEnd(): void;
}

type Frame<T extends ToMcp["type"]> = ToMcp & { type: T };
type Takers = { [T in ToMcp["type"]]: (frame: Frame<T>) => Promise<void> | void };

export function takeFrames(data: McpThreadData, { post, onEnd }: FramesOptions): (frame: ToMcp) => Promise<void> {
  const servers = createServers();
  const request = createRequestTaker(servers, post);
  const asks = createAsks(post);
  const permits = createPermits(post);
  const remotes = createRemotes(data, asks);
  let roots: readonly string[] = [];
  let reaperFd: number | undefined;
  const given = { data, asks, permits, remotes, post, roots: () => roots, reaperFd: () => reaperFd };

  const takers: Takers = {
    async open(frame) {
      roots = frame.roots;
      reaperFd = frame.reaperFd;
      await servers.open(frame.spec.name, () => openServer({ ...given, spec: frame.spec }));
    },
    close: ({ server }) => servers.close(server),
    request: request.take,
    cancel: request.cancel,
    answer: asks.answer,
    permit: permits.take,
    roots(frame) {
      roots = frame.roots;
      for (const server of servers.all()) server.tellRoots();
    },
    reaper: ({ fd }) => {
      reaperFd = fd;
    },
    beat: ({ id }) => post({ type: "beat", id }),
    async end() {
      await servers.closeAll();
      post({ type: "ended" });
      onEnd();
    },
  };
  return async (frame) => {
    // The table has a taker for each type, which the compiler does not follow through a union.
    const take = takers[frame.type] as (frame: ToMcp) => Promise<void> | void;
    await take(frame);
  };
}

interface Servers {
  find(name: string): Server | undefined;
  all(): Server[];
  open(name: string, start: () => Server): Promise<void>;
  close(name: string): Promise<void>;
  closeAll(): Promise<void>;
}

/** What is done with one server is done in the order of the frames; with others at the same time. */
function createServers(): Servers {
  const servers = new Map<string, Server>();
  const turns = new Map<string, Promise<void>>();
  async function inTurn(name: string, act: () => Promise<void> | undefined): Promise<void> {
    const done = (turns.get(name) ?? Promise.resolve()).then(act);
    turns.set(name, done);
    await done;
  }
  const close = (name: string): Promise<void> => inTurn(name, () => servers.get(name)?.close());
  return {
    find: (name) => servers.get(name),
    all: () => [...servers.values()],
    close,
    open: (name, start) =>
      inTurn(name, async () => {
        await servers.get(name)?.close();
        servers.set(name, start());
      }),
    closeAll: async () => void (await Promise.all([...turns.keys()].map(close))),
  };
}

interface RequestTaker {
  take(frame: Frame<"request">): Promise<void>;
  cancel(frame: Frame<"cancel">): void;
}

function createRequestTaker(servers: Servers, post: (frame: FromMcp) => void): RequestTaker {
  const running = new Map<number, AbortController>();
  return {
    async take({ id, server, method, params, timeoutMs }) {
      const controller = new AbortController();
      running.set(id, controller);
      const onProgress = (text: string): void => post({ type: "progress", id, text });
      try {
        const found = servers.find(server);
        if (found === undefined) throw new Fault("MCP_SERVER_UNKNOWN", `The server ${server} was not opened.`);
        const value = await found.request({ id, method, params, timeoutMs, signal: controller.signal, onProgress });
        post({ type: "result", id, ok: true, value });
      } catch (error) {
        post({ type: "result", id, ok: false, ...wordsOf(error, server) });
      } finally {
        running.delete(id);
      }
    },
    cancel: ({ id, reason }) => running.get(id)?.abort(reason),
  };
}

function wordsOf(error: unknown, server: string): Pick<FromMcp & { type: "result"; ok: false }, "code" | "message" | "detail"> {
  if (!(error instanceof Fault)) return { code: "MCP_CALL_FAILED", message: `The server ${server}: ${messageOf(error)}` };
  const { code, message, detail } = error;
  return { code, message, ...(detail === undefined ? {} : { detail }) };
}
